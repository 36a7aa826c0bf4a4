"""Published pages are looked at again: a real site, a real Redis, a fetcher and an extractor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from redis.asyncio import Redis

from copytaster.extractor.io.handler import GROUP, Extractor
from copytaster.extractor.io.workers import Workers
from copytaster.logs import Log
from copytaster.streams.engine import Engine
from copytaster.streams.groups import ensure_group
from copytaster.streams.patience import Patience
from tests.stack.fetcher.desk import Desk, rss
from tests.stack.fetcher.site import running_site
from tests.support import wait_until

FEED = "/feed.xml"
LOOKS = "3600,7200"
TEXT = "Die Fähre nach Olpenitz fährt ab Montag wieder, teilte die Reederei Nordlicht am Abend mit. " * 3


def page(text: str = TEXT) -> str:
    """A news page of our own writing."""
    return f"<html lang='de'><head><title>Fähre</title></head><body><article><h1>Fähre</h1><p>{text}</p></article></body></html>"


@pytest.fixture
async def desk(valkey_url: str, redis_client: Redis, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk whose feeds file names one feed with one article."""
    async with running_site() as site:
        desk = Desk(site, valkey_url, redis_client, tmp_path)
        site.text(FEED, rss(site, ["/a"]), content_type="application/rss+xml")
        site.text("/a", page())
        desk.feeds(site.url(FEED))
        yield desk


@asynccontextmanager
async def extractor(desk: Desk) -> AsyncIterator[None]:
    """An extractor that works off `articles` as they come."""
    workers = Workers(1, timeout_seconds=20, memory_mib=1024)
    engine = Engine(
        desk.redis,
        desk.keys,
        stream="articles",
        group=GROUP,
        consumer="tester",
        service="extractor",
        handler=Extractor(desk.redis, desk.keys, workers.extract),
        concurrency=2,
        patience=Patience(),
        closing=Log.STORY_EXTRACTED,
    )
    await ensure_group(desk.redis, engine.stream, GROUP)

    stopped = asyncio.Event()

    async def work() -> None:
        while not stopped.is_set():
            reply = await desk.redis.xreadgroup(GROUP, "tester", {engine.stream: ">"}, count=10, block=50)
            for _, entries in reply or []:
                await engine.process([(entry_id.decode(), fields) for entry_id, fields in entries])

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        stopped.set()
        await task
        await workers.close()


async def told(desk: Desk) -> list[str]:
    """What was said of stories."""
    entries = await desk.redis.xrange(desk.keys.stream("stories"))
    return [fields[b"ce_type"].decode().split(".")[2] for _, fields in entries]


async def until_told(desk: Desk, *kinds: str) -> None:
    """Wait for exactly these events, in this order."""

    async def found() -> bool:
        return await told(desk) == list(kinds)

    await wait_until(found, description=f"stories were {kinds}", timeout_seconds=20)


async def looked(desk: Desk, requests: int) -> None:
    """Let the page be due for a look, and wait until so many requests for it are answered and settled."""
    queue = desk.keys.key("refetch")
    [article_id] = await desk.redis.zrange(queue, 0, -1)
    fence = await desk.redis.hget(desk.keys.key("item", article_id.decode()), "fence")
    await desk.redis.zadd(queue, {article_id: 0})

    async def done() -> bool:
        # A look raises the fence when it is claimed and when it is settled.
        now = await desk.redis.hget(desk.keys.key("item", article_id.decode()), "fence")
        return desk.site.paths().count("/a") == requests and int(now) == int(fence) + 2

    await wait_until(done, description=f"{requests} requests for the page")


async def test_a_page_that_changes_without_its_feed_is_a_revision(desk: Desk) -> None:
    """The correction is seen at the next look; what stayed the same is answered with 304 and says nothing."""
    now = {"text": page(), "etag": '"1"'}

    async def served(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == now["etag"]:
            return web.Response(status=304, headers={"ETag": now["etag"]})
        return web.Response(text=now["text"], headers={"ETag": now["etag"]}, content_type="text/html")

    desk.site.routes["/a"] = served
    async with extractor(desk), desk.fetcher(refetch_after=LOOKS):
        await until_told(desk, "published")
        await looked(desk, 2)
        now |= {"text": page(TEXT + "Berichtigung: Sie fährt am Sonntag."), "etag": '"2"'}
        await looked(desk, 3)
        await until_told(desk, "published", "revised")
        await looked(desk, 4)

    asked = [one.headers.get("If-None-Match") for one in desk.site.asked if one.path == "/a"]
    assert asked == [None, '"1"', '"1"', '"2"']
    assert await desk.redis.xlen(desk.keys.stream("articles")) == 2
    assert await desk.redis.zcard(desk.keys.key("refetch")) == 1


async def test_a_page_that_is_gone_twice_withdraws_its_story(desk: Desk) -> None:
    """Once may be a slip: an answer in between ends the suspicion."""
    async with extractor(desk), desk.fetcher(refetch_after=LOOKS):
        await until_told(desk, "published")
        for requests, status in ((2, 404), (3, 200), (4, 410)):
            desk.site.text("/a", page() if status == 200 else "", status=status)
            await looked(desk, requests)
        assert await told(desk) == ["published"]
        await looked(desk, 5)
        await until_told(desk, "published", "withdrawn")

    assert await desk.drops() == {}
    assert await desk.redis.zcard(desk.keys.key("refetch")) == 0
    [key] = [one async for one in desk.redis.scan_iter(desk.keys.key("item", "*"))]
    assert await desk.redis.hget(key, "page") is None


async def test_a_page_that_became_no_story_is_not_looked_at_again(desk: Desk) -> None:
    """There is nothing to correct."""
    desk.site.text("/a", "<html><body><nav><a href='/'>Start</a></nav></body></html>")
    async with extractor(desk), desk.fetcher(refetch_after=LOOKS):
        await wait_until(desk.drops, description="the page is dropped")
        await looked(desk, 1)

    assert await desk.redis.zcard(desk.keys.key("refetch")) == 0


async def test_a_revision_through_the_feed_takes_the_place_of_a_later_look(desk: Desk) -> None:
    """One fetch at a time has the say over an article; a revision whose page is gone is the first of two proofs."""
    async with extractor(desk), desk.fetcher(refetch_after=LOOKS):
        await until_told(desk, "published")
        desk.site.text("/a", page(TEXT + "Sie fährt am Sonntag."))
        desk.site.text(FEED, rss(desk.site, ["/a"], text="Berichtigt."))
        await desk.make_due()
        await until_told(desk, "published", "revised")
        desk.site.text("/a", "", status=410)
        desk.site.text(FEED, rss(desk.site, ["/a"], text="Nochmals berichtigt."))
        await desk.make_due()
        await wait_until(desk.drops, description="the second revision has no page")
        await looked(desk, 4)
        await until_told(desk, "published", "revised", "withdrawn")

    assert await desk.redis.zcard(desk.keys.key("refetch")) == 0
