"""`copytaster status`: who runs, what waits, what needs a person, and which exit code that gives."""

from __future__ import annotations

import asyncio
import json

import pytest
from redis.asyncio import Redis

from copytaster.keys import DAY_SECONDS, Keys
from copytaster.streams.groups import ensure_group
from copytaster.streams.patience import Patience
from copytaster.streams.presence import (
    GONE_AFTER_SECONDS,
    Presence,
    announce,
    announce_forever,
    now_ms_of,
    sightings,
)
from copytaster_schemas.identity import feed_urn, short_id
from tests.stack.cli.looking import Looking, add_from_the_future, drop
from tests.stack.deduplicator.desk import KEYS
from tests.support import wait_until

SERVICES = ("fetcher", "extractor", "deduplicator")


def process_of(service: str, instance: str = "host-1", version: str = "0.1.0") -> Presence:
    """A process as it announces itself."""
    return Presence(service, instance, version, "2026-03-01T12:00:00Z")


async def start_all(redis: Redis) -> None:
    """A fresh sign of life of each service."""
    for service in SERVICES:
        await announce(redis, KEYS, process_of(service))


async def codes(looking: Looking, *, urgent: bool = True) -> set[str]:
    """The codes of what needs a person (or, else, of what is only good to know)."""
    ran = await looking.run("status", "--json")
    status = ran.objects[0]
    assert ran.code == (0 if status["ok"] else 1)
    return {remark["code"] for remark in status["remarks"] if remark["urgent"] is urgent}


async def add_feed(redis: Redis, url_key: str, **state: str | int) -> None:
    """A feed of the list, due in an hour."""
    feed = short_id(feed_urn(url_key))
    await redis.hset(
        KEYS.key("feed", feed), mapping={"url": f"https://{url_key}", "status": "active", **state}
    )
    await redis.zadd(KEYS.key("feeds", "due"), {feed: await now_ms_of(redis) + 3_600_000})


async def test_with_no_service_it_says_so_and_what_to_type(looking: Looking) -> None:
    """Works without any service; exit code 1, and the command stands below the line."""
    ran = await looking.run("status")

    assert ran.code == 1
    assert "! no service is running\n    docker compose up -d\n" in ran.out
    assert "linker" in ran.out


async def test_a_desk_where_all_is_well_gives_exit_code_0(looking: Looking) -> None:
    """All three services run, nothing waits, nothing fails."""
    await start_all(looking.redis)
    await add_feed(looking.redis, "nordpost.example/feed")

    ran = await looking.run("status")

    assert ran.code == 0, ran.out
    assert "Nothing needs a person." in ran.out


async def test_a_fresh_desk_without_feeds_is_well_and_says_how_to_add_one(empty: Looking) -> None:
    """No feed is no failure, but good to know."""
    await start_all(empty.redis)

    ran = await empty.run("status")

    assert ran.code == 0
    assert "no feeds yet\n    copytaster feeds add" in ran.out


async def test_every_replica_is_listed_and_a_missing_service_named(looking: Looking) -> None:
    """Two extractors, one of another version; no fetcher."""
    await announce(looking.redis, KEYS, process_of("extractor", "host-1"))
    await announce(looking.redis, KEYS, process_of("extractor", "host-2", "0.2.0"))
    await announce(looking.redis, KEYS, process_of("deduplicator"))

    status = (await looking.run("status", "--json")).objects[0]

    assert [(one["service"], one["instance"], one["alive"]) for one in status["services"]] == [
        ("deduplicator", "host-1", True),
        ("extractor", "host-1", True),
        ("extractor", "host-2", True),
    ]
    assert [(one["what"], one["next"]) for one in status["remarks"] if one["urgent"]] == [
        ("no fetcher is running", "docker compose up -d fetcher")
    ]
    assert "versions" in await codes(looking, urgent=False)


async def test_a_process_that_was_killed_is_missed(looking: Looking) -> None:
    """Its last sign grows old: the service is not running, and since when it was not heard of."""
    await start_all(looking.redis)
    old_ms = await now_ms_of(looking.redis) - int(GONE_AFTER_SECONDS * 1000) - 200_000
    await looking.redis.zadd(KEYS.key("services"), {process_of("extractor").pack(): old_ms})

    ran = await looking.run("status")

    assert ran.code == 1
    assert "no extractor is running, last heard of 4 min ago" in ran.out


async def test_a_process_announces_itself_and_takes_it_back_when_it_stops(redis_client: Redis) -> None:
    """The sign comes at once and goes with the process; it never makes the key immortal."""
    patience = Patience()
    presence = Presence.of_this_process("fetcher")
    task = asyncio.create_task(announce_forever(redis_client, Keys("test"), presence, patience))
    seen = await wait_until(lambda: sightings(redis_client, KEYS), description="a sign of life")
    assert await redis_client.ttl(KEYS.key("services")) > 0
    patience.stop()
    await task

    assert [one.presence for one in seen] == [presence]
    assert seen[0].alive
    assert await sightings(redis_client, KEYS) == []


async def test_a_restarted_process_counts_once(redis_client: Redis) -> None:
    """The same instance with a later start replaces the former one; a broken member is passed over."""
    await announce(redis_client, KEYS, Presence("fetcher", "host-1", "0.1.0", "2026-03-01T12:00:00Z"))
    await announce(redis_client, KEYS, Presence("fetcher", "host-1", "0.1.0", "2026-03-01T12:05:00Z"))
    await redis_client.zadd(KEYS.key("services"), {"no json": 1e15})

    assert [one.presence.since for one in await sightings(redis_client, KEYS)] == ["2026-03-01T12:05:00Z"]


async def test_entries_that_wait_too_long_are_told_with_their_age(looking: Looking) -> None:
    """An entry of an hour ago that nobody has read, and one that somebody holds."""
    await start_all(looking.redis)
    await looking.redis.delete(KEYS.stream("articles"))
    for number in range(3):
        await looking.redis.xadd(KEYS.stream("articles"), {"n": number}, id=f"{1_000_000 + number}-0")
    await ensure_group(looking.redis, KEYS.stream("articles"), "extractor")
    await looking.redis.xreadgroup("extractor", "host-1", {KEYS.stream("articles"): ">"}, count=1)

    status = (await looking.run("status", "--json")).objects[0]

    (stream,) = [one for one in status["streams"] if one["name"] == "articles"]
    (group,) = stream["groups"]
    assert (group["lag"], group["pending"], stream["entries"]) == (2, 1, 3)
    assert group["oldestPendingSeconds"] > group["oldestWaitingSeconds"] - 1 > 900
    assert await codes(looking) == {"behind", "stuck"}


async def test_a_subscriber_that_is_behind_needs_no_person_here(looking: Looking) -> None:
    """Another project's group is named, and the exit code stays 0."""
    await start_all(looking.redis)
    await looking.redis.xgroup_create(KEYS.stream("decisions"), "morgenblatt", id="0", mkstream=True)
    await looking.redis.xadd(KEYS.stream("decisions"), {"n": 1}, id="1000000-0")
    await looking.redis.xgroup_setid(KEYS.stream("decisions"), "clusterer", "$")

    assert await codes(looking) == set()
    assert "subscriber" in await codes(looking, urgent=False)


async def test_dead_entries_need_a_person(looking: Looking) -> None:
    """An entry that is no event dies at once; the next command shows it."""
    await start_all(looking.redis)
    await looking.redis.xadd(KEYS.stream("stories"), {"note": "no event"})
    await looking.desk.pump()

    assert await codes(looking) == {"dead"}
    shown = await looking.run("tail", "dead", "--since", "0", "--no-follow")
    assert "undecodable after 1 failure" in shown.out


async def test_drops_of_the_last_hour_are_counted_by_code(looking: Looking) -> None:
    """Older ones are not, and one that cannot be read has a name of its own."""
    await looking.redis.xadd(KEYS.stream("drops"), {"data": json.dumps({"code": "gone"})}, id="1000000-0")
    await drop(looking.redis, "nordpost.example/intern", "robots")
    await drop(looking.redis, "nordpost.example/geheim", "robots")
    await add_from_the_future(looking.redis, "drops")

    status = (await looking.run("status", "--json")).objects[0]

    assert status["drops"] == {"lastHour": {"robots": 2, "unreadable": 2}, "complete": True}


@pytest.mark.parametrize(
    ("state", "expected", "command"),
    [
        ({"failures": 1, "weight": "0.25"}, set(), None),
        ({"failures": 6, "weight": "3", "notified": "failing"}, {"failing"}, "copytaster feeds health"),
        ({"failures": 40, "weight": "11", "notified": "failing"}, {"dormant"}, "copytaster feeds health"),
        ({"failures": 3, "weight": "3", "notified": "gone"}, {"gone"}, "copytaster feeds remove"),
    ],
    ids=["one failure", "failing", "dormant", "gone"],
)
async def test_feeds_that_fail_are_told_as_the_feeds_stream_tells_them(
    looking: Looking, state: dict[str, str | int], expected: set[str], command: str | None
) -> None:
    """A single failure is everyday life; a paused feed is nobody's business any more."""
    await start_all(looking.redis)
    await add_feed(looking.redis, "nordpost.example/feed", **state)

    assert await codes(looking) == expected
    if command is not None:
        told = await looking.run("status")
        assert "(https://nordpost.example/feed) " in told.out
        assert command in told.out


async def test_feeds_that_should_have_been_polled_long_ago_are_told(looking: Looking) -> None:
    """With a fetcher that runs the queue moves; if it does not, somebody has to look."""
    await start_all(looking.redis)
    await add_feed(looking.redis, "nordpost.example/feed")
    feed = short_id(feed_urn("nordpost.example/feed"))
    await looking.redis.zadd(KEYS.key("feeds", "due"), {feed: await now_ms_of(looking.redis) - 2_000_000})

    assert await codes(looking) == {"feeds_late"}


async def test_a_user_who_may_not_ask_for_memory_sees_the_rest(looking: Looking) -> None:
    """Least privilege: INFO refused is a line, not a failure."""
    await start_all(looking.redis)
    await looking.redis.execute_command(
        "ACL",
        "SETUSER",
        "reader",
        "on",
        ">pw",
        "~*",
        "+@read",
        "+ping",
        "+time",
        "+xinfo",
        "+xpending",
        "+multi",
        "+exec",
        "+client",
        "+hello",
    )
    try:
        looking.url = looking.url.replace("redis://", "redis://reader:pw@")
        ran = await looking.run("status")
    finally:
        await looking.redis.execute_command("ACL", "DELUSER", "reader")

    assert ran.code == 0, ran.err
    assert "its user may not ask for memory and disk" in ran.out
    assert "pw" not in ran.out.split("\n")[0]


async def test_a_user_without_a_right_is_one_line(looking: Looking) -> None:
    """The line names the setting and the user that would do."""
    await looking.redis.execute_command("ACL", "SETUSER", "poor", "on", ">pw", "~other", "+@all")
    try:
        looking.url = looking.url.replace("redis://", "redis://poor:pw@")
        ran = await looking.run("clusters", "list")
    finally:
        await looking.redis.execute_command("ACL", "DELUSER", "poor")

    assert (ran.code, ran.out) == (2, "")
    assert "COPYTASTER_REDIS_USERNAME" in ran.err
    assert ran.err.count("\n") == 1


async def test_the_key_of_the_signs_is_bounded(redis_client: Redis) -> None:
    """What was not heard of for a day goes; the key itself has a life within the table's."""
    await redis_client.zadd(KEYS.key("services"), {"old": 1})
    await announce(redis_client, KEYS, process_of("fetcher"))

    assert await redis_client.zcard(KEYS.key("services")) == 1
    assert DAY_SECONDS >= await redis_client.ttl(KEYS.key("services")) > 0
