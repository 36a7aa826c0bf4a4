"""Trimming: by age, and never past what a group still waits for."""

from __future__ import annotations

from redis.asyncio import Redis

from copytaster.keys import Keys
from copytaster.streams.groups import ensure_group
from copytaster.streams.trim import parse_id, trim, trim_point

KEYS = Keys("test")
DAY_MS = 86_400_000


def test_the_trim_point_is_the_earliest_of_age_and_waiting_groups() -> None:
    """Age alone decides when nobody waits; a waiting group holds it back."""
    assert trim_point(20 * DAY_MS, 14 * 86_400, []) == (6 * DAY_MS, 0)
    assert trim_point(20 * DAY_MS, 14 * 86_400, [(3 * DAY_MS, 5)]) == (3 * DAY_MS, 5)
    assert parse_id("17-3") == (17, 3)


async def test_a_done_article_goes_and_a_waiting_one_stays(redis_client: Redis) -> None:
    """`articles` keeps an entry until its group has acknowledged it, and no longer."""
    stream = KEYS.stream("articles")
    await ensure_group(redis_client, stream, "extractor")
    ids = [await redis_client.xadd(stream, {"n": str(number)}) for number in range(5)]
    await redis_client.xreadgroup("extractor", "c", {stream: ">"}, count=3)
    await redis_client.xack(stream, "extractor", *ids[:2])

    removed = await trim(redis_client, KEYS, "articles")

    assert removed == 2
    assert [entry_id for entry_id, _ in await redis_client.xrange(stream)] == ids[2:]


async def test_a_young_public_entry_stays_and_decisions_stay_for_ever(redis_client: Redis) -> None:
    """Acknowledged or not, 14 days are promised; decisions are never trimmed."""
    for name in ("stories", "decisions"):
        await redis_client.xadd(KEYS.stream(name), {"n": "1"}, id="1-1")
    await redis_client.xadd(KEYS.stream("stories"), {"n": "2"})

    assert await trim(redis_client, KEYS, "decisions") == 0
    await trim(redis_client, KEYS, "stories")

    assert await redis_client.xlen(KEYS.stream("decisions")) == 1
    assert await redis_client.xlen(KEYS.stream("stories")) >= 1


async def test_a_stream_that_is_not_there_is_nothing_to_trim(redis_client: Redis) -> None:
    """Trimming before the first entry is no error."""
    assert await trim(redis_client, KEYS, "links") == 0


async def test_articles_whose_extractor_never_started_stay(redis_client: Redis) -> None:
    """Without its group nobody has handled anything: what looks like done is work to come."""
    stream = KEYS.stream("articles")
    await redis_client.xadd(stream, {"n": "1"}, id="1-1")

    assert await trim(redis_client, KEYS, "articles") == 0
    assert await redis_client.xlen(stream) == 1
