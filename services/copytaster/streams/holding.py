"""What a process does about the entries that it holds: renews their lease, hands back what it has not begun, takes its name out.

A renewed entry keeps its idle time short, so that nobody takes a long handler for a dead one.
"""

from __future__ import annotations

import asyncio
import time
from importlib.resources import files
from typing import Final

from redis.exceptions import ResponseError

from copytaster.streams.engine import Engine
from copytaster.streams.patience import Patience, Stopped

LONGEST_BEAT_SECONDS: Final = 5.0
"""Between two renewals; three fit into the 15 s after which the health route takes a silent process for a dead one."""

LONGEST_HOLD_SECONDS: Final = 900.0
"""A handler that runs longer hangs: its lease is renewed no more, another process tries. 15 minutes is also when `copytaster status`
calls an entry stuck."""

HANDED_BACK_IDLE_MS: Final = 86_400_000
"""A day: longer than any idle time that a process is set to wait for."""

HAND_BACK_AT_ONCE: Final = 500

_FOLDER: Final = files("copytaster.streams")


def _script(name: str) -> str:
    return _FOLDER.joinpath(name).read_text(encoding="utf-8")


class Holding:
    """The entries that one engine holds, seen from the server."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._renew = engine.redis.register_script(_script("renew.lua"))
        self._hand_back = engine.redis.register_script(_script("handback.lua"))
        self._forget = engine.redis.register_script(_script("forget.lua"))

    async def renew_forever(self, patience: Patience, *, idle_seconds: float) -> None:
        """Renew the lease of everything in hand until cancelled; goes on while the process stops and finishes its work."""
        beat_seconds = min(idle_seconds / 3, LONGEST_BEAT_SECONDS)
        while True:
            await asyncio.sleep(beat_seconds)
            try:
                await patience.until_redis_answers(self.renew)
            except Stopped:
                continue  # Redis is away while the process stops: nothing can be renewed, and the commits wait, too

    async def renew(self) -> list[str]:
        """Renew once; gives the ids that are no longer ours: their commits will be fenced."""
        engine, now = self._engine, time.monotonic()
        mine = [
            entry_id
            for entry_id, since in engine.slots.taken_since().items()
            if now - since < LONGEST_HOLD_SECONDS
        ]
        if not mine:
            return []
        try:
            lost = await self._renew(keys=[engine.stream], args=[engine.group, engine.consumer, *mine])
        except ResponseError as error:
            if "NOGROUP" in str(error):
                return mine  # the reader makes the group again
            raise
        if len(lost) < len(mine):
            engine.last_renewal = time.monotonic()
        return [entry_id.decode() for entry_id in lost]

    async def hand_back(self) -> int:
        """Give what was not begun to whoever looks next, then take the name out if nothing is left; gives how many were handed back.

        Raises redis' errors; what could not be handed back is taken over by others later.
        """
        engine, total, start = self._engine, 0, "-"
        while True:
            count, last = await self._hand_back(
                keys=[engine.stream, engine.failures.key],
                args=[
                    engine.group,
                    engine.consumer,
                    HANDED_BACK_IDLE_MS,
                    start,
                    HAND_BACK_AT_ONCE,
                    *engine.slots.begun,
                ],
            )
            total += int(count)
            if not last:
                break
            start = f"({last.decode()}"
        await self.forget(engine.consumer, silent_ms=0)
        return total

    async def forget(self, consumer: str, *, silent_ms: int) -> bool:
        """Take the name `consumer` out of the group if it holds nothing and was silent for so long."""
        removed = await self._forget(
            keys=[self._engine.stream], args=[self._engine.group, consumer, silent_ms]
        )
        return bool(removed)
