"""One lane of the fetcher: claims members of a queue as slots become free, and works on them side by side.

Knows nothing of feeds or articles. Stops claiming when the process is asked to stop, and finishes what runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

from copytaster.fetcher.io.store import Claims, Held
from copytaster.logs import Log, get_logger
from copytaster.streams.patience import Patience, Stopped

IDLE_SECONDS: Final = 1.0
"""The longest pause between two looks at the queue: what another process adds is noticed within it."""

MIN_PAUSE_SECONDS: Final = 0.005
"""The shortest pause, so that a queue full of busy hosts does not keep the loop spinning."""

RENEWALS_A_LEASE: Final = 3
"""Two renewals may fail before a lease is lost."""

Claim = Callable[[int], Awaitable[Claims]]
Renew = Callable[[Sequence[Held]], Awaitable[list[Held]]]
"""Given what is held, what of it is still held, with the new ends of the leases."""
Work = Callable[[str, dict[bytes, bytes], int], Coroutine[Any, Any, None]]
"""Given the member's id, the fields of its hash, and the server's time of the claim in milliseconds."""


def always() -> bool:
    """The answer of a lane that nothing holds back."""
    return True


class Lane:
    """A claim loop over one queue with a fixed number of slots."""

    def __init__(
        self,
        claim: Claim,
        renew: Renew,
        work: Work,
        *,
        slots: int,
        lease_seconds: float,
        patience: Patience,
        may_claim: Callable[[], bool] = always,
    ) -> None:
        """`may_claim` is asked before each claim; what runs goes on while it says no."""
        self._claim = claim
        self._renew = renew
        self._work = work
        self._slots = slots
        self._renew_seconds = lease_seconds / RENEWALS_A_LEASE
        self._patience = patience
        self._may_claim = may_claim
        self._running: dict[asyncio.Task[None], Held] = {}
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
        renewing = asyncio.create_task(self._keep_leases())
        try:
            while not self._patience.stopping:
                if renewing.done():
                    renewing.result()
                pause = await self._fill()
                self._beat = time.monotonic()
                await self._pause(pause)
        except Stopped:
            pass
        finally:
            await asyncio.gather(*self._running, return_exceptions=True)
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _keep_leases(self) -> None:
        """Renew the leases of all that runs, until cancelled; also while the process waits for it before it stops."""
        while True:
            await asyncio.sleep(self._renew_seconds)
            held = {one.member: task for task, one in self._running.items()}
            if not held:
                continue
            ask = partial(self._renew, list(self._running.values()))
            for one in await self._patience.until_redis_answers(ask):
                if held[one.member] in self._running:
                    self._running[held[one.member]] = one

    async def _fill(self) -> float:
        """Fill the free slots; the seconds until the queue is worth another look."""
        self._woken.clear()
        free = self._slots - len(self._running)
        if free <= 0 or not self._may_claim():
            return IDLE_SECONDS
        claims = await self._patience.until_redis_answers(lambda: self._claim(free))
        for member, fields in claims.members:
            task = asyncio.create_task(self._work(member, fields, claims.now_ms))
            self._running[task] = Held(member, int(fields[b"fence"]), claims.until_ms)
            task.add_done_callback(self._finished)
        if claims.next_ms is None:
            return IDLE_SECONDS
        return min(max((claims.next_ms - claims.now_ms) / 1000, MIN_PAUSE_SECONDS), IDLE_SECONDS)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
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
