"""The gate before the fetcher's claims: looks at the load every second, says once why it closes, and once that it opens.

While it is closed a key tells `copytaster status` of it; a process that dies while it waits leaves a key that ends by itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from redis.asyncio import Redis

from copytaster.fetcher.pressure import TIGHT_SHARE, Hold, Limits, Load, has_room, hold_of
from copytaster.keys import HOLD_SECONDS, Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.backlog import OWN_GROUPS, Backlog, backlogs, memory
from copytaster.streams.patience import Patience, Stopped
from copytaster.streams.presence import now_ms_of

LOOK_SECONDS: Final = 1.0
"""A backlog grows by what one fetcher brings in a second, some hundreds of entries; seven small questions cost nothing."""


WATCHED: Final = ("articles", "stories", "links")
"""What the fetcher brings in passes through these."""


class Gate:
    """Whether the fetcher may claim, of one desk."""

    def __init__(self, redis: Redis, keys: Keys, patience: Patience, limits: Limits) -> None:
        self._redis = redis
        self._keys = keys
        self._patience = patience
        self._limits = limits
        self._memory_share = 0.0
        self._one_page = asyncio.Lock()
        self.hold: Hold | None = None
        """Why it is closed; None while it is open."""

    def is_open(self) -> bool:
        """Whether feeds and articles may be claimed."""
        return self.hold is None

    def reason(self) -> str | None:
        """Why it is closed, as one word."""
        return self.hold.reason.value if self.hold else None

    def details(self) -> dict[str, Any]:
        """What the readiness tells of it."""
        return {} if self.hold is None else {"waiting": {**asdict(self.hold)}}

    async def watch(self) -> None:
        """Look every second until the process is stopped; then take the notice back."""
        try:
            while not await self._patience.sleep(LOOK_SECONDS):
                await self._patience.until_redis_answers(self.look)
        except Stopped:
            return

    async def look(self) -> None:
        """Look at the load once, and open or close."""
        load = await self._load()
        self._memory_share = load.memory.share
        before, now = self.hold, hold_of(load, self._limits, self.hold)
        if now is not None:
            same = before is not None and before.reason is now.reason
            since_ms = before.since_ms if same and before else await now_ms_of(self._redis)
            now = replace(now, since_ms=since_ms)
        self.hold = now
        self._say(before, now)
        await self._note(before, now)

    async def _load(self) -> Load:
        found = [one for one in await backlogs(self._redis, self._keys, WATCHED) if one.ours]
        for name in set(WATCHED) - {one.stream for one in found}:
            # A service that has never run has no group yet, and all of its work still before it.
            entries = int(await self._redis.xlen(self._keys.stream(name)))
            found.append(Backlog(name, OWN_GROUPS[name], entries, 0, None, "0-0"))
        return Load(found, await memory(self._redis))

    def _say(self, before: Hold | None, now: Hold | None) -> None:
        if now is not None and (before is None or before.reason is not now.reason):
            get_logger().warning(
                Log.FETCHING_HELD, status="waiting", reason=now.reason.value, detail=now.detail
            )
        elif now is None and before is not None:
            get_logger().info(Log.FETCHING_HELD, status="resumed", reason=before.reason.value)

    async def _note(self, before: Hold | None, now: Hold | None) -> None:
        key = self._keys.key("held")
        if now is not None:
            await self._redis.set(key, json.dumps(asdict(now)), ex=HOLD_SECONDS)
        elif before is not None:
            await self._redis.unlink(key)

    @asynccontextmanager
    async def room_for(self, byte_count: int) -> AsyncIterator[bool]:
        """Whether a page of so many bytes may be put into Redis now; while memory is tight one page at a time."""
        if self._memory_share < TIGHT_SHARE:
            yield True
            return
        async with self._one_page:
            found = await self._patience.until_redis_answers(partial(memory, self._redis))
            yield has_room(found, byte_count)
