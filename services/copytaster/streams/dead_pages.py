"""Bounds the pages that dead articles wait for.

A dead entry is never trimmed: it waits for a person, and its page with it. Beyond the bound the pages of the oldest dead entries go
first, and that is said. Such an entry can only be dropped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from redis.asyncio import Redis

from copytaster.keys import Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.patience import Patience, Stopped

LOOK_SECONDS: Final = 600.0
"""Between two looks some thousands of entries can die at most before the bound is held again."""

AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of dead entries: bytes and number of those kept, number of those let go just now."""

    kept_bytes: int = 0
    kept: int = 0
    let_go: int = 0


async def keep_forever(redis: Redis, keys: Keys, patience: Patience, *, limit_bytes: int) -> None:
    """Look after the pages until the process is stopped."""
    while not await patience.sleep(LOOK_SECONDS):
        try:
            await patience.until_redis_answers(partial(keep, redis, keys, limit_bytes=limit_bytes))
        except Stopped:
            return


async def keep(redis: Redis, keys: Keys, *, limit_bytes: int) -> Pages:
    """Let go of the pages of the oldest dead entries, as far as all of them take more than the bound."""
    found, end = Pages(), "+"
    while rows := await redis.xrevrange(keys.stream("dead"), max=end, count=AT_ONCE):
        for _, fields in rows:
            dataref = page_of(fields)
            if dataref is not None:
                found = await _one(redis, keys.key(dataref), found, limit_bytes)
        end = f"({rows[-1][0].decode()}"
    if found.let_go:
        get_logger().warning(
            Log.PAGES_RELEASED,
            status="let_go",
            pages=found.let_go,
            kept_pages=found.kept,
            kept_bytes=found.kept_bytes,
        )
    return found


async def _one(redis: Redis, key: str, found: Pages, limit_bytes: int) -> Pages:
    size = int(await redis.strlen(key))
    if not size:
        return found
    if found.kept_bytes + size > limit_bytes:
        await redis.unlink(key)
        return Pages(found.kept_bytes, found.kept, found.let_go + 1)
    return Pages(found.kept_bytes + size, found.kept + 1, found.let_go)


def page_of(fields: dict[bytes, bytes]) -> str | None:
    """Where the page of a dead `article.fetched` lies (without the desk's prefix); None for every other entry."""
    try:
        original: dict[str, Any] = json.loads(fields[b"data"])["fields"]
        dataref = json.loads(original["data"])["dataref"]
    except (KeyError, TypeError, ValueError):
        return None
    return dataref if isinstance(dataref, str) and dataref.startswith("page:") else None
