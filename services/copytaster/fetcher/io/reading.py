"""Reads fetched feeds: small ones in a thread, large ones in a process that can be killed.

What a hostile body costs grows with its size (170,000 empty items in 4.9 MB: 12 s of processor time, measured on a busy
two-core machine), and a thread that reads it holds the whole fetcher up. Decides nothing about feeds.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from typing import Final

from copytaster.fetcher.document import FeedDocument, UnreadableFeed
from copytaster.fetcher.documentjson import document_from_json
from copytaster.fetcher.io.client import Response
from copytaster.fetcher.outcomes import Failure
from copytaster.fetcher.parsing import parse_feed

SMALL_BYTES: Final = 128 * 1024
"""The worst of this size takes a third of a second; six of ten of the corpus' real feeds are smaller."""

MAX_SECONDS: Final = 20.0
"""More than the worst body within the fetcher's limit takes; the largest real feed (2.2 MB) takes about one."""

MEMORY_MIB: Final = 512
"""Address space; the worst body takes 190 MB, the largest real feed 60."""


class Reader:
    """Reads feeds; its process is started with the first large one, and again after it had to be killed."""

    def __init__(
        self,
        *,
        small_bytes: int = SMALL_BYTES,
        max_seconds: float = MAX_SECONDS,
        memory_mib: int = MEMORY_MIB,
    ) -> None:
        self._small_bytes = small_bytes
        self._max_seconds = max_seconds
        self._memory_mib = memory_mib
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def read(self, response: Response) -> FeedDocument:
        """The document in the answer; raises UnreadableFeed, also for one that takes too long or too much memory."""
        if len(response.body) <= self._small_bytes:
            return await read_in_thread(response)
        async with self._turn:
            try:
                async with asyncio.timeout(self._max_seconds):
                    raw = await self._ask(response)
            except TimeoutError as error:
                await self.close()
                raise UnreadableFeed(
                    Failure.NOT_A_FEED, f"reading it takes more than {self._max_seconds:g} s"
                ) from error
            except (OSError, EOFError, ValueError) as error:
                await self.close()
                raise UnreadableFeed(Failure.NOT_A_FEED, "reading it took its process down") from error
            except BaseException:
                await self.close()  # an answer that nobody waits for would be taken for the next one
                raise
        answer = await asyncio.to_thread(json.loads, raw)
        if "failure" in answer:
            raise UnreadableFeed(Failure(answer["failure"]), str(answer["detail"]))
        return await asyncio.to_thread(document_from_json, raw)

    async def _ask(self, response: Response) -> bytes:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        request = {
            "size": len(response.body),
            "url": response.final_url,
            "content_type": response.headers.get("content-type"),
        }
        process.stdin.write(json.dumps(request).encode() + b"\n" + response.body)
        await process.stdin.drain()
        size = await process.stdout.readline()
        return await process.stdout.readexactly(int(size))

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            command = [sys.executable, "-m", "copytaster.fetcher.io.reading_main", str(self._memory_mib)]
            self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        return self._process

    async def close(self) -> None:
        """End the process, whatever it does."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def read_in_thread(response: Response) -> FeedDocument:
    """The document in the answer; raises UnreadableFeed. The loop goes on meanwhile, more slowly."""
    return await asyncio.to_thread(
        parse_feed,
        response.body,
        url=response.final_url,
        content_type=response.headers.get("content-type"),
    )
