"""Signs of life: each service process says every few seconds that it is there, so that `copytaster status` can tell who runs.

One sorted set of a desk: a member a process, its last sign as the score. A process that stops takes its member out; one that was
killed stays in it for a day with its last sign. Nothing but the status reads it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from copytaster import __version__
from copytaster.keys import DAY_SECONDS, Keys
from copytaster.logs import instance_name
from copytaster.streams.patience import Patience, Stopped

KEY: Final = "services"

BEAT_SECONDS: Final = 5.0
"""A process that ends unheard is missed soon; three small commands each time cost nothing."""

GONE_AFTER_SECONDS: Final = 30.0
"""Six signs missed. Less than a claim's idle time, so that a loss is seen before its entries are taken over."""


@dataclass(frozen=True, slots=True)
class Presence:
    """One process: which service, where, of which version, since when (ISO 8601)."""

    service: str
    instance: str
    version: str
    since: str

    @staticmethod
    def of_this_process(service: str) -> Presence:
        """The presence of this process, which starts now."""
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return Presence(service, instance_name(), __version__, now)

    def pack(self) -> str:
        """The member of the sorted set."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A process and how long ago its last sign came (seconds)."""

    presence: Presence
    silent_seconds: float

    @property
    def alive(self) -> bool:
        """Whether the sign is fresh."""
        return self.silent_seconds <= GONE_AFTER_SECONDS


async def announce_forever(redis: Redis, keys: Keys, presence: Presence, patience: Patience) -> None:
    """Give a sign of life every few seconds until the process is stopped; then take it back."""
    while True:
        try:
            await patience.until_redis_answers(partial(announce, redis, keys, presence))
        except Stopped:
            break
        if await patience.sleep(BEAT_SECONDS):
            break
    try:
        await redis.zrem(keys.key(KEY), presence.pack())
    except RedisError:
        return  # its last sign grows old by itself


async def announce(redis: Redis, keys: Keys, presence: Presence) -> None:
    """Give one sign, by the server's clock, and forget those of more than a day ago."""
    key, now_ms = keys.key(KEY), await now_ms_of(redis)
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zadd(key, {presence.pack(): now_ms})
        pipe.zremrangebyscore(key, "-inf", now_ms - DAY_SECONDS * 1000)
        pipe.expire(key, DAY_SECONDS)
        await pipe.execute()


async def sightings(redis: Redis, keys: Keys) -> list[Sighting]:
    """All processes of the last day, by service and instance; of a restarted instance the latest start alone."""
    now_ms = await now_ms_of(redis)
    rows: Sequence[tuple[bytes, float]] = await redis.zrange(keys.key(KEY), 0, -1, withscores=True)
    latest: dict[tuple[str, str], Sighting] = {}
    for member, score in rows:
        presence = _unpack(member)
        if presence is not None:
            found = Sighting(presence, max(now_ms - float(score), 0) / 1000)
            name = (presence.service, presence.instance)
            if name not in latest or latest[name].presence.since <= presence.since:
                latest[name] = found
    return [latest[name] for name in sorted(latest)]


def _unpack(member: bytes) -> Presence | None:
    try:
        row: dict[str, Any] = json.loads(member)
        return Presence(*(str(row[name]) for name in ("service", "instance", "version", "since")))
    except (ValueError, KeyError, TypeError):
        return None


async def now_ms_of(redis: Redis) -> int:
    """The server's clock in milliseconds: one clock for all processes, whatever their hosts say."""
    seconds, microseconds = await redis.time()
    return int(seconds) * 1000 + int(microseconds) // 1000
