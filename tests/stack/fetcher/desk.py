"""A desk with a web site, a Redis and fetchers on it, for the fetcher's tests. Not a test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from redis.asyncio import Redis

from copytaster.fetcher.app import Tuning, build
from copytaster.fetcher.feedfields import decode
from copytaster.fetcher.io.client import Limits
from copytaster.keys import Keys
from copytaster.settings import load
from copytaster.streams.patience import Patience
from copytaster.streams.shell import Context
from copytaster_schemas import ArticleFetched, EventModel, parse_event
from tests.stack.fetcher.site import Site

QUICK = Tuning(
    lease_ms=5_000,
    article_retry_seconds=0.01,
    limits=Limits(body_bytes=500_000, connect_seconds=2, silence_seconds=1, total_seconds=3),
)


@dataclass(slots=True)
class Desk:
    """Everything that the fetchers of one test share."""

    site: Site
    redis_url: str
    redis: Redis
    folder: Path
    keys: Keys = field(default_factory=lambda: Keys("main"))

    def feeds(self, *urls: str, interval_seconds: float = 3600) -> None:
        """Write the feeds file."""
        entries = [f'[[feeds]]\nurl = "{url}"\ninterval_seconds = {interval_seconds}\n' for url in urls]
        (self.folder / "feeds.toml").write_text("\n".join(entries))

    @asynccontextmanager
    async def fetcher(
        self, *, spacing_seconds: float = 0.0, tuning: Tuning = QUICK, refetch_after: str = "0"
    ) -> AsyncIterator[None]:
        """A running fetcher, stopped as SIGTERM stops it."""
        settings = load(
            {},
            redis_url=self.redis_url,
            feeds_file=self.folder / "feeds.toml",
            contact="desk@nordpost.example",
            fetch_allow_networks="127.0.0.0/8",
            fetch_allow_ports=str(self.site.port),
            fetch_resolve="*.example=127.0.0.1",
            host_spacing_seconds=spacing_seconds,
            refetch_after_seconds=refetch_after,
        )
        redis = Redis.from_url(self.redis_url)
        patience = Patience()
        parts = await build(Context(settings, redis, self.keys, patience), tuning)
        loops = [asyncio.ensure_future(loop()) for loop in parts.loops]
        try:
            yield
        finally:
            patience.stop()
            await asyncio.gather(*loops)
            for close in parts.closers:
                await close()
            await redis.aclose()

    async def events(self, stream: str) -> list[EventModel]:
        """All events of a stream."""
        entries = await self.redis.xrange(self.keys.stream(stream))
        return [parse_event(fields)[1] for _, fields in entries]

    async def articles(self) -> list[ArticleFetched]:
        """All articles that were published."""
        return [event for event in await self.events("articles") if isinstance(event, ArticleFetched)]

    async def published(self) -> list[str]:
        """The paths of the published articles, sorted."""
        return sorted(one.requested_url.partition(str(self.site.port))[2] for one in await self.articles())

    async def drops(self) -> dict[str, str]:
        """Code by path (by URL for another host, empty without one) of the items that were dropped."""
        found = {}
        for event in await self.events("drops"):
            value: dict[str, Any] = json.loads(event.to_json())
            url = str(value.get("url", ""))
            found[url.partition(str(self.site.port))[2] or url] = str(value["code"])
        return found

    async def make_due(self) -> None:
        """Let every feed be due at once."""
        due = self.keys.key("feeds", "due")
        for feed_id in await self.redis.zrange(due, 0, -1):
            await self.redis.zadd(due, {feed_id: 0})

    async def state(self, field_name: str) -> str | None:
        """A field of the state of the one feed."""
        feed_id = (await self.redis.zrange(self.keys.key("feeds", "due"), 0, -1))[0].decode()
        return decode(await self.redis.hgetall(self.keys.key("feed", feed_id))).get(field_name)


def rss(site: Site, paths: Sequence[str], *, text: str = "Kurz.", host: str = "bote.example") -> str:
    """An RSS document with an item for each path."""
    items = "".join(
        f"<item><title>Titel {escape(path)}</title><link>{site.url(path, host)}</link>"
        f"<guid isPermaLink='false'>{escape(path)}</guid><description>{text}</description></item>"
        for path in paths
    )
    return f"<rss version='2.0'><channel><title>Bote</title>{items}</channel></rss>"
