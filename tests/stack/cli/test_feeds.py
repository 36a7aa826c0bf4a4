"""`copytaster feeds`: adding, finding, pausing, resuming, removing, asking anew, and why a feed fails."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from copytaster.fetcher.io.feed_admin import FeedAdmin
from copytaster.fetcher.io.store import Store
from copytaster.fetcher.pastpolls import PollOutcome, remember_outcome
from copytaster.streams.effects import Effects
from tests.stack.cli.feeds_desk import FeedsDesk, feeds_desk
from tests.stack.fetcher.desk import rss
from tests.support import wait_until

RSS = "application/rss+xml"


@pytest.fixture
async def cli(
    valkey_url: str, redis_client: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FeedsDesk]:
    """A desk with one feed on its site, none in its list."""
    async with feeds_desk(valkey_url, redis_client, tmp_path, monkeypatch) as desk:
        serve(desk, "/feed.xml", "/a", "/b")
        yield desk


def serve(cli: FeedsDesk, feed: str, *paths: str) -> str:
    """Serve a feed with these articles; gives its address."""
    cli.desk.site.text(feed, rss(cli.desk.site, paths), content_type=RSS)
    for path in paths:
        cli.desk.site.text(path, f"<p>Seite {path}</p>")
    return cli.desk.site.url(feed)


async def added(cli: FeedsDesk, feed: str = "/feed.xml") -> str:
    """Add a feed; gives its address."""
    url = cli.desk.site.url(feed)
    ran = await cli.run("add", url)
    assert (ran.code, ran.err) == (0, "")
    return url


async def test_an_added_feed_is_polled_and_its_articles_come(cli: FeedsDesk) -> None:
    """A command adds it while a fetcher runs; nothing of it goes to the feeds file's set."""
    cli.desk.feeds()
    async with cli.desk.fetcher():
        url = await added(cli)
        await wait_until(lambda: cli.desk.redis.xlen(cli.keys.stream("articles")), description="an article")
        shown = (await cli.run("list", "--json")).objects

    assert await cli.desk.published() == ["/a", "/b"]
    assert await cli.changes() == [("added", "/feed.xml")]
    assert [(one["url"], one["addedBy"], one["outlet"]) for one in shown] == [
        (url, "command", "bote.example")
    ]
    assert not await cli.desk.redis.exists(cli.keys.key("feeds", "file"))


async def test_a_feed_added_twice_is_one_line_and_changes_nothing(cli: FeedsDesk) -> None:
    """Also under another spelling of its address."""
    url = await added(cli)
    before = await cli.state_of_everything()

    again = await cli.run("add", url.replace("bote.example", "WWW.bote.example"))

    assert again.code == 1
    assert again.out == ""
    assert again.err == f"copytaster: {url} is listed already\n"
    assert await cli.state_of_everything() == before


SITES: dict[str, str] = {
    "declared in the head": '<head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head>',
    "declared twice in two formats": '<link rel=alternate type="application/rss+xml" href="feed.xml">'
    '<link rel=alternate type="application/atom+xml" href="/same.xml">',
    "beside its comments": '<link rel=alternate type="application/rss+xml" title="Kommentar-Feed" href="/comments/feed">'
    '<link rel=alternate type="application/rss+xml" title="Bote" href="/feed.xml">',
    "linked in the page": '<body><a href="/about">x</a><a href="/feed.xml">RSS</a></body>',
    "nowhere, but at the usual place": "<body>Guten Tag</body>",
}


@pytest.mark.parametrize("page", SITES.values(), ids=SITES)
async def test_a_site_gives_its_feed(cli: FeedsDesk, page: str) -> None:
    """Declared, linked, or where feeds usually lie; a copy in another format and comments do not count."""
    cli.desk.site.text("/", f"<!doctype html><html>{page}</html>")
    serve(cli, "/same.xml", "/a", "/b")
    serve(cli, "/comments/feed", "/c")

    ran = await cli.run("add", cli.desk.site.url("/"), "--json")

    assert ran.code == 0, ran.err
    assert [one["url"] for one in ran.objects] == [cli.desk.site.url("/feed.xml")]


async def test_a_site_with_several_feeds_asks_which(cli: FeedsDesk) -> None:
    """None is added unless all are wanted; then all are, in one step."""
    serve(cli, "/sport.xml", "/s")
    cli.desk.site.text(
        "/",
        "<html>"
        + "".join(
            f'<link rel="alternate" type="application/rss+xml" href="{path}">'
            for path in ("/feed.xml", "/sport.xml")
        ),
    )
    site = cli.desk.site.url("/")

    refused = await cli.run("add", site)
    nothing = await cli.changes()
    ran = await cli.run("add", site, "--all")

    assert refused.code == 1
    assert "has 2 feeds" in refused.err
    assert nothing == []
    assert ran.code == 0
    assert await cli.changes() == [("added", "/feed.xml"), ("added", "/sport.xml")]


NO_FEEDS: dict[str, tuple[str, str]] = {
    "a page without any": ("/page", "no feed was found there"),
    "nothing at all": ("/missing", "not_found: HTTP 404"),
    "a picture": ("/picture", "binary data"),
}


@pytest.mark.parametrize(("path", "said"), NO_FEEDS.values(), ids=NO_FEEDS)
@pytest.mark.parametrize("verb", ["add", "test"])
async def test_an_address_without_a_feed_is_one_line_and_exit_code_1(
    cli: FeedsDesk, verb: str, path: str, said: str
) -> None:
    """Nothing is stored."""
    cli.desk.site.routes.pop("/feed.xml")
    cli.desk.site.text("/page", "<!doctype html><html><body>Guten Tag</body></html>")
    cli.desk.site.text("/picture", b"\x89PNG\x00\x00\x01\x02" * 40, content_type="image/png")

    ran = await cli.run(verb, cli.desk.site.url(path))

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("\n") == 1
    assert said in ran.err or (verb == "test" and "an HTML page" in ran.err)
    assert not await cli.desk.redis.keys("*")


MISTAKES: dict[str, tuple[str, ...]] = {
    "a password in the address": ("add", "http://user:secret@bote.example/feed.xml", "--no-check"),
    "no web address": ("add", "ftp://bote.example/feed.xml", "--no-check"),
    "an interval of nothing": ("add", "http://bote.example/feed.xml", "--no-check", "--interval", "0"),
    "no feed named": ("refresh",),
    "two ways of naming": ("refresh", "--all", "--failing"),
}


@pytest.mark.parametrize("arguments", MISTAKES.values(), ids=MISTAKES)
async def test_a_mistake_of_usage_is_told_with_exit_code_2(
    cli: FeedsDesk, arguments: tuple[str, ...]
) -> None:
    """And nothing is stored."""
    ran = await cli.run(*arguments)

    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert "secret" not in ran.err
    assert not await cli.desk.redis.keys("*")


async def test_a_private_address_is_refused_by_the_guard(
    cli: FeedsDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command asks through the same guard as the fetcher."""
    monkeypatch.setenv("COPYTASTER_FETCH_ALLOW_NETWORKS", "")

    ran = await cli.run("add", cli.desk.site.url("/feed.xml"))

    assert ran.code == 1
    assert "forbidden_address" in ran.err
    assert cli.desk.site.asked == []


@pytest.mark.parametrize("verb", ["show", "health", "pause", "resume", "remove", "refresh"])
async def test_an_unknown_feed_is_one_line_and_nothing_is_half_done(cli: FeedsDesk, verb: str) -> None:
    """Even beside a feed that is known."""
    url = await added(cli)
    before = await cli.state_of_everything()
    names = ["nowhere.example"] if verb in ("show", "health") else [url, "nowhere.example"]

    ran = await cli.run(verb, *names)

    assert ran.code == 1
    assert ran.err == "copytaster: no feed nowhere.example; `copytaster feeds list` names them all\n"
    assert await cli.state_of_everything() == before


@pytest.mark.parametrize("verb", ["add", "pause", "resume", "remove", "refresh"])
async def test_a_dry_run_says_what_would_be_done_and_does_nothing(cli: FeedsDesk, verb: str) -> None:
    """The whole of Redis stays as it is."""
    url = await added(cli)
    if verb == "resume":
        await cli.run("pause", url)
    name = serve(cli, "/new.xml", "/n") if verb == "add" else url
    before = await cli.state_of_everything()

    ran = await cli.run(verb, name, "--dry-run")

    assert ran.code == 0, ran.err
    assert ran.out.startswith("would be ")
    assert name in ran.out
    assert await cli.state_of_everything() == before


async def test_a_paused_feed_is_not_polled_until_it_is_resumed(cli: FeedsDesk) -> None:
    """Each change is told once; repeating a command changes nothing and is no failure."""
    url = await added(cli)

    first, second = await cli.run("pause", url), await cli.run("pause", "bote.example")
    waiting = await cli.desk.redis.zcard(cli.keys.key("feeds", "due"))
    listed = (await cli.run("list", "--json")).objects
    resumed = await cli.run("resume", listed[0]["feed"])

    assert (first.code, second.code, resumed.code) == (0, 0, 0)
    assert second.err == f"paused already: {url}\n"
    assert waiting == 0
    assert (listed[0]["status"], listed[0]["pausedBy"]) == ("paused", "command")
    assert await cli.desk.redis.zcard(cli.keys.key("feeds", "due")) == 1
    assert [change for change, _ in await cli.changes()] == ["added", "paused", "resumed"]


async def test_what_a_command_paused_the_feeds_file_leaves_paused(cli: FeedsDesk) -> None:
    """At the next start of a fetcher, and after the file has been without it for a while."""
    url = cli.desk.site.url("/feed.xml")
    cli.desk.feeds(url)
    async with cli.desk.fetcher():
        pass
    await cli.run("pause", url)
    for named in ([url], [], [url]):
        cli.desk.feeds(*named)
        async with cli.desk.fetcher():
            pass

    assert [change for change, _ in await cli.changes()] == ["added", "paused"]
    assert (await cli.run("list", "--paused", "--json")).objects[0]["pausedBy"] == "command"


async def test_what_a_command_added_stays_when_the_file_has_named_it_and_does_no_longer(
    cli: FeedsDesk,
) -> None:
    """The command's word stands; what the file brought goes the file's way."""
    mine, theirs = await added(cli), serve(cli, "/theirs.xml", "/t")
    for named in ([mine, theirs], []):
        cli.desk.feeds(*named, interval_seconds=3600)
        async with cli.desk.fetcher():
            pass

    states = {one["url"]: one["status"] for one in (await cli.run("list", "--json")).objects}
    assert states == {mine: "active", theirs: "paused"}


async def test_a_feed_of_the_file_is_removed_only_when_the_file_has_given_it_up(cli: FeedsDesk) -> None:
    """Otherwise the file would add it again."""
    url = cli.desk.site.url("/feed.xml")
    cli.desk.feeds(url)
    async with cli.desk.fetcher():
        pass
    refused = await cli.run("remove", url)
    cli.desk.feeds()
    async with cli.desk.fetcher():
        pass
    removed = await cli.run("remove", url)

    assert refused.code == 1
    assert "take it out there first" in refused.err
    assert (removed.code, removed.out) == (0, f"removed: {url}\n")
    assert (await cli.run("list", "--json")).objects == []


async def test_a_removed_feed_leaves_only_its_counters_and_comes_back_with_new_events(cli: FeedsDesk) -> None:
    """What it remembered of its items goes; the id of no event is used twice."""
    cli.desk.feeds()
    async with cli.desk.fetcher():
        url = await added(cli)
        await wait_until(
            lambda: cli.desk.redis.keys(cli.keys.key("outcomes", "*")), description="a poll is remembered"
        )
        await cli.run("remove", url)
        left = await cli.desk.redis.keys(cli.keys.key("feed", "*"))
        fields = await cli.desk.redis.hkeys(left[0])
        gone = await cli.desk.redis.keys(cli.keys.key("seen", "*"))
        await added(cli)

    ids = await cli.ids()
    assert len(left) == 1
    assert sorted(fields) == [b"fence", b"revision", b"status"]
    assert gone == []
    assert len(ids) == len(set(ids)) == 3


async def test_health_says_why_a_feed_fails_and_since_when(cli: FeedsDesk) -> None:
    """The reason, the run of failures, and the polls before them; a feed that answers again is well."""
    cli.desk.feeds()
    site = cli.desk.site
    async with cli.desk.fetcher():
        url = await added(cli)
        await _polls(cli, 1)
        site.text("/feed.xml", "weg", status=503)
        await cli.run("refresh", url)
        await _polls(cli, 2)
        failing = (await cli.run("health", url, "--json")).objects[0]
        words, overview = await cli.run("health", url), await cli.run("health")
        serve(cli, "/feed.xml", "/a", "/b")
        await cli.run("refresh", "--failing")
        await _polls(cli, 3)
        well = (await cli.run("health", url, "--json")).objects[0]

    assert (failing["failures"], failing["reason"], failing["detail"]) == (1, "server_error", "HTTP 503")
    assert failing["failingSince"]
    assert (failing["nextPollBecause"], well["nextPollBecause"]) == ("failing", "pace")
    assert "; it fails\n" in words.out
    assert [one["status"] for one in failing["polls"]] == ["failed", "new_items"]
    assert failing["polls"][0]["httpStatus"] == 503
    assert failing["polls"][1]["newItems"] == 2
    assert "1 times in a row" in words.out
    assert "server_error: HTTP 503" in words.out
    assert "1 of 1 feeds fail" in overview.out
    assert (well["failures"], well.get("failingSince"), well.get("reason")) == (0, None, None)


async def _polls(cli: FeedsDesk, number: int) -> None:
    async def kept() -> bool:
        keys = await cli.desk.redis.keys(cli.keys.key("outcomes", "*"))
        return bool(keys) and await cli.desk.redis.llen(keys[0]) >= number

    await wait_until(kept, description=f"{number} polls are remembered")


async def test_only_the_last_20_polls_are_kept(cli: FeedsDesk) -> None:
    """However long a feed is polled, its state stays small; the newest comes first."""
    store = Store(cli.desk.redis, cli.keys)
    for number in range(25):
        step = Effects()
        remember_outcome(
            step, cli.keys, "f", PollOutcome(number * 1000, "failed", 500, "server_error", "x" * 1000)
        )
        await store.commit(step)

    kept = await store.outcomes("f")
    assert [one.at_ms for one in kept] == list(range(24_000, 4_000, -1000))
    assert {len(one.detail or "") for one in kept} == {200}


async def test_a_paused_feed_cannot_be_refreshed(cli: FeedsDesk) -> None:
    """One line that says what to do instead."""
    url = await added(cli)
    await cli.run("pause", url)

    ran = await cli.run("refresh", url)

    assert ran.code == 1
    assert "copytaster feeds resume" in ran.err


async def test_test_shows_what_would_come_and_stores_nothing(cli: FeedsDesk) -> None:
    """For a person in lines, for a program with all items."""
    url = cli.desk.site.url("/feed.xml")

    words, value = await cli.run("test", url), (await cli.run("test", url, "--json")).objects[0]

    assert "2, 2 with the address of a page" in words.out
    assert "Titel /a" in words.out
    assert value["feed"]["title"] == "Bote"
    assert len(value["entries"]) == 2
    assert not await cli.desk.redis.keys("*")


async def test_test_names_the_feed_that_a_page_declares(cli: FeedsDesk) -> None:
    """The address to try instead is in the line."""
    page = '<html><link rel="alternate" type="application/rss+xml" href="/feed.xml"></html>'
    cli.desk.site.text("/", page)

    ran = await cli.run("test", cli.desk.site.url("/"))

    assert ran.code == 1
    assert cli.desk.site.url("/feed.xml") in ran.err


async def test_a_desk_without_feeds_says_how_to_add_one(cli: FeedsDesk) -> None:
    """The next command to type."""
    ran = await cli.run("list")

    assert ran.code == 0
    assert "copytaster feeds add" in ran.out


async def test_a_redis_that_is_not_there_is_one_line(cli: FeedsDesk) -> None:
    """Exit code 1."""
    ran = await cli.run("list", "--redis-url", "redis://127.0.0.1:1/0")

    assert ran.code == 1
    assert ran.err.startswith("copytaster: no Redis at redis://127.0.0.1:1/0")


async def test_health_says_that_the_host_is_left_alone_and_why(cli: FeedsDesk) -> None:
    """A feed may be due, and yet nobody may ask."""
    url = await added(cli)
    (feed,) = await FeedAdmin(cli.desk.redis, cli.keys).all()
    await Store(cli.desk.redis, cli.keys).hold_host(feed.host, until_ms=int(time.time() * 1000) + 3_600_000)

    words, told = await cli.run("health", url), (await cli.run("health", url, "--json")).objects[0]

    assert "left alone, next asked in 59 min: it asked to wait (429 with Retry-After)" in words.out
    assert told["hostHeldBecause"] == "retry_after"
