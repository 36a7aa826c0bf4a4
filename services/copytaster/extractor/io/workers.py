"""A pool of worker processes that extract pages and can be killed.

A page can hang inside a C library where no Python time-out reaches (one tag with 300,000 attributes: more than 90 s), so each
page runs in a process with a deadline and a memory cap. A killed or dead worker is replaced; the others go on. A worker is also
replaced after `PAGES_PER_WORKER` pages, so that nothing it leaks adds up.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any, Final

from copytaster.errors import Discard, RetryLater
from copytaster.extractor.explanation import Explanation
from copytaster.extractor.extracted import Extracted
from copytaster.extractor.io.frames import HEADER, Done, Explained, Failed, Job, LeftOut, Ready, pack, unpack
from copytaster_schemas.article import FeedItem

PAGES_PER_WORKER: Final = 2_000
"""2,000 extractions grew a process by 46 MB at most (measured); a start costs about a second."""

START_SECONDS: Final = 60.0
"""Loading the libraries takes 1 to 2 s, on a machine under full load some 20."""

ALARM_SLACK_SECONDS: Final = 5.0
STOP_SECONDS: Final = 2.0


class Workers:
    """`size` worker processes, started when first needed; safe to use from one event loop."""

    def __init__(
        self, size: int, *, timeout_seconds: float, memory_mib: int, overrides: Path | None = None
    ) -> None:
        """`overrides` is a file of an operator's selectors, read by each worker at its start."""
        self._timeout_seconds = timeout_seconds
        self._arguments = [str(memory_mib), *([str(overrides)] if overrides is not None else [])]
        self._slots = asyncio.Semaphore(size)
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()

    async def extract(
        self, body: bytes, *, url: str, content_type: str | None, feed_item: FeedItem | None = None
    ) -> Extracted:
        """The story on a page, extracted in a worker.

        Raises Discard with the page's own code, with `extraction_timeout` when it took longer than the limit, with
        `extraction_crashed` when it took its worker down; RetryLater when no worker could be started.
        """
        answer = await self._ask(Job(body, url, content_type, feed_item, self._alarm_seconds))
        if not isinstance(answer, Done):
            raise _refusal(answer)
        return answer.extracted

    async def explain(self, body: bytes, *, url: str, content_type: str | None) -> Explanation:
        """Why each block of a page is in the story or not; raises as `extract` does."""
        answer = await self._ask(Job(body, url, content_type, None, self._alarm_seconds, explain=True))
        if not isinstance(answer, Explained):
            raise _refusal(answer)
        return answer.explanation

    @property
    def _alarm_seconds(self) -> float:
        return self._timeout_seconds + ALARM_SLACK_SECONDS

    async def _ask(self, job: Job) -> Any:
        async with self._slots:
            worker = await self._worker()
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    answer = await worker.ask(job)
            except TimeoutError:
                await self._replace(worker)
                detail = f"longer than {self._timeout_seconds:g} s: {job.url[:200]}"
                raise Discard("extraction_timeout", detail) from None
            except (asyncio.IncompleteReadError, ConnectionError):
                code = await self._replace(worker)
                raise Discard(
                    "extraction_crashed", f"its worker ended with {code}: {job.url[:200]}"
                ) from None
            except BaseException:
                # Cancelled while the worker is busy: its answer would be taken for the next page's.
                await self._replace(worker)
                raise
            await self._give_back(worker)
        return answer

    async def close(self) -> None:
        """End all workers."""
        await asyncio.gather(*(worker.stop() for worker in self._all))
        self._all.clear()
        self._idle.clear()

    @property
    def process_ids(self) -> list[int]:
        """The ids of the living workers."""
        return [worker.pid for worker in self._all]

    async def _worker(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            await self._replace(worker)
        worker = await _Worker.start(self._arguments)
        self._all.add(worker)
        return worker

    async def _give_back(self, worker: _Worker) -> None:
        if worker.pages < PAGES_PER_WORKER:
            self._idle.append(worker)
        else:
            await self._replace(worker)

    async def _replace(self, worker: _Worker) -> int | None:
        """End a worker (the next page starts another); gives its exit status."""
        self._all.discard(worker)
        return await worker.kill()


class _Worker:
    """One process and its two pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pages = 0

    @classmethod
    async def start(cls, arguments: list[str]) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "copytaster.extractor.io.worker_main",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(START_SECONDS):
                first = await worker._read()
        except (TimeoutError, asyncio.IncompleteReadError) as error:
            await worker.kill()
            raise RetryLater(f"a worker process did not start: {type(error).__name__}") from error
        except BaseException:
            await worker.kill()
            raise
        if not isinstance(first, Ready):
            raise TypeError(f"a worker greeted with {type(first).__name__}")
        return worker

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid

    async def ask(self, job: Job) -> Any:
        """The worker's answer; IncompleteReadError or ConnectionError when it died."""
        if self._process.stdin is None:
            raise ConnectionResetError("the worker has no input")
        self.pages += 1
        self._process.stdin.write(pack(job))
        await self._process.stdin.drain()
        return await self._read()

    async def stop(self) -> None:
        """End it by ending its input; kill it if it is still busy."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> int | None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        return await self._process.wait()

    async def _read(self) -> Any:
        if self._process.stdout is None:
            raise ConnectionResetError("the worker has no output")
        header = await self._process.stdout.readexactly(HEADER.size)
        return unpack(await self._process.stdout.readexactly(HEADER.unpack(header)[0]))


def _refusal(answer: Any) -> Exception:
    """What to raise for an answer that is not the one asked for."""
    match answer:
        case LeftOut(code, detail):
            return Discard(code, detail)
        case Failed(traceback):
            return RuntimeError(f"extraction failed in a worker:\n{traceback}")
    return TypeError(f"a worker answered with {type(answer).__name__}")
