"""Trimming: by age, and never past what a group still waits for."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from copytaster.keys import Keys
from copytaster.streams.groups import ensure_group
from copytaster.streams.passed import Passed, passed_groups
from copytaster.streams.trim import Rules, parse_id, trim, trim_point

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


NOW_MS = 40 * DAY_MS


async def old_stories(redis: Redis, *groups: str) -> None:
    """Three stories of 30, 20 and 1 days ago, the linker done with all of them, and other groups with none."""
    stream = KEYS.stream("stories")
    for group in ("linker", *groups):
        await ensure_group(redis, stream, group)
    for day in (10, 20, 39):
        await redis.xadd(stream, {"n": "1"}, id=f"{day * DAY_MS}-0")
    reply = await redis.xreadgroup("linker", "c", {stream: ">"})
    await redis.xack(stream, "linker", *(entry_id for entry_id, _ in reply[0][1]))


async def left(redis: Redis, name: str) -> list[int]:
    """The days of the entries that are left."""
    return [
        int(entry_id.partition(b"-")[0]) // DAY_MS for entry_id, _ in await redis.xrange(KEYS.stream(name))
    ]


async def test_a_subscriber_holds_a_story_for_a_week_more(redis_client: Redis) -> None:
    """The one of 20 days ago stays within the 21, that of 30 days does not."""
    await old_stories(redis_client, "morgenblatt")

    await trim(redis_client, KEYS, "stories", now_ms=NOW_MS)

    assert await left(redis_client, "stories") == [20, 39]


async def test_a_group_that_is_passed_over_is_named_once_with_what_it_lost(
    redis_client: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the log when it starts, in the hash for its people; another cut moves the end of the range and says nothing."""
    await old_stories(redis_client, "morgenblatt")

    await trim(redis_client, KEYS, "stories", now_ms=NOW_MS)
    [first] = await passed_groups(redis_client, KEYS)
    await trim(redis_client, KEYS, "stories", now_ms=NOW_MS + 2 * DAY_MS)
    [second] = await passed_groups(redis_client, KEYS)

    assert first == Passed("stories", "morgenblatt", f"{10 * DAY_MS}-0", f"{10 * DAY_MS}-0")
    assert second == Passed("stories", "morgenblatt", f"{10 * DAY_MS}-0", f"{20 * DAY_MS}-0")
    assert capsys.readouterr().out.count("group.passed") == 1


async def test_a_group_that_keeps_up_again_is_marked_and_said_so(
    redis_client: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it lost still stands for its people."""
    await old_stories(redis_client, "morgenblatt")
    await trim(redis_client, KEYS, "stories", now_ms=NOW_MS)
    await redis_client.xgroup_setid(KEYS.stream("stories"), "morgenblatt", "$")

    await trim(redis_client, KEYS, "stories", now_ms=NOW_MS)

    [one] = await passed_groups(redis_client, KEYS)
    assert one.caught_up
    assert "caught_up" in capsys.readouterr().out


async def test_with_memory_short_a_subscriber_holds_nothing_beyond_the_minimum(redis_client: Redis) -> None:
    """The 14 days stay; the week more is lent only while there is room."""
    await old_stories(redis_client, "morgenblatt")
    await redis_client.config_set("maxmemory", "1gb")

    await trim(redis_client, KEYS, "stories", now_ms=NOW_MS, rules=Rules(hold_share=0.0))
    await redis_client.config_set("maxmemory", "0")

    assert await left(redis_client, "stories") == [39]


async def test_nothing_is_trimmed_that_a_group_of_ours_waits_for(redis_client: Redis) -> None:
    """However old, and whether the group is behind or not there yet."""
    for name in ("articles", "stories"):
        await redis_client.xadd(KEYS.stream(name), {"n": "1"}, id="1-1")
    await ensure_group(redis_client, KEYS.stream("stories"), "linker")

    assert [await trim(redis_client, KEYS, name, now_ms=NOW_MS) for name in ("articles", "stories")] == [0, 0]


async def test_drops_are_bounded_by_number_too(redis_client: Redis) -> None:
    """The oldest go, young as they are."""
    stream = KEYS.stream("drops")
    async with redis_client.pipeline(transaction=False) as pipe:
        for _ in range(1_500):
            pipe.xadd(stream, {"n": "1"})
        await pipe.execute()

    await trim(redis_client, KEYS, "drops", rules=Rules(drops_entries=1_000))

    assert 1_000 <= await redis_client.xlen(stream) < 1_200
