"""The loops around the engines of one process, and how they end: finish what runs, hand back what was not begun.

Runs beside FastStream's reads; the shell starts it and asks it to end when the process is told to stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from redis.exceptions import RedisError

from copytaster.logs import Log, get_logger
from copytaster.streams.claims import Claims, OneProcess
from copytaster.streams.engine import Engine
from copytaster.streams.holding import Holding
from copytaster.streams.patience import Patience
from copytaster.streams.reader import PatientReads

HAND_BACK_SECONDS: Final = 3.0
"""What the last commands may take; a Redis that is away then finds out by itself, after the idle time."""


class Delivery:
    """Claims and leases of the engines of a process."""

    def __init__(self, engines: Sequence[Engine], patience: Patience, *, idle_seconds: float) -> None:
        self._engines = engines
        self._patience = patience
        self._idle_seconds = idle_seconds
        self._sweeps: list[asyncio.Task[None]] = []

    async def claim_forever(self) -> None:
        """Sweep for all engines until the process is stopped; raises what a sweep cannot wait out."""
        process = OneProcess(self._engines)
        async with asyncio.TaskGroup() as group:
            for engine in self._engines:
                claims = Claims(engine, process, idle_seconds=self._idle_seconds)
                self._sweeps.append(group.create_task(claims.sweep_forever(self._patience)))

    async def renew_forever(self) -> None:
        """Keep the leases of all that is in hand until cancelled, also while the process finishes its work."""
        async with asyncio.TaskGroup() as group:
            for engine in self._engines:
                renewing = Holding(engine).renew_forever(self._patience, idle_seconds=self._idle_seconds)
                group.create_task(renewing)

    async def wind_down(self, reads: PatientReads, *, seconds: float) -> bool:
        """After the stop: let everything that runs finish, for at most `seconds`, then hand the rest back.

        True when nothing was left unfinished, and what was not begun is free for others.
        """
        had_work = any(len(engine.slots) for engine in self._engines)
        finished = True
        try:
            async with asyncio.timeout(seconds):
                await reads.ended()
                if self._sweeps:
                    await asyncio.wait(self._sweeps)
                for engine in self._engines:
                    await engine.slots.emptied()
        except TimeoutError:
            finished = False
        handed_back = await self._hand_back()
        return finished and (handed_back or not had_work)

    async def _hand_back(self) -> bool:
        log, entries, begun = get_logger(), 0, sum(len(engine.slots.begun) for engine in self._engines)
        try:
            async with asyncio.timeout(HAND_BACK_SECONDS):
                for engine in self._engines:
                    entries += await Holding(engine).hand_back()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning(Log.ENTRIES_RETURNED, status="failed", reason=f"{type(error).__name__}: {error}")
            return False
        if entries or begun:
            log.info(Log.ENTRIES_RETURNED, status="handed_back", entries=entries, unfinished=begun)
        return True
