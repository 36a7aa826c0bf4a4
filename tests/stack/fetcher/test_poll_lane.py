"""The lane of feeds beyond the single poll: the census, the breaker, platforms, moves, validators that lie."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from redis.asyncio import Redis

from copytaster.fetcher.breaker import FIELDS
from copytaster.fetcher.census import census_key
from copytaster.fetcher.feedcommands import pause_by_command, remove_by_command, resume_by_command
from copytaster.fetcher.feedfields import encode
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.io.feed_admin import FeedAdmin
from copytaster.fetcher.io.store import Store
from copytaster.keys import Keys
from tests.stack.fetcher.desk import Desk, rss
from tests.stack.fetcher.site import Site, running_site
from tests.support import wait_until

DAY_MS = 86_400_000


@pytest.fixture
async def desk(valkey_url: str, redis_client: Redis, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk without feeds."""
    async with running_site() as site:
        yield Desk(site, valkey_url, redis_client, tmp_path)


def serve_feed(site: Site, path: str, *articles: str, headers: dict[str, str] | None = None) -> None:
    """Serve a feed with these articles, and the articles."""
    site.text(path, rss(site, articles), content_type="application/rss+xml", headers=headers)
    for article in articles:
        site.text(article, f"<p>Seite {article}</p>")


async def states(desk: Desk) -> list[FeedState]:
    """All listed feeds, by address."""
    return await FeedAdmin(desk.redis, desk.keys).all()


async def committed(desk: Desk) -> int:
    """How many polls are committed, of all feeds together."""
    keys = await desk.redis.keys(desk.keys.key("outcomes", "*"))
    return sum([await desk.redis.llen(key) for key in keys])


async def polls(desk: Desk, number: int) -> None:
    """Wait until so many polls are committed."""

    async def done() -> bool:
        return await committed(desk) >= number

    await wait_until(done, description=f"{number} polls are committed")


async def write(desk: Desk, feed: FeedState, fields: dict[str, str]) -> None:
    """Change the stored state of a feed, as earlier polls would have."""
    kept, _ = encode(fields)
    await desk.redis.hset(desk.keys.key("feed", feed.feed_id), mapping=kept)


async def told(desk: Desk) -> list[str]:
    """The changes that the `feeds` stream tells, additions left out."""
    return [
        str(event.to_dict()["change"])
        for event in await desk.events("feeds")
        if event.to_dict()["change"] != "added"
    ]


async def counted_anew(desk: Desk) -> dict[str, int]:
    """The census as a look at all feeds gives it."""
    return dict(Counter(state.census for state in await states(desk) if state.census))


async def test_the_census_holds_every_polled_feed_once_whatever_happens_to_it(desk: Desk) -> None:
    """Polls that answer and fail, a pause, a resumption, a removal."""
    for name in "abc":
        serve_feed(desk.site, f"/{name}.xml", f"/{name}1", f"/{name}2")
    urls = [desk.site.url(f"/{name}.xml") for name in "abcd"]
    desk.feeds(*urls)
    admin = FeedAdmin(desk.redis, desk.keys)
    store = Store(desk.redis, desk.keys)
    seen = []
    async with desk.fetcher():
        await polls(desk, 4)
        seen.append((await store.census(), await counted_anew(desk)))
        ids = [state.feed_id for state in await states(desk)]
        await admin.change(
            ids[:2], lambda found, _: [c for s in found.values() if (c := pause_by_command(s))]
        )
        seen.append((await store.census(), await counted_anew(desk)))
        await admin.change(
            ids[:1], lambda found, _: [c for s in found.values() if (c := resume_by_command(s))]
        )
        await polls(desk, 5)
        await admin.change(
            ids[1:2], lambda found, _: [remove_by_command(s, in_file=False) for s in found.values()]
        )
        seen.append((await store.census(), await counted_anew(desk)))

    assert [sum(census.values()) for census, _ in seen] == [4, 2, 3]
    assert [{name: count for name, count in census.items() if count} for census, _ in seen] == [
        anew for _, anew in seen
    ]
    assert await desk.redis.type(census_key(desk.keys)) == b"hash"


async def test_a_host_that_drops_connections_is_left_alone_until_one_probe_gets_through(desk: Desk) -> None:
    """Two feeds of it fail five times; then nobody asks, until the time is over and one poll is answered."""

    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    host = desk.keys.key("host", f"kaputt.example:{desk.site.port}")
    paths = ["/a.xml", "/b.xml"]
    for path in paths:
        desk.site.routes[path] = hang_up
    desk.feeds(*(desk.site.url(path, "kaputt.example") for path in paths))
    async with desk.fetcher():
        for number in (2, 4):
            await polls(desk, number)
            await desk.make_due()
        await wait_until(lambda: desk.redis.hget(host, "open_until"), description="the breaker is open")
        await desk.make_due()
        await wait_until(lambda: _waits(desk), description="both feeds wait for the breaker")
        done = await committed(desk)
        open_until, asked = int(await desk.redis.hget(host, "open_until") or 0), len(desk.site.asked)
        for path in paths:
            serve_feed(desk.site, path)
        await desk.redis.hset(host, "open_until", int(time.time() * 1000) - 1)
        await desk.make_due()
        await polls(desk, done + 1)
        left = await desk.redis.hmget(host, FIELDS)

    assert open_until > time.time() * 1000 + 30_000
    assert len(desk.site.paths()) == asked + 1
    assert left == [None] * len(FIELDS)


async def _waits(desk: Desk) -> bool:
    rows: list[tuple[bytes, float]] = await desk.redis.zrange(
        desk.keys.key("feeds", "due"), 0, -1, withscores=True
    )
    least = min(float(score) for _, score in rows)
    return least > time.time() * 1000 + 30_000


async def test_an_open_breaker_lets_one_probe_through_and_no_second_one(redis_client: Redis) -> None:
    """The others of the host wait for what becomes of it."""
    keys = Keys("main")
    for name in ("a", "b", "c"):
        await redis_client.hset(keys.key("feed", name), mapping={"host": "kaputt.example"})
        await redis_client.zadd(keys.key("feeds", "due"), {name: 1})
    mapping = {"broken": 7, "opened": 1, "open_until": 1}
    await redis_client.hset(keys.key("host", "kaputt.example"), mapping=mapping)
    store = Store(redis_client, keys)

    first = await store.claim_feeds(5, spacing_ms=0)
    second = await store.claim_feeds(5, spacing_ms=0)

    assert (len(first.members), second.members) == (1, ())
    assert FeedState.from_hash(*first.members[0]).host_broken


async def test_a_wait_that_a_platform_asked_for_holds_for_all_of_its_hosts(redis_client: Redis) -> None:
    """And for no stranger."""
    keys = Keys("main")
    for name in ("a.tumblr.com", "b.tumblr.com", "tumblr.com", "b.example.com"):
        await redis_client.hset(keys.key("feed", name), mapping={"host": name})
        await redis_client.zadd(keys.key("feeds", "due"), {name: 1})
    store = Store(redis_client, keys)
    await store.hold_host("a.tumblr.com", until_ms=int(time.time() * 1000) + 60_000)
    await store.hold_host("a.example.com", until_ms=int(time.time() * 1000) + 60_000)

    claims = await store.claim_feeds(5, spacing_ms=0)

    assert [member for member, _ in claims.members] == ["b.example.com"]
    assert await redis_client.ttl(keys.key("host", "tumblr.com")) > 7 * 86_400


async def moving(desk: Desk, *urls: str) -> None:
    """Have the feed at /alt.xml polled once and redirected to /neu.xml for a day since."""
    serve_feed(desk.site, "/alt.xml", "/1", "/2")
    desk.feeds(*urls)
    async with desk.fetcher():
        await polls(desk, len(urls))
    (feed,) = [state for state in await states(desk) if state.url.endswith("/alt.xml")]
    since = str(int(time.time() * 1000) - DAY_MS - 1000)
    target = desk.site.url("/neu.xml")
    await write(desk, feed, {"moved_to": target, "moved_polls": "2", "moved_since_ms": since})
    desk.site.redirect("/alt.xml", target, status=301)
    serve_feed(desk.site, "/neu.xml", "/1", "/2", "/3")
    await desk.redis.zadd(desk.keys.key("feeds", "due"), {feed.feed_id: 0})


async def test_a_feed_that_has_moved_is_polled_at_its_new_address_whatever_the_file_says(desk: Desk) -> None:
    """The file still names the old one, and does not turn it back."""
    await moving(desk, desk.site.url("/alt.xml"))
    async with desk.fetcher():
        await polls(desk, 2)
    asked = len(desk.site.asked)
    await desk.make_due()
    async with desk.fetcher():
        await polls(desk, 3)

    (feed,) = await states(desk)
    assert await told(desk) == ["redirected"]
    assert (feed.url, feed.moved_from) == (desk.site.url("/neu.xml"), desk.site.url("/alt.xml"))
    assert [one.path for one in desk.site.asked[asked:] if one.path.endswith(".xml")] == ["/neu.xml"]
    assert await desk.published() == ["/1", "/2", "/3"]


async def test_a_feed_that_moved_to_a_listed_one_is_paused_and_stays_so(desk: Desk) -> None:
    """The file names both; a restart resumes neither of them wrongly."""
    serve_feed(desk.site, "/neu.xml", "/1", "/2", "/3")
    await moving(desk, desk.site.url("/alt.xml"), desk.site.url("/neu.xml"))
    async with desk.fetcher():
        await polls(desk, 3)
    async with desk.fetcher():
        found = {state.url.rpartition("/")[2]: state for state in await states(desk)}

    assert await told(desk) == ["merged"]
    assert (found["alt.xml"].status, found["alt.xml"].paused_by) == ("paused", "fetcher")
    assert (found["neu.xml"].status, found["alt.xml"].census) == ("active", None)
    assert await desk.redis.zcard(desk.keys.key("feeds", "due")) == 1


async def test_a_validator_that_hides_items_is_found_out_and_not_sent_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server answers 304 to its ETag although the document has changed; a probe sees the new item."""
    path = "/feed.xml"

    async def lying(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304, headers={"ETag": '"1"'})
        body = rss(desk.site, ["/1"] if len(desk.site.paths()) == 1 else ["/1", "/2"])
        return web.Response(text=body, content_type="application/rss+xml", headers={"ETag": '"1"'})

    serve_feed(desk.site, "/unused.xml", "/1", "/2")
    desk.site.routes[path] = lying
    desk.feeds(desk.site.url(path))
    async with desk.fetcher():
        await polls(desk, 1)
        for number, chance in ((2, 0.9), (3, 0.0), (4, 0.9)):
            monkeypatch.setattr("copytaster.fetcher.io.poller.random.random", lambda chance=chance: chance)
            await desk.make_due()
            await polls(desk, number)

    sent = [one.headers.get("If-None-Match") for one in desk.site.asked if one.path == path]
    assert sent == [None, '"1"', None, None]
    assert await told(desk) == ["validator_lied"]
    assert await desk.published() == ["/1", "/2"]
