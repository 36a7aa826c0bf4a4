"""The extractor was stopped for longer than every time limit there is, then started: nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from copytaster.extractor.io.handler import GROUP
from copytaster.extractor.io.workers import Workers
from copytaster.keys import KeyPattern, row_of
from copytaster.streams.afterlife import drop, retry
from copytaster.streams.claims import Claims, OneProcess
from copytaster.streams.groups import ensure_group
from copytaster.streams.trim import trim
from copytaster_schemas import STREAMS, EntryDied, parse_event
from tests.stack.extractor.test_extractor_on_streams import KEYS, PARAGRAPHS, Desk, page

YEAR_MS = 365 * 86_400_000


@pytest.fixture
async def desk(redis_client: Redis) -> AsyncIterator[Desk]:
    """An extractor on an empty server."""
    workers = Workers(1, timeout_seconds=20, memory_mib=1024)
    try:
        yield Desk(redis_client, workers)
    finally:
        await workers.close()


async def let_a_year_pass(redis: Redis) -> list[str]:
    """Every key that has a lifetime runs out, and every stream is trimmed as in a year's time; gives what went."""
    gone = []
    async for key in redis.scan_iter():
        row = row_of(key.decode())
        if isinstance(row, KeyPattern) and (row.lifetime_seconds is not None or await redis.ttl(key) >= 0):
            await redis.unlink(key)
            gone.append(row.pattern)
    seconds, _ = await redis.time()
    for name in STREAMS:
        await trim(redis, KEYS, name, now_ms=seconds * 1000 + YEAR_MS)
    return gone


@pytest.mark.parametrize("begun", [False, True], ids=["never delivered", "in hand when it was stopped"])
async def test_what_waits_for_the_extractor_outlives_every_time_limit(desk: Desk, begun: bool) -> None:
    """Entries and pages are still there after a year, whether the extractor ever saw them or not."""
    await ensure_group(desk.redis, desk.engine.stream, GROUP)
    for number in range(3):
        await desk.fetched(page(*PARAGRAPHS, f"Nachtrag Nummer {number} der Redaktion."), path=f"p{number}")
    if begun:
        await desk.redis.xreadgroup(GROUP, "stopped", {desk.engine.stream: ">"}, count=100)

    gone = await let_a_year_pass(desk.redis)
    if begun:
        [*pending] = await desk.redis.xpending_range(desk.engine.stream, GROUP, "-", "+", 10)
        ids = [row["message_id"] for row in pending]
        await desk.redis.xclaim(desk.engine.stream, GROUP, "stopped", 0, ids, idle=YEAR_MS, justid=True)
        await Claims(desk.engine, OneProcess([desk.engine]), idle_seconds=60).sweep()
        await desk.engine.slots.emptied()
    else:
        await desk.pump()

    assert "article:<article>" in gone
    assert len(await desk.stories()) == 3
    assert await desk.redis.xlen(KEYS.stream("dead")) == 0


async def died(desk: Desk) -> tuple[str, EntryDied]:
    """The one dead entry: its id on `dead` and its data."""
    [(entry_id, fields)] = await desk.redis.xrange(KEYS.stream("dead"))
    death = parse_event(fields)[1]
    assert isinstance(death, EntryDied)
    return entry_id.decode(), death


async def buried_page(desk: Desk) -> str:
    """A page whose entry lies on `dead` for a year; gives the key of its bytes."""
    article = await desk.fetched(page(*PARAGRAPHS))
    await ensure_group(desk.redis, desk.engine.stream, GROUP)
    reply = await desk.redis.xreadgroup(GROUP, "tester", {desk.engine.stream: ">"}, count=1)
    [(entry_id, fields)] = reply[0][1]
    await desk.engine.decider.bury(entry_id.decode(), fields, RuntimeError("a bug"), failures=5)
    await let_a_year_pass(desk.redis)
    return KEYS.key(article.dataref)


async def test_a_dead_entry_comes_back_with_its_page(desk: Desk) -> None:
    """The bytes wait beside `dead` for as long as it takes; after the retry the page becomes its story, then they go."""
    page_key = await buried_page(desk)
    entry_id, death = await died(desk)

    assert await retry(desk.redis, KEYS, entry_id, death)
    assert not await retry(desk.redis, KEYS, entry_id, death)
    await desk.pump()

    [(_, story)] = await desk.stories()
    assert story.text.split("\n") == list(PARAGRAPHS)
    assert await desk.redis.exists(page_key) == 0


async def test_a_dropped_entry_takes_its_page_along(desk: Desk) -> None:
    """Nobody waits for these bytes any more."""
    page_key = await buried_page(desk)
    before = await desk.redis.exists(page_key)

    assert await drop(desk.redis, KEYS, *await died(desk))

    assert (before, await desk.redis.exists(page_key)) == (1, 0)
