"""Reads the streams for the command line: plain XRANGE and XREAD, no group, nothing written."""

from __future__ import annotations

from collections.abc import AsyncIterator

from redis.asyncio import Redis
from redis.exceptions import RedisError

from copytaster.errors import CopytasterError
from copytaster.keys import Keys
from copytaster.settings import Settings, load
from copytaster.streams.connection import open_redis
from copytaster_schemas import ClusterChanged, Envelope, EventModel, parse_event

PAGE_ENTRIES = 500


def settings_for(redis_url: str | None, desk: str | None) -> Settings:
    """The settings with what the command line says."""
    return load(redis_url=redis_url, desk=desk)


async def connect(settings: Settings) -> Redis:
    """A client that has answered; CopytasterError in one line when it cannot."""
    redis = open_redis(settings)
    try:
        await redis.ping()
    except RedisError as error:
        await redis.aclose()
        raise CopytasterError(f"no Redis at {without_secrets(settings.redis_url)}: {error}") from error
    return redis


def without_secrets(url: str) -> str:
    """The address without user and password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


async def history(redis: Redis, keys: Keys, stream: str) -> AsyncIterator[tuple[Envelope, EventModel]]:
    """All events that a stream still holds, oldest first."""
    start = "-"
    while True:
        page = await redis.xrange(keys.stream(stream), min=start, count=PAGE_ENTRIES)
        for _, fields in page:
            yield parse_event(fields)
        if len(page) < PAGE_ENTRIES:
            return
        start = f"({page[-1][0].decode()}"


async def latest_clusters(redis: Redis, keys: Keys) -> dict[str, ClusterChanged]:
    """The last event of every cluster that the stream tells of, by urn."""
    latest: dict[str, ClusterChanged] = {}
    async for _, event in history(redis, keys, "clusters"):
        if isinstance(event, ClusterChanged):
            latest[event.cluster] = event
    return latest
