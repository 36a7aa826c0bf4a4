"""Takes over entries whose consumer does not finish them: after a kill, a crash, or a failure whose back-off is over.

A sweep decides about each pending entry (`pending`, `claimable`) and takes no more than the process has room for. A claim says how
long it saw the entry idle: if another process was quicker, the server refuses. What this process has in hand is left alone.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Final

from redis.exceptions import ResponseError

from copytaster.errors import Quarantine
from copytaster.logs import Log, get_logger
from copytaster.streams.claimable import Verdict, kills
from copytaster.streams.engine import Engine, RawEntry
from copytaster.streams.groups import ensure_group
from copytaster.streams.holding import Holding
from copytaster.streams.patience import Patience, Stopped
from copytaster.streams.pending import Candidate, PendingList

PAGES_A_SWEEP: Final = 10
"""A sweep over a long list (an encoder that fails for hours) goes on where the last one stopped."""

LONGEST_PAUSE_SECONDS: Final = 2.0
"""Between two sweeps: what is handed back or has waited long enough is not left lying for longer."""


class OneProcess:
    """The engines of one process: claims are made one after the other, and a suspected entry runs while all else rests."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = engines
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def room(self, engine: Engine, count: int) -> AsyncIterator[None]:
        """Wait until the engine has room for `count` claimed entries."""
        async with self._turn, engine.slots.reserved(count):
            yield

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Wait until no engine of the process has anything in hand, and keep it so."""
        async with self._turn, AsyncExitStack() as emptied:
            for engine in self._engines:
                await emptied.enter_async_context(engine.slots.reserved(engine.slots.capacity))
            yield


class Claims:
    """The sweeps of one engine."""

    def __init__(self, engine: Engine, process: OneProcess, *, idle_seconds: float) -> None:
        """`idle_seconds` is how long a living process may hold an entry without a sign."""
        self._engine = engine
        self._process = process
        self._idle_seconds = idle_seconds
        self._list = PendingList(engine, Holding(engine), idle_seconds=idle_seconds)
        self._log = get_logger().bind(stream=engine.stream, group=engine.group)

    async def sweep_forever(self, patience: Patience) -> None:
        """Sweep until the process is stopped; returns then."""
        pause_seconds = min(self._idle_seconds / 4, LONGEST_PAUSE_SECONDS)
        while not await patience.sleep(pause_seconds * random.uniform(0.75, 1.25)):  # noqa: S311 - jitter, no secret
            try:
                may_read = self._engine.may_read
                if may_read is None or await patience.until_redis_answers(may_read):
                    await self.sweep()
            except Stopped:
                return

    async def sweep(self) -> None:
        """Look at the pending entries once, at most `PAGES_A_SWEEP` pages, and begin with what may be taken over."""
        patience = self._engine.patience
        for _ in range(PAGES_A_SWEEP):
            try:
                found = await patience.until_redis_answers(self._list.next_page)
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                await patience.until_redis_answers(
                    partial(ensure_group, self._engine.redis, self._engine.stream, self._engine.group)
                )
                return
            await self._take_over(found)
            if self._list.at_start or patience.stopping:
                return

    async def _take_over(self, found: Sequence[Candidate]) -> None:
        plain = [candidate for candidate in found if candidate.verdict is Verdict.TAKE]
        at_once = (self._engine.slots.capacity + 1) // 2  # the other half is left to new entries
        for begin in range(0, len(plain), at_once):
            await self._take(plain[begin : begin + at_once])
        suspects = [candidate for candidate in found if candidate.verdict is not Verdict.TAKE]
        # The one that killed alone has one kill more than those that were only beside it: these come first, and get through.
        for candidate in sorted(suspects, key=lambda one: kills(one.pending, one.failures)):
            await self._take_suspect(candidate)

    async def _take(self, found: Sequence[Candidate]) -> None:
        async with self._process.room(self._engine, len(found)):
            claimed = await self._claim(found)
            failed = {candidate.pending.entry_id for candidate in found if candidate.failures.handled}
            self._engine.accept(claimed, failed=failed)

    async def _take_suspect(self, candidate: Candidate) -> None:
        async with self._process.alone():
            claimed = await self._claim([candidate])
            if candidate.verdict is Verdict.GIVE_UP:
                for entry in claimed:
                    await self._give_up(entry, candidate)
            elif tasks := self._engine.accept(claimed, failed=[candidate.pending.entry_id]):
                await asyncio.wait(tasks)

    async def _give_up(self, entry: RawEntry, candidate: Candidate) -> None:
        count = kills(candidate.pending, candidate.failures)
        reason = Quarantine("killed_workers", f"{count} deliveries ended without any outcome")
        await self._engine.decider.bury(*entry, reason, failures=candidate.failures.handled)

    async def _claim(self, found: Sequence[Candidate]) -> list[RawEntry]:
        """The entries that are ours now; one that was touched since it was looked at stays where it is."""
        if self._engine.patience.stopping:
            return []
        claimed = await self._engine.patience.until_redis_answers(partial(self._send_claims, found))
        for candidate, _ in claimed:
            self._log.info(
                Log.ENTRY_CLAIMED,
                status="claimed",
                entry_id=candidate.pending.entry_id,
                consumer=candidate.pending.consumer,
                deliveries=candidate.pending.deliveries,
                failures=candidate.failures.handled,
            )
        return [entry for _, entry in claimed]

    async def _send_claims(self, found: Sequence[Candidate]) -> list[tuple[Candidate, RawEntry]]:
        engine = self._engine
        async with engine.redis.pipeline(transaction=False) as pipe:
            for candidate in found:
                seen = candidate.pending
                pipe.xclaim(engine.stream, engine.group, engine.consumer, seen.idle_ms, [seen.entry_id])
            replies = await pipe.execute()
        return [
            (candidate, (entry_id.decode(), fields))
            for candidate, reply in zip(found, replies, strict=True)
            for entry_id, fields in reply
        ]
