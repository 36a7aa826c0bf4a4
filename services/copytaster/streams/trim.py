"""Trims streams by age, never past an entry that one of the stream's groups still waits for, and never by length."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from copytaster.keys import Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.patience import Patience, Stopped, is_outage
from copytaster_schemas import STREAMS

TRIM_EVERY_SECONDS: Final = 60.0

StreamId = tuple[int, int]


def parse_id(text: str) -> StreamId:
    """Milliseconds and sequence of a stream id; a missing sequence is 0."""
    milliseconds, _, sequence = text.partition("-")
    return int(milliseconds), int(sequence or 0)


def trim_point(now_ms: int, kept_seconds: int, waiting: Iterable[StreamId]) -> StreamId:
    """The first id that has to stay: young enough, or waited for by some group."""
    return min([(now_ms - kept_seconds * 1000, 0), *waiting])


async def trim_forever(redis: Redis, keys: Keys, streams: Sequence[str], patience: Patience) -> None:
    """Trim `streams` (names) once a minute until the process is stopped."""
    while not await patience.sleep(TRIM_EVERY_SECONDS):
        for name in streams:
            try:
                await patience.until_redis_answers(partial(trim, redis, keys, name))
            except Stopped:
                return


async def trim(redis: Redis, keys: Keys, name: str, *, now_ms: int | None = None) -> int:
    """Trim the stream `name` once; gives how many entries went. Streams kept for ever are left alone."""
    kept_seconds = STREAMS[name].kept_seconds
    if kept_seconds is None:
        return 0
    stream = keys.stream(name)
    groups = await _groups(redis, stream)
    if not groups and kept_seconds == 0:
        return 0  # whoever is to handle these entries has not started yet, or lost its group: none of them is done
    waiting = [await _waited_for(redis, stream, group) for group in groups]
    point = trim_point(now_ms or int(time.time() * 1000), kept_seconds, waiting)
    removed = int(
        await redis.xtrim(stream, minid=f"{max(point[0], 0)}-{point[1]}", approximate=kept_seconds > 0)
    )
    if removed:
        get_logger().info(Log.STREAM_TRIMMED, status="trimmed", stream=stream, entries=removed)
    return removed


async def _groups(redis: Redis, stream: str) -> list[dict[str, Any]]:

    try:
        return list(await redis.xinfo_groups(stream))
    except ResponseError as error:
        if "no such key" in str(error) or is_outage(error):
            return []
        raise


async def _waited_for(redis: Redis, stream: str, group: dict[str, Any]) -> StreamId:
    """The first id that the group has not acknowledged yet."""
    pending = await redis.xpending(stream, group["name"])
    oldest = pending["min"]
    if oldest:
        return parse_id(oldest.decode() if isinstance(oldest, bytes) else oldest)
    last = group["last-delivered-id"]
    milliseconds, sequence = parse_id(last.decode() if isinstance(last, bytes) else last)
    return milliseconds, sequence + 1
