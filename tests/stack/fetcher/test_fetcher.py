"""The fetcher at work: a real web site, a real Redis, one or several fetchers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web
from redis.asyncio import Redis

from copytaster.errors import Misconfigured
from copytaster.fetcher.feedfields import decode
from copytaster.fetcher.fetch_steps import fetched_step
from copytaster.fetcher.io.store import Store
from copytaster.fetcher.wanted import Page, Wanted
from copytaster.streams.commit import Outcome
from copytaster.streams.effects import Outbox
from copytaster_schemas import FeedChanged
from tests.stack.fetcher.desk import QUICK, Desk, rss
from tests.stack.fetcher.site import Site, running_site
from tests.support import wait_until

FEED = "/feed.xml"


@pytest.fixture
async def desk(valkey_url: str, redis_client: Redis, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk whose feeds file names one feed with two articles."""
    async with running_site() as site:
        desk = Desk(site, valkey_url, redis_client, tmp_path)
        serve_feed(site, "/a", "/b")
        desk.feeds(site.url(FEED))
        yield desk


def serve_feed(site: Site, *paths: str, text: str = "Kurz.", feed: str = FEED) -> None:
    """Serve a feed with these articles, and the articles."""
    site.text(feed, rss(site, paths, text=text), content_type="application/rss+xml")
    for path in paths:
        site.text(path, f"<p>Seite {path}</p>")


async def settled(desk: Desk, articles: int) -> None:
    """Wait until so many articles are published and none is wanted."""

    async def done() -> bool:
        wanted = await desk.redis.zcard(desk.keys.key("wanted"))
        return not wanted and await desk.redis.xlen(desk.keys.stream("articles")) >= articles

    await wait_until(done, description=f"{articles} articles published and none wanted")


async def polled(desk: Desk, polls: int, path: str = FEED) -> None:
    """Wait until the feed has been asked for so many times and as many polls are committed."""

    async def done() -> bool:
        keys = await desk.redis.keys(desk.keys.key("outcomes", "*"))
        kept = max([await desk.redis.llen(key) for key in keys], default=0)
        return desk.site.paths().count(path) >= polls and kept >= polls

    await wait_until(done, description=f"{polls} polls of {path}")


async def test_every_article_of_a_feed_is_published_once_with_its_page(desk: Desk) -> None:
    """The event carries the item, and its page lies where it says."""
    async with desk.fetcher():
        await settled(desk, 2)

    articles = await desk.articles()
    page = await desk.redis.get(desk.keys.key(articles[0].dataref))
    assert await desk.published() == ["/a", "/b"]
    assert page in (b"<p>Seite /a</p>", b"<p>Seite /b</p>")
    assert articles[0].byte_count == len(page)
    assert {one.item.title for one in articles} == {"Titel /a", "Titel /b"}
    assert {one.item.outlet for one in articles} == {"bote.example"}
    assert {one.sequence for one in articles} == {1}


async def test_an_index_of_news_sitemaps_is_a_feed_that_is_always_asked_for_in_full(desk: Desk) -> None:
    """Its validators say nothing of the sitemaps; unchanged ones are told by their bytes."""
    site = desk.site
    site.text(
        FEED,
        f"<sitemapindex><sitemap><loc>{site.url('/news.xml')}</loc></sitemap></sitemapindex>",
        headers={"ETag": '"1"'},
    )
    rows = f"<url><loc>{site.url('/a')}</loc><n:news><n:title>Titel</n:title></n:news></url>"
    site.text("/news.xml", f"<urlset>{rows}</urlset>")
    async with desk.fetcher():
        await settled(desk, 1)
        await polled(desk, 1)
        await desk.make_due()
        await polled(desk, 2)

    assert await desk.published() == ["/a"]
    assert await desk.state("last_status") == "same_body"
    assert all("If-None-Match" not in one.headers for one in site.asked)


async def test_a_restart_publishes_nothing_twice_and_asks_conditionally(desk: Desk) -> None:
    """Both validators come back byte for byte; 304 is enough."""
    etag, modified = 'W/"v-1"', "Mon, 22 Nov 2021  09:00:00 GMT"

    async def feed(request: web.Request) -> web.Response:
        known = request.headers.get("If-None-Match") == etag
        body = "" if known else rss(desk.site, ["/a", "/b"])
        headers = {"ETag": etag, "Last-Modified": modified}
        return web.Response(status=304 if known else 200, text=body or None, headers=headers)

    desk.site.routes[FEED] = feed
    async with desk.fetcher():
        await settled(desk, 2)
    await desk.make_due()
    async with desk.fetcher():
        await polled(desk, 2)
        await wait_until(lambda: desk.state("last_status"), description="a status of the second poll")

    second = [one for one in desk.site.asked if one.path == FEED][1]
    assert await desk.state("last_status") == "not_modified"
    assert second.headers["If-None-Match"] == etag
    assert second.headers["If-Modified-Since"] == modified
    assert await desk.published() == ["/a", "/b"]


async def test_a_restart_without_validators_publishes_nothing_twice(desk: Desk) -> None:
    """Even when the document differs in its bytes, its items are known."""
    async with desk.fetcher():
        await settled(desk, 2)
    desk.site.text(FEED, rss(desk.site, ["/b", "/a"]))
    await desk.make_due()
    async with desk.fetcher():
        await polled(desk, 2)

        async def settled_state() -> bool:
            return await desk.state("last_status") == "nothing_new"

        await wait_until(settled_state, description="the second poll finds nothing new")

    assert await desk.published() == ["/a", "/b"]


async def test_a_revised_item_is_published_again_once(desk: Desk) -> None:
    """Its sequence tells the later fetch; the page of the first stays until its entry is done."""
    async with desk.fetcher():
        await settled(desk, 2)
        desk.site.text(FEED, rss(desk.site, ["/a"], text="Berichtigt."))
        await desk.make_due()
        await settled(desk, 3)
        await desk.make_due()
        await polled(desk, 3)

    articles = await desk.articles()
    assert [(one.item.summary, one.sequence) for one in articles[2:]] == [("Berichtigt.", 2)]
    assert articles[2].article in {one.article for one in articles[:2]}
    assert len({one.dataref for one in articles}) == 3


async def test_an_item_that_changes_at_every_poll_is_not_fetched_at_every_poll(desk: Desk) -> None:
    """After a few revisions the next one waits, and none of them is lost sight of."""
    async with desk.fetcher():
        await settled(desk, 2)
        for number in range(5):
            desk.site.text(FEED, rss(desk.site, ["/a"], text=f"{number} Kommentare"))
            await desk.make_due()
            await settled(desk, 3 + number)
        desk.site.text(FEED, rss(desk.site, ["/a"], text="6 Kommentare"))
        await desk.make_due()
        await wait_until(
            lambda: desk.redis.zcard(desk.keys.key("wanted")), description="the sixth revision waits"
        )

    assert desk.site.paths().count("/a") == 6


async def test_an_article_of_two_feeds_is_fetched_once_and_counted_as_a_duplicate(desk: Desk) -> None:
    """Whichever feed comes first owns it."""
    serve_feed(desk.site, "/a", "/c", feed="/other.xml")
    desk.feeds(desk.site.url(FEED), desk.site.url("/other.xml"))
    async with desk.fetcher():
        await settled(desk, 3)
        await wait_until(desk.drops, description="the duplicate is on record")

    assert await desk.published() == ["/a", "/b", "/c"]
    assert desk.site.paths().count("/a") == 1
    assert await desk.drops() == {"/a": "duplicate"}


async def test_what_cannot_be_fetched_is_dropped_with_its_reason(desk: Desk) -> None:
    """Each cause has its code, and the rest goes on."""
    serve_feed(desk.site, "/gone", "/never", "/intern/plan", "/loop", "/empty", "/large", "/good")
    desk.site.text("/robots.txt", "User-agent: *\nDisallow: /intern/\n", content_type="text/plain")
    desk.site.text("/gone", "", status=410)
    del desk.site.routes["/never"]
    desk.site.redirect("/loop", "/loop")
    desk.site.text("/empty", "   ")
    desk.site.text("/large", "x" * 600_000)
    text = rss(desk.site, ["/gone", "/never", "/intern/plan", "/loop", "/empty", "/large", "/good"])
    addressless = (
        "<item><title>Ohne Adresse</title></item><item><link>http://10.0.0.1/p</link></item></channel>"
    )
    desk.site.text(FEED, text.replace("</channel>", addressless))
    async with desk.fetcher():
        await settled(desk, 1)

    assert await desk.published() == ["/good"]
    assert await desk.drops() == {
        "/gone": "gone",
        "/never": "gone",
        "/intern/plan": "robots",
        "/loop": "redirect_loop",
        "/empty": "empty_body",
        "/large": "body_too_large",
        "": "bad_url",
        "http://10.0.0.1/p": "forbidden_address",
    }
    assert "/intern/plan" not in desk.site.paths()


WHOLE = "<p>" + "Die Fähre fährt ab Montag wieder nach Olpenitz und zurück. " * 12 + "</p>"


def item(guid: str, link: str = "", *, content: str = "") -> str:
    """An RSS item, with its whole text if there is `content`."""
    return (
        f"<item><title>Titel {guid}</title><guid isPermaLink='false'>{guid}</guid><link>{link}</link>"
        f"<description><![CDATA[{content}]]></description></item>"
    )


def channel(*items: str) -> str:
    """An RSS document."""
    return f"<rss version='2.0'><channel><title>Bote</title>{''.join(items)}</channel></rss>"


async def test_an_item_without_an_address_is_published_from_the_feed_that_gives_its_text(desk: Desk) -> None:
    """Nobody is asked for it; the event says that the text is the feed's."""
    desk.site.text(FEED, channel(item("w1", content=WHOLE), item("w2", content="<p>Kurz.</p>")))
    async with desk.fetcher():
        await settled(desk, 1)

    [article] = await desk.articles()
    assert (article.text_from, article.status, article.page_failure) == ("feed", 0, None)
    assert article.final_url == desk.site.url(FEED)
    assert await desk.redis.get(desk.keys.key(article.dataref)) == WHOLE.encode()
    assert await desk.drops() == {"": "bad_url"}
    assert desk.site.paths() == [FEED]


async def test_a_page_that_is_refused_is_published_from_the_feed_that_gives_its_text(desk: Desk) -> None:
    """A page that the outlet took away is not."""
    desk.site.text("/refused", "", status=403)
    desk.site.text("/gone", "", status=410)
    refused, gone = desk.site.url("/refused"), desk.site.url("/gone")
    desk.site.text(FEED, channel(item("1", refused, content=WHOLE), item("2", gone, content=WHOLE)))
    async with desk.fetcher():
        await settled(desk, 1)

    [article] = await desk.articles()
    assert (article.text_from, article.status, article.page_failure) == ("feed", 403, "client_error")
    assert article.final_url == refused
    assert await desk.drops() == {"/gone": "gone"}


async def test_links_of_an_aggregator_lead_to_the_outlet_or_are_left_out(desk: Desk) -> None:
    """Nobody asks the aggregator."""
    carried = f"https://www.google.com/url?q={desk.site.url('/a')}"
    hidden = "https://news.google.com/rss/articles/CBMiAAAA"
    desk.site.text(FEED, channel(item("1", carried), item("2", hidden)))
    async with desk.fetcher():
        await settled(desk, 1)

    assert await desk.published() == ["/a"]
    assert await desk.drops() == {hidden: "aggregator_link"}


async def test_a_feed_that_makes_up_its_guids_and_addresses_brings_no_flood(desk: Desk) -> None:
    """Its items are known by their titles; a new one among them is still found."""

    def document(salt: str, *numbers: int) -> str:
        pages = [item(f"{n}", f"{desk.site.url(f'/{n}')}?sid={salt}") for n in numbers]
        return channel(*(page.replace("'false'>", f"'false'>{salt}-") for page in pages))

    for number in range(7):
        desk.site.text(f"/{number}", f"<p>Seite {number}</p>")
    desk.site.text(FEED, document("x", *range(6)))
    async with desk.fetcher():
        await settled(desk, 6)
        for polls, salt in ((2, "y"), (3, "z")):
            desk.site.text(FEED, document(salt, *range(6)))
            await desk.make_due()
            await polled(desk, polls)
        desk.site.text(FEED, document("w", *range(7)))
        await desk.make_due()
        await settled(desk, 7)

    assert await desk.published() == [f"/{n}?sid=x" for n in range(6)] + ["/6?sid=w"]
    changes = [event for event in await desk.events("feeds") if isinstance(event, FeedChanged)]
    assert [(one.change, one.detail) for one in changes][1:] == [("items_renamed", "by title from now on")]


async def test_a_page_that_fails_for_a_while_is_fetched_when_it_comes_back(desk: Desk) -> None:
    """Two failures, then the page; published once."""
    answers = iter([503, 500])

    async def shaky(_request: web.Request) -> web.Response:
        return web.Response(status=next(answers, 200), text="da")

    desk.site.routes["/a"] = shaky
    async with desk.fetcher():
        await settled(desk, 2)

    assert await desk.published() == ["/a", "/b"]
    assert desk.site.paths().count("/a") == 3
    assert await desk.drops() == {}


async def test_a_page_that_keeps_failing_is_dropped_after_its_tries(desk: Desk) -> None:
    """Nothing is asked for ever."""
    desk.site.text("/a", "", status=503)
    async with desk.fetcher():
        await settled(desk, 1)

    assert desk.site.paths().count("/a") == 5
    assert await desk.drops() == {"/a": "server_error"}


async def failures(desk: Desk) -> list[str]:
    """The last failures of all feeds that failed."""
    keys = [key async for key in desk.redis.scan_iter(desk.keys.key("feed", "*"))]
    states = [decode(await desk.redis.hgetall(key)) for key in keys]
    return [state["last_failure"] for state in states if "last_failure" in state]


BAD_FEEDS: dict[str, tuple[int, bytes, str]] = {
    "an HTML page": (200, b"<!doctype html><html></html>", "not_a_feed"),
    "nothing": (200, b"", "empty_body"),
    "a binary": (200, bytes(range(256)) * 8, "not_a_feed"),
    "not found": (404, b"no", "not_found"),
    "gone": (410, b"no", "gone"),
    "a failing server": (500, b"no", "server_error"),
    "too many requests": (429, b"no", "rate_limited"),
    "too large": (200, b"<rss>" + b"x" * 600_000, "body_too_large"),
}


@pytest.mark.parametrize(("status", "body", "failure"), BAD_FEEDS.values(), ids=BAD_FEEDS)
async def test_a_bad_feed_is_noted_and_harms_no_other(
    desk: Desk, status: int, body: bytes, failure: str
) -> None:
    """Its state says why, it is polled again later, and the other feed's articles come."""
    desk.site.text("/bad.xml", body, status=status)
    desk.feeds(desk.site.url("/bad.xml"), desk.site.url(FEED))
    async with desk.fetcher():
        await settled(desk, 2)

        found = await wait_until(lambda: failures(desk), description="the failure is in the feed's state")

    assert found == [failure]


async def test_a_feed_that_never_answers_times_out_and_harms_no_other(desk: Desk) -> None:
    """The wait is bounded, and nobody waits for it."""

    async def silent(_request: web.Request) -> web.Response:
        await asyncio.sleep(20)
        return web.Response()

    desk.site.routes["/bad.xml"] = silent
    desk.feeds(desk.site.url("/bad.xml"), desk.site.url(FEED))
    async with desk.fetcher():
        await settled(desk, 2)
        assert await wait_until(lambda: failures(desk), description="the time-out is noted") == ["timed_out"]


async def test_a_feed_in_another_charset_keeps_its_text(desk: Desk) -> None:
    """The header's charset is wrong, the document's own is right."""
    text = rss(desk.site, ["/a"], text="Мост открыт")
    body = ("<?xml version='1.0' encoding='windows-1251'?>" + text).encode("windows-1251")
    desk.site.text(FEED, body, content_type="application/rss+xml; charset=utf-8")
    async with desk.fetcher():
        await settled(desk, 1)

    assert (await desk.articles())[0].item.summary == "Мост открыт"


async def test_requests_to_one_host_keep_their_distance_over_all_fetchers(desk: Desk) -> None:
    """Seen from the server: robots.txt and pages of a host are never closer than the spacing."""
    paths = [f"/{number}" for number in range(6)]
    serve_feed(desk.site, *paths)
    desk.feeds(desk.site.url(FEED, host="feeds.example"))
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(desk.fetcher(spacing_seconds=0.15))
        await settled(desk, 6)

    times = sorted(one.at for one in desk.site.asked if one.host == "bote.example")
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) >= 7
    # The claims are that far apart; what a request takes on its way to the server varies by a few milliseconds.
    assert min(gaps) > 0.15 - 0.06


async def test_a_slow_host_has_two_pages_open_at_a_time_over_all_fetchers(desk: Desk) -> None:
    """Spacing the starts alone would pile up requests at a host that does not keep up."""
    paths = [f"/{number}" for number in range(6)]
    serve_feed(desk.site, *paths)
    released = asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        await released.wait()
        return web.Response(text="<p>Seite</p>", content_type="text/html")

    desk.site.routes |= dict.fromkeys(paths, slow)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(desk.fetcher(spacing_seconds=0.05))
        await wait_until(lambda: desk.site.open_now == 2, description="two pages are open")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await wait_until(lambda: desk.site.open_now > 2, description="a third one")
        released.set()
        await settled(desk, 6)

    assert desk.site.most_open == 2


async def test_a_crawl_delay_is_kept(desk: Desk) -> None:
    """What a site asks for in robots.txt lengthens the spacing."""
    desk.site.text("/robots.txt", "User-agent: *\nCrawl-delay: 0.4\n", content_type="text/plain")
    async with desk.fetcher():
        await settled(desk, 2)

    times = [one.at for one in desk.site.asked if one.path in ("/a", "/b")]
    assert times[1] - times[0] > 0.3


async def test_of_an_endless_robots_txt_the_beginning_holds(desk: Desk) -> None:
    """It is neither refused, which would forbid every page, nor read to its end."""
    serve_feed(desk.site, "/a", "/intern/plan")
    rules = "User-agent: *\nDisallow: /intern/\n" + "# Fähre\n" * 400_000
    desk.site.text("/robots.txt", rules, content_type="text/plain")
    async with desk.fetcher():
        await settled(desk, 1)

    assert await desk.published() == ["/a"]
    assert await desk.drops() == {"/intern/plan": "robots"}


async def test_while_robots_txt_cannot_be_read_no_page_is_asked_for(desk: Desk) -> None:
    """A failing server forbids for the time being; the articles stay wanted."""
    desk.site.text("/robots.txt", "", status=503)
    async with desk.fetcher():

        async def postponed() -> bool:
            keys = [key async for key in desk.redis.scan_iter(desk.keys.key("item", "*"))]
            tries = [await desk.redis.hget(key, "tries") for key in keys]
            return len(tries) == 2 and all(value == b"1" for value in tries)

        await wait_until(postponed, description="both articles were postponed")

    assert desk.site.paths() == [FEED]
    assert await desk.redis.zcard(desk.keys.key("wanted")) == 2


async def test_a_feed_with_more_items_than_one_step_holds_loses_none(desk: Desk) -> None:
    """A first poll may bring hundreds."""
    paths = [f"/{number}" for number in range(230)]
    serve_feed(desk.site, *paths)
    async with desk.fetcher():
        await settled(desk, 230)

    assert await desk.published() == sorted(paths)
    assert desk.site.paths().count(FEED) == 1


async def test_three_fetchers_share_the_work_and_none_polls_twice(desk: Desk) -> None:
    """Each feed is asked for once when due, each article once."""
    feeds = [f"/f{number}.xml" for number in range(12)]
    for number, feed in enumerate(feeds):
        serve_feed(desk.site, f"/{number}/x", f"/{number}/y", feed=feed)
    desk.feeds(*(desk.site.url(feed) for feed in feeds))
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(desk.fetcher())
        await settled(desk, 24)

    asked = desk.site.paths()
    assert sorted(asked) == sorted({*asked})
    assert len(asked) == 12 + 24
    added = [event for event in await desk.events("feeds") if isinstance(event, FeedChanged)]
    assert len(added) == 12


async def test_what_a_dead_fetcher_held_comes_back_and_its_late_commit_has_no_effect(desk: Desk) -> None:
    """The lease runs out by itself; the fence keeps the late one out."""
    desk.site.routes.pop("/b")
    serve_feed(desk.site, "/a")
    store = Store(desk.redis, desk.keys, lease_ms=300)
    async with desk.fetcher(spacing_seconds=0.3):
        await wait_until(
            lambda: desk.redis.zcard(desk.keys.key("wanted")), description="the article is wanted"
        )
    await desk.redis.zadd(desk.keys.key("wanted"), {(await first_wanted(desk)): 0})

    async def claimed() -> list[tuple[str, dict[bytes, bytes]]]:
        return list((await store.claim_items(5, spacing_ms=0)).members)

    members = await wait_until(claimed, description="the article is claimed by a fetcher that dies")
    late = Wanted.from_hash(*members[0])
    async with desk.fetcher():
        await settled(desk, 1)
    page = Page(late.url, 200, {}, b"late")
    outcome = await store.commit(
        fetched_step(desk.keys, Outbox(desk.keys, "fetcher"), late, page, sequence=2, now_ms=1)
    )

    assert outcome is Outcome.CONFLICT
    assert await desk.published() == ["/a"]


async def first_wanted(desk: Desk) -> str:
    """The id of the first wanted article."""
    members: list[bytes] = await desk.redis.zrange(desk.keys.key("wanted"), 0, 0)
    return members[0].decode()


async def test_a_feed_that_the_file_no_longer_names_is_paused_and_comes_back_without_doubles(
    desk: Desk,
) -> None:
    """A notice tells each change; what was published before is not published again."""
    async with desk.fetcher():
        await settled(desk, 2)
    desk.feeds()
    async with desk.fetcher():
        assert await desk.redis.zcard(desk.keys.key("feeds", "due")) == 0
    desk.feeds(desk.site.url(FEED))
    async with desk.fetcher():
        await polled(desk, 2)

    notices = [event for event in await desk.events("feeds") if isinstance(event, FeedChanged)]
    assert [(one.change, one.revision) for one in notices] == [("added", 1), ("paused", 2), ("resumed", 3)]
    assert await desk.published() == ["/a", "/b"]


async def test_a_feed_that_a_command_added_is_left_alone(desk: Desk) -> None:
    """The file speaks only of what it brought."""
    other = "f" * 32
    key = desk.keys.key("feed", other)
    await desk.redis.hset(key, mapping={"url": desk.site.url("/hand.xml"), "host": "hand.example"})
    await desk.redis.zadd(desk.keys.key("feeds", "due"), {other: 0})
    serve_feed(desk.site, "/h", feed="/hand.xml")
    async with desk.fetcher():
        await settled(desk, 3)

    assert await desk.published() == ["/a", "/b", "/h"]
    assert [event.to_dict()["url"] for event in await desk.events("feeds")] == [desk.site.url(FEED)]


@pytest.mark.parametrize("content", [None, "[[feeds]]\nurl = 5\n"], ids=["missing", "wrong"])
async def test_a_feeds_file_that_cannot_be_used_is_one_clear_line(desk: Desk, content: str | None) -> None:
    """The service does not start on half a list."""
    path = desk.folder / "feeds.toml"
    path.unlink()
    if content is not None:
        path.write_text(content)

    with pytest.raises(Misconfigured, match=r"feeds\.toml: ") as caught:
        async with desk.fetcher():
            pass

    assert "\n" not in str(caught.value)
    assert await desk.redis.keys() == []


async def test_a_stop_finishes_what_runs(desk: Desk) -> None:
    """A page that is on its way when the process is asked to stop is published."""
    asked = asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        asked.set()
        await asyncio.sleep(0.3)
        return web.Response(text="da")

    desk.site.routes["/a"] = slow
    async with desk.fetcher():
        await asyncio.wait_for(asked.wait(), 5)

    assert "/a" in await desk.published()


async def test_a_wrong_entry_in_the_queue_is_taken_out(desk: Desk) -> None:
    """What another hand put there does not stop the lane."""
    wanted = desk.keys.key("wanted")
    await desk.redis.zadd(wanted, {"nothing": 0, "broken": 0})
    await desk.redis.hset(desk.keys.key("item", "broken"), mapping={"host": "bote.example", "item": "{"})
    await desk.redis.expire(desk.keys.key("item", "broken"), 60)
    async with desk.fetcher(tuning=QUICK):
        await settled(desk, 2)

    assert await desk.published() == ["/a", "/b"]
