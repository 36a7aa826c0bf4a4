"""Leases: who works on a feed keeps it, who died loses it soon."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from aiohttp import web
from redis.asyncio import Redis

from copytaster.fetcher.io.store import Held, Store
from copytaster.keys import Keys
from tests.stack.fetcher.desk import QUICK, Desk, rss
from tests.stack.fetcher.site import running_site
from tests.support import wait_until

KEYS = Keys("main")
DUE = KEYS.key("feeds", "due")


async def two_feeds(redis: Redis) -> None:
    """Two feeds that are due."""
    for name in ("a", "b"):
        await redis.hset(KEYS.key("feed", name), mapping={"url": f"https://{name}.example", "host": name})
        await redis.zadd(DUE, {name: 1})


async def claimed(store: Store) -> list[Held]:
    """All due feeds, claimed."""
    claims = await store.claim_feeds(5, spacing_ms=0)
    return [Held(member, int(fields[b"fence"]), claims.until_ms) for member, fields in claims.members]


async def test_a_renewed_lease_ends_later_and_its_feed_stays_out_of_reach(redis_client: Redis) -> None:
    """The end that the claim told is the one that the queue holds."""
    await two_feeds(redis_client)
    store = Store(redis_client, KEYS, lease_ms=60_000)
    held = await claimed(store)

    renewed = await Store(redis_client, KEYS, lease_ms=90_000).renew_feeds(held)

    assert [one.member for one in renewed] == ["a", "b"]
    assert all(later.until_ms > one.until_ms for one, later in zip(held, renewed, strict=True))
    assert {one.until_ms for one in renewed} == {int(await redis_client.zscore(DUE, "a") or 0)}
    assert await claimed(store) == []


async def test_what_was_completed_or_claimed_by_another_is_not_renewed(redis_client: Redis) -> None:
    """A late renewal would else put a feed off that is due, or take it from whoever has it now."""
    await two_feeds(redis_client)
    store = Store(redis_client, KEYS, lease_ms=60_000)
    completed, lost = await claimed(store)
    await redis_client.zadd(DUE, {completed.member: 12345})

    assert await store.renew_feeds([completed, replace(lost, fence=lost.fence - 1)]) == []
    assert await redis_client.zscore(DUE, completed.member) == 12345


async def test_a_poll_that_takes_longer_than_a_lease_is_not_done_twice(
    valkey_url: str, redis_client: Redis, tmp_path: Path
) -> None:
    """Two fetchers, a slow server, a lease that would have run out three times."""
    free = asyncio.Event()
    async with running_site() as site:
        desk = Desk(site, valkey_url, redis_client, tmp_path)

        async def slow(_request: web.Request) -> web.Response:
            await free.wait()
            return web.Response(text=rss(site, []), content_type="application/rss+xml")

        site.routes["/feed.xml"] = slow
        desk.feeds(site.url("/feed.xml"))
        tuning = replace(QUICK, lease_ms=150)
        async with desk.fetcher(tuning=tuning), desk.fetcher(tuning=tuning):
            ends: set[float] = set()

            async def renewed_often() -> bool:
                rows = await redis_client.zrange(DUE, 0, -1, withscores=True)
                ends.update(score for _, score in rows)
                return bool(site.asked) and len(ends) > 10

            await wait_until(renewed_often, description="the lease was renewed again and again")
            free.set()
            await wait_until(lambda: desk.state("polled_ms"), description="the poll is done")

    assert site.paths() == ["/feed.xml"]
