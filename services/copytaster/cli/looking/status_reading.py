"""Collects what `copytaster status` judges: who runs, what waits where, the feeds, the drops of the last hour. Reads only.

Every question is bounded: the work grows with the number of streams, groups and feeds, never with the number of stories.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from copytaster.fetcher.feedstate import FeedState, FeedStatus
from copytaster.keys import Keys
from copytaster.streams.effects import batched
from copytaster.streams.passed import Passed, passed_groups
from copytaster.streams.presence import Sighting, now_ms_of, sightings
from copytaster.streams.trim import parse_id
from copytaster_schemas import STREAMS

HOUR_MS: Final = 3_600_000

DROPS_READ: Final = 20_000
"""Drops of the last hour that are counted; beyond it the numbers are said to be least ones."""

FEEDS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class GroupState:
    """A consumer group of a stream; ages in seconds since the entry was written."""

    name: str
    consumers: int
    pending: int
    """Delivered and not acknowledged."""
    lag: int | None
    """Not delivered yet; None where the server cannot tell."""
    oldest_pending_seconds: float | None
    oldest_waiting_seconds: float | None


@dataclass(frozen=True, slots=True)
class StreamState:
    """A stream: how many entries, how long ago the last one came."""

    name: str
    entries: int
    last_seconds: float | None
    groups: tuple[GroupState, ...] = ()


@dataclass(frozen=True, slots=True)
class RedisState:
    """What the server says of itself; None where its user may not ask."""

    version: str | None = None
    used_bytes: int | None = None
    limit_bytes: int | None = None
    """0 = no limit."""
    policy: str | None = None
    append_only: bool | None = None
    write_failed: str | None = None
    """Which kind of writing to disk failed lastly."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """A queue of the fetcher: how many members, how many are past their time, and the longest by how many seconds."""

    members: int = 0
    overdue: int = 0
    oldest_overdue_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Drops:
    """The drops of the last hour by code; `complete` False when there were more than were counted."""

    by_code: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True

    @property
    def total(self) -> int:
        """All that were counted."""
        return sum(self.by_code.values())


@dataclass(frozen=True, slots=True)
class Held:
    """What the fetcher says it waits for, and for how long it has."""

    reason: str
    detail: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the status is judged from."""

    desk: str
    now_ms: int
    redis: RedisState = RedisState()
    services: tuple[Sighting, ...] = ()
    clusterer: str | None = None
    """The instance that holds the lease of the clusterer."""
    streams: tuple[StreamState, ...] = ()
    feeds: tuple[FeedState, ...] = ()
    polls: QueueState = QueueState()
    pages: QueueState = QueueState()
    drops: Drops = Drops()
    held: Held | None = None
    """Why the fetcher waits; None while it does not."""
    passed: tuple[Passed, ...] = ()
    """Subscribers' groups that trimming passed over."""

    @property
    def dead(self) -> int:
        """Entries that wait on `dead` for a person."""
        return sum(stream.entries for stream in self.streams if stream.name == "dead")

    @property
    def polled_feeds(self) -> list[FeedState]:
        """The feeds that are neither paused nor removed."""
        return [feed for feed in self.feeds if feed.status is FeedStatus.ACTIVE]


async def read(redis: Redis, keys: Keys) -> Report:
    """The state of one desk now, by the server's clock."""
    now_ms = await now_ms_of(redis)
    holder = await redis.hget(keys.key("lease", "clusterer"), "holder")
    return Report(
        desk=keys.desk,
        now_ms=now_ms,
        redis=await _redis(redis),
        services=tuple(await sightings(redis, keys)),
        clusterer=holder.decode() if holder else None,
        streams=tuple([await _stream(redis, keys, name, now_ms) for name in STREAMS]),
        feeds=tuple(await _feeds(redis, keys)),
        polls=await _queue(redis, keys.key("feeds", "due"), now_ms),
        pages=await _queue(redis, keys.key("wanted"), now_ms),
        drops=await _drops(redis, keys.stream("drops"), now_ms),
        passed=tuple(await passed_groups(redis, keys)),
        held=_held(await redis.get(keys.key("held")), now_ms),
    )


async def _redis(redis: Redis) -> RedisState:
    try:
        facts: dict[str, Any] = {}
        for section in ("server", "memory", "persistence"):
            facts |= await redis.info(section)
    except NoPermissionError:
        return RedisState()
    failed = [
        name
        for name, field_name in (
            ("the append-only file", "aof_last_write_status"),
            ("a snapshot", "rdb_last_bgsave_status"),
        )
        if facts.get(field_name, "ok") != "ok"
    ]
    return RedisState(
        version=str(facts.get("valkey_version") or facts.get("redis_version") or "") or None,
        used_bytes=facts.get("used_memory"),
        limit_bytes=facts.get("maxmemory"),
        policy=facts.get("maxmemory_policy"),
        append_only=bool(facts["aof_enabled"]) if "aof_enabled" in facts else None,
        write_failed=failed[0] if failed else None,
    )


async def _stream(redis: Redis, keys: Keys, name: str, now_ms: int) -> StreamState:
    stream = keys.stream(name)
    entries = int(await redis.xlen(stream))
    last = await redis.xrevrange(stream, count=1)
    groups = [await _group(redis, stream, row, now_ms) for row in await _group_rows(redis, stream)]
    return StreamState(name, entries, _age(last[0][0], now_ms) if last else None, tuple(groups))


async def _group_rows(redis: Redis, stream: str) -> list[Mapping[str, Any]]:
    try:
        return list(await redis.xinfo_groups(stream))
    except ResponseError as error:
        if "no such key" in str(error):
            return []
        raise


async def _group(redis: Redis, stream: str, row: Mapping[str, Any], now_ms: int) -> GroupState:
    pending = await redis.xpending(stream, row["name"])
    last = row["last-delivered-id"].decode()
    waiting = await redis.xrange(stream, min=f"({last}", count=1)
    lag = row.get("lag")
    return GroupState(
        name=row["name"].decode("utf-8", "replace"),
        consumers=int(row["consumers"]),
        pending=int(pending["pending"]),
        lag=0 if not waiting else (None if lag is None else int(lag)),
        oldest_pending_seconds=_age(pending["min"], now_ms) if pending["min"] else None,
        oldest_waiting_seconds=_age(waiting[0][0], now_ms) if waiting else None,
    )


def _age(entry_id: bytes, now_ms: int) -> float:
    """Seconds since an entry was written, by its id."""
    return max(now_ms - parse_id(entry_id.decode())[0], 0) / 1000


async def _feeds(redis: Redis, keys: Keys) -> list[FeedState]:
    due = await redis.zrange(keys.key("feeds", "due"), 0, -1)
    paused = await redis.smembers(keys.key("feeds", "paused"))
    found = []
    for names in batched(sorted({raw.decode() for raw in (*due, *paused)}), FEEDS_AT_ONCE):
        async with redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hgetall(keys.key("feed", name))
            rows = await pipe.execute()
        found += [FeedState.from_hash(name, row) for name, row in zip(names, rows, strict=True) if row]
    return [feed for feed in found if feed.listed]


async def _queue(redis: Redis, key: str, now_ms: int) -> QueueState:
    first = await redis.zrange(key, 0, 0, withscores=True)
    oldest_seconds = max(now_ms - float(first[0][1]), 0.0) / 1000 if first else 0.0
    return QueueState(
        int(await redis.zcard(key)), int(await redis.zcount(key, "-inf", now_ms)), oldest_seconds
    )


def _held(raw: bytes | None, now_ms: int) -> Held | None:
    if raw is None:
        return None
    told = json.loads(raw)
    return Held(str(told["reason"]), str(told["detail"]), max(now_ms - int(told["since_ms"]), 0) / 1000)


async def _drops(redis: Redis, stream: str, now_ms: int) -> Drops:
    codes: Counter[str] = Counter()
    start = str(now_ms - HOUR_MS)
    while sum(codes.values()) < DROPS_READ:
        page = await redis.xrange(stream, min=start, count=FEEDS_AT_ONCE)
        codes.update(_code(fields) for _, fields in page)
        if len(page) < FEEDS_AT_ONCE:
            return Drops(dict(codes.most_common()))
        start = f"({page[-1][0].decode()}"
    return Drops(dict(codes.most_common()), complete=False)


def _code(fields: Mapping[bytes, bytes]) -> str:
    """The code of a drop without the cost of its whole model; `unreadable` for what is no drop."""
    try:
        return str(json.loads(fields[b"data"])["code"])
    except (ValueError, KeyError, TypeError):
        return "unreadable"
