"""One lane of the fetcher: claims members of a queue as slots become free, and works on them side by side.

Knows nothing of feeds or articles. Stops claiming when the process is asked to stop, and finishes what runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from copytaster.fetcher.io.store import Claims
from copytaster.logs import Log, get_logger
from copytaster.streams.patience import Patience, Stopped

IDLE_SECONDS: Final = 1.0
"""The longest pause between two looks at the queue: what another process adds is noticed within it."""

MIN_PAUSE_SECONDS: Final = 0.005
"""The shortest pause, so that a queue full of busy hosts does not keep the loop spinning."""

Claim = Callable[[int], Awaitable[Claims]]
Work = Callable[[str, dict[bytes, bytes], int], Coroutine[Any, Any, None]]
"""Given the member's id, the fields of its hash, and the server's time of the claim in milliseconds."""


class Lane:
    """A claim loop over one queue with a fixed number of slots."""

    def __init__(self, claim: Claim, work: Work, *, slots: int, patience: Patience) -> None:
        self._claim = claim
        self._work = work
        self._slots = slots
        self._patience = patience
        self._running: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._beat = time.monotonic()

    def wake(self) -> None:
        """Look at the queue at once: something was put into it."""
        self._woken.set()

    def beat(self) -> float:
        """Monotonic time of the last sign of life; waiting for Redis is life."""
        return time.monotonic() if self._patience.redis_away else self._beat

    async def run(self) -> None:
        """Claim and work until the process is asked to stop; returns when what runs is finished."""
        try:
            while not self._patience.stopping:
                pause = await self._fill()
                self._beat = time.monotonic()
                await self._pause(pause)
        except Stopped:
            pass
        finally:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _fill(self) -> float:
        """Fill the free slots; the seconds until the queue is worth another look."""
        self._woken.clear()
        free = self._slots - len(self._running)
        if free <= 0:
            return IDLE_SECONDS
        claims = await self._patience.until_redis_answers(lambda: self._claim(free))
        for member, fields in claims.members:
            task = asyncio.create_task(self._work(member, fields, claims.now_ms))
            self._running.add(task)
            task.add_done_callback(self._finished)
        if claims.next_ms is None:
            return IDLE_SECONDS
        return min(max((claims.next_ms - claims.now_ms) / 1000, MIN_PAUSE_SECONDS), IDLE_SECONDS)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The lease runs out by itself, and the member is tried again then.
            get_logger().error(Log.FETCHER_FAILED, status="crashed", exc_info=error)
        self._woken.set()

    async def _pause(self, seconds: float) -> None:
        stopped = asyncio.ensure_future(self._patience.wait_stopped())
        woken = asyncio.ensure_future(self._woken.wait())
        try:
            await asyncio.wait((stopped, woken), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            woken.cancel()
            await asyncio.gather(stopped, woken, return_exceptions=True)
