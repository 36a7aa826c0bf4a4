"""Reads feeds in processes of their own, which can be killed; the loop that polls only passes bytes on.

What a hostile body costs grows with its size (170,000 empty items in 4.9 MB: seconds of processor time), and a thread that
reads it would hold the whole fetcher up, small ones too. Decides nothing about feeds.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from typing import Final

from copytaster.fetcher.document import FeedDocument, UnreadableFeed
from copytaster.fetcher.documentjson import document_from_lines
from copytaster.fetcher.io.client import Response
from copytaster.fetcher.outcomes import Failure
from copytaster.fetcher.parsing import parse_feed

WORKERS: Final = 2
"""So that one hostile feed, which holds its process up to MAX_SECONDS, does not hold all others up."""

MAX_SECONDS: Final = 20.0
"""More than the worst body within the fetcher's limit takes; the largest real feed (2.2 MB) takes 0.2."""

MEMORY_MIB: Final = 512
"""Address space; the worst body takes 190 MB, the largest real feed 60."""

AT_ONCE_BYTES: Final = 64 * 1024
"""Answers up to here are decoded by the loop itself: half a millisecond, less than a thread costs."""


class Reader:
    """Reads feeds in `workers` processes; each is started when it is first needed, and again after it had to be killed."""

    def __init__(
        self,
        *,
        workers: int = WORKERS,
        max_seconds: float = MAX_SECONDS,
        memory_mib: int = MEMORY_MIB,
    ) -> None:
        self._max_seconds = max_seconds
        self._workers = [_Worker(memory_mib) for _ in range(workers)]
        # The one that worked last works next, so that a quiet fetcher keeps one process and not all of them.
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in self._workers:
            self._idle.put_nowait(worker)

    async def read(self, response: Response) -> FeedDocument:
        """The document in the answer; raises UnreadableFeed, also for one that takes too long or too much memory."""
        worker = await self._idle.get()
        try:
            answer = await self._ask(worker, response)
        finally:
            self._idle.put_nowait(worker)
        if len(answer) <= AT_ONCE_BYTES:
            return _document(answer)
        return await asyncio.to_thread(_document, answer)

    async def _ask(self, worker: _Worker, response: Response) -> bytes:
        try:
            async with asyncio.timeout(self._max_seconds):
                return await worker.ask(response)
        except TimeoutError as error:
            await worker.close()
            detail = f"reading it takes more than {self._max_seconds:g} s"
            raise UnreadableFeed(Failure.NOT_A_FEED, detail) from error
        except (OSError, EOFError, ValueError) as error:
            await worker.close()
            raise UnreadableFeed(Failure.NOT_A_FEED, "reading it took its process down") from error
        except BaseException:
            await worker.close()  # an answer that nobody waits for would be taken for the next one
            raise

    async def close(self) -> None:
        """End the processes, whatever they do."""
        for worker in self._workers:
            await worker.close()


class _Worker:
    """One process, asked one thing at a time."""

    def __init__(self, memory_mib: int) -> None:
        self._memory_mib = memory_mib
        self._process: Process | None = None
        self._closing = asyncio.Lock()

    async def ask(self, response: Response) -> bytes:
        """The answer."""
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        request = {
            "size": len(response.body),
            "url": response.final_url,
            "content_type": response.headers.get("content-type"),
        }
        process.stdin.writelines((json.dumps(request).encode(), b"\n", response.body))
        await process.stdin.drain()
        size = int(await process.stdout.readline())
        return await process.stdout.readexactly(size)

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            command = [sys.executable, "-m", "copytaster.fetcher.io.reading_main", str(self._memory_mib)]
            self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        return self._process

    async def close(self) -> None:
        """End the process; returns when it is gone, whoever began to end it."""
        async with self._closing:
            process, self._process = self._process, None
            if process is None:
                return
            if process.returncode is None:
                process.kill()
            await process.communicate()


def _document(answer: bytes) -> FeedDocument:
    """The document in a worker's answer; raises UnreadableFeed when it says why there is none."""
    lines = answer.split(b"\n")
    if lines[0].startswith(b'{"failure"'):
        refusal = json.loads(lines[0])
        raise UnreadableFeed(Failure(refusal["failure"]), str(refusal["detail"]))
    return document_from_lines(lines)


async def read_in_thread(response: Response) -> FeedDocument:
    """The document in the answer, for a command that does nothing else meanwhile; raises UnreadableFeed."""
    return await asyncio.to_thread(
        parse_feed,
        response.body,
        url=response.final_url,
        content_type=response.headers.get("content-type"),
    )
