"""Trims streams by age, never past what a group of ours waits for; subscribers hold a public stream back for a while, not for ever.

A group that is passed over is named, with the first and last entry that it lost, in the log, in the hash `passed` (which
subscribers may read) and in the status. Only `drops` has a bound by number, too (docs/decisions/0016).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from redis.asyncio import Redis

from copytaster.keys import DAY_SECONDS, Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.backlog import OWN_GROUPS, Backlog, backlogs, memory
from copytaster.streams.passed import Loss, note_losses
from copytaster.streams.patience import Patience, Stopped
from copytaster_schemas import STREAMS

TRIM_EVERY_SECONDS: Final = 60.0

StreamId = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a subscriber may hold and how long `drops` may grow; the defaults are those of the settings."""

    hold_seconds: float = 7 * DAY_SECONDS
    """So much longer than its minimum life an entry stays for a subscriber's group that has not acknowledged it."""
    hold_share: float = 0.6
    """... while no more than this part of Redis' memory is used."""
    drops_entries: int = 100_000


def parse_id(text: str) -> StreamId:
    """Milliseconds and sequence of a stream id; a missing sequence is 0."""
    milliseconds, _, sequence = text.partition("-")
    return int(milliseconds), int(sequence or 0)


def trim_point(now_ms: int, kept_seconds: float, waiting: Iterable[StreamId]) -> StreamId:
    """The first id that has to stay: young enough, or waited for by some group."""
    return min([(now_ms - int(kept_seconds * 1000), 0), *waiting])


def waited_for(backlog: Backlog) -> StreamId:
    """The first id that the group has not acknowledged yet."""
    if backlog.oldest_pending:
        return parse_id(backlog.oldest_pending)
    milliseconds, sequence = parse_id(backlog.last_delivered)
    return milliseconds, sequence + 1


def held_point(point: StreamId, floor: StreamId, subscribers: Iterable[Backlog]) -> StreamId:
    """`point`, put back for subscribers that wait for older entries, but not below `floor`."""
    return min([point, *(max(waited_for(one), floor) for one in subscribers)])


async def trim_forever(
    redis: Redis, keys: Keys, streams: Sequence[str], patience: Patience, rules: Rules = Rules()
) -> None:
    """Trim `streams` (names) once a minute until the process is stopped."""
    while not await patience.sleep(TRIM_EVERY_SECONDS):
        for name in streams:
            try:
                await patience.until_redis_answers(partial(trim, redis, keys, name, rules=rules))
            except Stopped:
                return


async def trim(
    redis: Redis, keys: Keys, name: str, *, now_ms: int | None = None, rules: Rules = Rules()
) -> int:
    """Trim the stream `name` once; gives how many entries went. Streams kept for ever are left alone."""
    kept_seconds = STREAMS[name].kept_seconds
    if kept_seconds is None:
        return 0
    now_ms = now_ms or int(time.time() * 1000)
    groups = await backlogs(redis, keys, [name])
    ours = [one for one in groups if one.ours]
    if name in OWN_GROUPS and not ours:
        return 0  # whoever is to handle these entries has not started yet, or lost its group: none of them is done
    point = trim_point(now_ms, kept_seconds, map(waited_for, ours))
    removed = 0
    if STREAMS[name].public:
        subscribers = [one for one in groups if not one.ours]
        point = await _held(redis, point, now_ms, kept_seconds, subscribers, rules)
        passed = [one for one in subscribers if waited_for(one) < point]
        await note_losses(redis, keys, name, await _losses(redis, keys, passed, point), groups)
        removed = await _cut(redis, keys, name, point, exactly=bool(passed))
    else:
        removed = await _cut(redis, keys, name, point, exactly=kept_seconds == 0)
    if name == "drops":
        removed += await _shorten(redis, keys, name, rules.drops_entries)
    return removed


async def _held(
    redis: Redis,
    point: StreamId,
    now_ms: int,
    kept_seconds: float,
    subscribers: Sequence[Backlog],
    rules: Rules,
) -> StreamId:
    if not subscribers:
        return point
    tight = (await memory(redis)).share > rules.hold_share
    floor = trim_point(now_ms, kept_seconds + (0.0 if tight else rules.hold_seconds), [])
    return held_point(point, floor, subscribers)


async def _losses(redis: Redis, keys: Keys, passed: Sequence[Backlog], point: StreamId) -> list[Loss]:
    """What the next cut takes from each of the groups; nothing where what they wait for is gone already."""
    losses = []
    for one in passed:
        stream, before = keys.stream(one.stream), f"({_text(point)}"
        first = await redis.xrange(stream, min=_text(waited_for(one)), max=before, count=1)
        last = await redis.xrevrange(stream, max=before, count=1) if first else []
        ids = [rows[0][0].decode() for rows in (first, last) if rows]
        losses.append(Loss(one.group, *ids) if len(ids) == 2 else Loss(one.group))
    return losses


async def _cut(redis: Redis, keys: Keys, name: str, point: StreamId, *, exactly: bool) -> int:
    stream = keys.stream(name)
    removed = int(await redis.xtrim(stream, minid=_text(point), approximate=not exactly))
    if removed:
        get_logger().info(Log.STREAM_TRIMMED, status="trimmed", stream=stream, entries=removed, reason="age")
    return removed


async def _shorten(redis: Redis, keys: Keys, name: str, entries: int) -> int:
    """Take the oldest entries above a number; for a stream that nobody else relies on."""
    stream = keys.stream(name)
    removed = int(await redis.xtrim(stream, maxlen=entries, approximate=True))
    if removed:
        get_logger().warning(
            Log.STREAM_TRIMMED, status="trimmed", stream=stream, entries=removed, reason="length"
        )
    return removed


def _text(point: StreamId) -> str:
    return f"{max(point[0], 0)}-{point[1]}"
