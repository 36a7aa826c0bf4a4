"""Many callers at once and one pool of connections to Redis."""

from __future__ import annotations

import asyncio

from copytaster.settings import load
from copytaster.streams.connection import MAX_CONNECTIONS, open_redis


async def test_more_callers_than_connections_wait_for_one(valkey_url: str) -> None:
    """A pool that raises instead would look like a lost server to a fetcher with many polls in flight."""
    redis = open_redis(load({}, redis_url=valkey_url))
    try:
        answers = await asyncio.gather(*(redis.echo(str(caller)) for caller in range(MAX_CONNECTIONS * 5)))
        clients = (await redis.info("clients"))["connected_clients"]
    finally:
        await redis.aclose()

    assert answers == [str(caller).encode() for caller in range(MAX_CONNECTIONS * 5)]
    assert clients <= MAX_CONNECTIONS + 2
