"""What waits for each consumer group, read from the server; one place for back-pressure, metrics and trimming. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from copytaster.keys import Keys
from copytaster.streams.patience import is_outage

OWN_GROUPS: Final[Mapping[str, str]] = {
    "articles": "extractor",
    "stories": "linker",
    "links": "clusterer",
    "decisions": "clusterer",
}
"""The one group of ours on each stream that we read; every other group is a subscriber's."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What one group has before it; ids as the server gives them."""

    stream: str
    """The stream's name, not its key."""
    group: str
    lag: int | None
    """Entries not delivered yet; None where the server cannot tell (after deletions inside the stream)."""
    pending: int
    """Delivered and not acknowledged."""
    oldest_pending: str | None
    last_delivered: str

    @property
    def ours(self) -> bool:
        """Whether the group is one of our services'."""
        return OWN_GROUPS.get(self.stream) == self.group


@dataclass(frozen=True, slots=True)
class Memory:
    """The server's memory in bytes; a limit of 0 means that it has none, None that it may not be asked."""

    used_bytes: int | None = None
    limit_bytes: int | None = None

    @property
    def share(self) -> float:
        """Used part of the limit, 0.0 where there is none or nothing is known."""
        return self.used_bytes / self.limit_bytes if self.used_bytes and self.limit_bytes else 0.0


async def backlogs(redis: Redis, keys: Keys, streams: Iterable[str]) -> list[Backlog]:
    """One for each group of the streams (names); none for a stream that is not there yet."""
    return [found for name in streams for found in await _of_stream(redis, keys, name)]


async def _of_stream(redis: Redis, keys: Keys, name: str) -> list[Backlog]:
    stream = keys.stream(name)
    try:
        rows: list[Mapping[str, Any]] = list(await redis.xinfo_groups(stream))
        return [await _of_group(redis, stream, name, row) for row in rows]
    except ResponseError as error:
        if "no such key" in str(error) or "NOGROUP" in str(error):
            return []
        raise


async def _of_group(redis: Redis, stream: str, name: str, row: Mapping[str, Any]) -> Backlog:
    pending = await redis.xpending(stream, row["name"])
    oldest, lag = pending["min"], row.get("lag")
    return Backlog(
        stream=name,
        group=row["name"].decode("utf-8", "replace"),
        lag=None if lag is None else int(lag),
        pending=int(pending["pending"]),
        oldest_pending=oldest.decode() if oldest else None,
        last_delivered=row["last-delivered-id"].decode(),
    )


async def memory(redis: Redis) -> Memory:
    """What the server uses and may use; nothing where its user may not ask."""
    try:
        facts: Mapping[str, Any] = await redis.info("memory")
    except RedisError as error:
        if is_outage(error):
            raise
        return Memory()
    return Memory(facts.get("used_memory"), facts.get("maxmemory"))
