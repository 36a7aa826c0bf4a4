"""`copytaster find`: all that is known of an address or a urn, wherever it stands on its way."""

from __future__ import annotations

import pytest

from copytaster.fetcher.feedstate import FeedStatus
from copytaster.keys import STATE_SECONDS
from copytaster_schemas.identity import article_urn, feed_urn, short_id
from tests.stack.cli.looking import FIRE, FIRE_COPY, SALE, Looking, drop
from tests.stack.deduplicator.desk import KEYS


async def test_a_story_is_found_by_its_address_with_links_and_cluster(looking: Looking) -> None:
    """Whatever trackers the address carries: version, publication, each link with the other's headline, the cluster."""
    ran = await looking.run("find", FIRE_COPY.url + "?utm_source=brief")
    found = (await looking.run("find", FIRE_COPY.url, "--json")).objects[0]

    assert ran.code == 0
    assert f"Story {FIRE_COPY.uri}: suedblatt.example [de] Nach Brand: Hafen bleibt zu" in ran.out
    assert "version 1" in ran.out
    assert "nordpost.example: Hafen von Karstadt gesperrt" in ran.out
    assert "2 stories of 2 outlets" in ran.out
    (story,) = found["stories"]
    assert [(link["relation"], link["other"], link["direction"]) for link in story["links"]] == [
        ("near_copy", FIRE.uri, "a_from_b")
    ]
    assert {member["story"] for member in found["clusters"][0]["members"]} == {FIRE.uri, FIRE_COPY.uri}


async def test_the_start_of_a_urn_finds_too(looking: Looking) -> None:
    """Eight digits, as the lists print them."""
    found = (await looking.run("find", short_id(SALE.uri)[:8], "--json")).objects[0]

    assert [story["story"] for story in found["stories"]] == [SALE.uri]


async def test_an_article_leads_to_its_story_although_its_address_was_redirected(looking: Looking) -> None:
    """The address in the feed differs from the story's; the extractor keeps which story came of it."""
    key = KEYS.key("article", short_id(article_urn("kurier.example/kurz/17")))
    await looking.redis.hset(key, mapping={"sequence": 1, "extracted": 1, "story": short_id(SALE.uri)})
    await looking.redis.expire(key, STATE_SECONDS)

    found = (await looking.run("find", "https://kurier.example/kurz/17", "--json")).objects[0]
    explained = await looking.run("clusters", "explain", "https://kurier.example/kurz/17", FIRE.uri)

    assert found["articles"][0]["story"] == SALE.uri
    assert [story["story"] for story in found["stories"]] == [SALE.uri]
    assert explained.code == 0


async def test_an_article_that_was_left_out_says_why(empty: Looking) -> None:
    """The stage and the code of its last drop, while the stream holds it; after that, that it was one."""
    await drop(empty.redis, "nordpost.example/intern", "robots")

    ran = await empty.run("find", "https://nordpost.example/intern")
    await empty.redis.xtrim(KEYS.stream("drops"), maxlen=0)
    later = await empty.run("find", "https://nordpost.example/intern")

    assert "left out once, lastly by the fetcher: robots" in ran.out
    assert "the stream no longer holds why" in later.out


async def test_an_article_that_is_wanted_says_since_when_and_until_when(empty: Looking) -> None:
    """Between the feed and the fetch: first seen, due, tried so often."""
    article, feed = article_urn("nordpost.example/neu"), feed_urn("nordpost.example/feed")
    key = KEYS.key("item", short_id(article))
    await empty.redis.hset(
        key,
        mapping={
            "feed": short_id(feed),
            "url": "https://nordpost.example/neu",
            "first_seen_ms": 1_772_366_400_000,
            "tries": 2,
        },
    )
    await empty.redis.expire(key, STATE_SECONDS)
    await empty.redis.zadd(KEYS.key("wanted"), {short_id(article): 1_772_366_520_000})

    ran = await empty.run("find", "https://nordpost.example/neu")

    assert f"first seen 2026-03-01 12:00:00 UTC in feed {feed}" in ran.out
    assert "wanted: to be fetched 2026-03-01 12:02:00 UTC, tried twice so far" in ran.out


async def test_a_feed_is_found_by_its_address(empty: Looking) -> None:
    """Whether it is polled, how its last poll went, how often it failed."""
    feed = short_id(feed_urn("nordpost.example/feed"))
    await empty.redis.hset(
        KEYS.key("feed", feed),
        mapping={
            "url": "https://nordpost.example/feed",
            "title": "Nordpost",
            "status": FeedStatus.ACTIVE.value,
            "failures": 7,
            "last_status": "failed",
            "last_failure": "timed_out",
            "polled_ms": 1_772_366_400_000,
        },
    )

    ran = await empty.run("find", "https://nordpost.example/feed")

    assert "Nordpost  https://nordpost.example/feed" in ran.out
    assert "last polled 2026-03-01 12:00:00 UTC: failed" in ran.out
    assert "7 failures in a row, the last: timed_out" in ran.out


async def test_a_merged_cluster_is_followed_to_its_successor(looking: Looking) -> None:
    """The id that ended, then the one that goes on, with its members."""
    kept, ended = [
        next(change.cluster for change in await looking.desk.changes() if story.uri in change.added)
        for story in (FIRE, SALE)
    ]
    key = KEYS.key("cluster", short_id(ended))
    await looking.redis.hset(key, mapping={"state": "merged", "merged_into": kept, "members": ""})

    ran = await looking.run("find", ended)

    assert f"Cluster {ended} was merged into {kept}" in ran.out
    assert f"Cluster {kept}: open" in ran.out


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("https://nordpost.example/nie", "nothing is known of"),
        ("urn:uuid:00000000-0000-4000-8000-000000000000", "nothing is known of"),
        ("0000ffff", "nothing is known of"),
        ("00", "at least 4 digits"),
        ("ftp://nordpost.example/x", "neither a urn nor an address"),
        ("", "neither a urn nor an address"),
    ],
)
async def test_what_is_not_known_is_one_line_and_exit_code_1(looking: Looking, name: str, word: str) -> None:
    """No traceback, nothing on standard output."""
    ran = await looking.run("find", name)

    assert (ran.code, ran.out) == (1, "")
    assert word in ran.err
    assert ran.err.count("\n") == 1
