"""The pages of dead entries: kept for a second try while there is room, the oldest let go first."""

from __future__ import annotations

import json

import pytest
from redis.asyncio import Redis

from copytaster.keys import Keys
from copytaster.streams.dead_pages import Pages, keep

KEYS = Keys("test")
KIB = 1 << 10


async def die(redis: Redis, number: int, size: int) -> str:
    """A dead article with a page of so many bytes; gives the page's key."""
    original = {"ce_type": "copytaster.article.fetched.v1", "data": json.dumps({"dataref": f"page:{number}"})}
    await redis.xadd(KEYS.stream("dead"), {"data": json.dumps({"fields": original})})
    await redis.set(KEYS.key("page", str(number)), b"x" * size)
    return KEYS.key("page", str(number))


async def test_within_the_bound_every_page_stays(redis_client: Redis) -> None:
    """Other dead entries have none, and are passed over."""
    page = await die(redis_client, 1, 10 * KIB)
    await redis_client.xadd(KEYS.stream("dead"), {"data": "{}"})

    kept = await keep(redis_client, KEYS, limit_bytes=64 * KIB)

    assert kept == Pages(kept_bytes=10 * KIB, kept=1)
    assert await redis_client.exists(page)


async def test_beyond_the_bound_the_oldest_pages_go_and_it_is_said(
    redis_client: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    """The entries themselves stay: they wait for a person."""
    pages = [await die(redis_client, number, 30 * KIB) for number in range(4)]

    kept = await keep(redis_client, KEYS, limit_bytes=64 * KIB)

    assert [await redis_client.exists(page) for page in pages] == [0, 0, 1, 1]
    assert (kept.kept, kept.let_go) == (2, 2)
    assert await redis_client.xlen(KEYS.stream("dead")) == 4
    assert "pages.released" in capsys.readouterr().out
