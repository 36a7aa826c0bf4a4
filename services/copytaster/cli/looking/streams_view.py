"""Reads the streams for the command line: plain XRANGE, XREVRANGE and XREAD, no group, nothing written.

Everything that lies on a stream is shown: an entry of a type that this version does not know, or one that is no event at
all, is a `Seen` without data, never an error.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    RedisError,
    ResponseError,
)

from copytaster.errors import CopytasterError, Misconfigured
from copytaster.keys import Keys
from copytaster.settings import Settings, load
from copytaster.streams.client import NotReplicated
from copytaster.streams.connection import open_redis
from copytaster_schemas import ClusterChanged, Envelope, EventModel, NotAnEvent, parse_event, parse_fields

T = TypeVar("T")

PAGE_ENTRIES = 500


@dataclass(frozen=True)
class Seen:
    """One entry of a stream as it lies there; `fields` as redis-py gives them, undecoded."""

    entry_id: str
    fields: Mapping[bytes, bytes]

    @cached_property
    def _parsed(self) -> tuple[Envelope | None, EventModel | None, str | None]:
        try:
            envelope, event = parse_event(self.fields)
        except NotAnEvent as error:
            try:
                return parse_fields(self.fields)[0], None, str(error)
            except NotAnEvent:
                return None, None, str(error)
        return envelope, event, None

    @property
    def envelope(self) -> Envelope | None:
        """The event's attributes; None for an entry that is no event."""
        return self._parsed[0]

    @property
    def event(self) -> EventModel | None:
        """The typed data; None where this version cannot read it."""
        return self._parsed[1]

    @property
    def problem(self) -> str | None:
        """Why there is no `event`, in words."""
        return self._parsed[2]

    @property
    def time(self) -> datetime:
        """When it happened, as the event says, else when it was written."""
        if self.envelope is not None:
            return self.envelope.time
        return datetime.fromtimestamp(int(self.entry_id.partition("-")[0]) / 1000, UTC)

    def subject_is(self, urn: str) -> bool:
        """Whether the entry is about `urn`; costs no parsing."""
        return self.fields.get(b"ce_subject") == urn.encode()

    def to_json(self) -> dict[str, Any]:
        """The event in the JSON form of CloudEvents, plus `entryid`; `error` says what could not be read."""
        shown: dict[str, Any] = {"entryid": self.entry_id}
        for name, value in self.fields.items():
            text = value.decode("utf-8", "replace")
            attribute = name.decode("utf-8", "replace")
            if attribute.startswith("ce_"):
                shown[attribute.removeprefix("ce_")] = text
            elif attribute == "content-type":
                shown["datacontenttype"] = text
            elif attribute == "data":
                shown |= _data(text)
            else:
                shown[attribute] = text
        return shown if self.problem is None else {**shown, "error": self.problem}


def _data(text: str) -> dict[str, Any]:
    try:
        return {"data": json.loads(text)}
    except ValueError:
        return {"data": text}


def settings_for(redis_url: str | None, desk: str | None) -> Settings:
    """The settings with what the command line says; an address given there is asked itself, whatever the Sentinels say."""
    return load(redis_url=redis_url, desk=desk, redis_sentinels=None if redis_url is None else ())


async def connect(settings: Settings) -> Redis:
    """A client that has answered.

    Raises Misconfigured when the server refuses user or password, CopytasterError in one line when there is none.
    """
    redis = open_redis(settings)
    try:
        await redis.ping()
    except RedisError as error:
        await redis.aclose()
        raise told(error, settings) from error
    return redis


def told(error: Exception, settings: Settings) -> CopytasterError:
    """An error of Redis as one line for an operator."""
    where = place_of(settings)
    if isinstance(error, AuthenticationError | AuthorizationError):
        return Misconfigured(
            f"Redis at {where} refuses the user or password ({error}); set COPYTASTER_REDIS_USERNAME and "
            "COPYTASTER_REDIS_PASSWORD_FILE"
        )
    if isinstance(error, NoPermissionError):
        return Misconfigured(
            f"the Redis user of COPYTASTER_REDIS_USERNAME may not do this at {where}: {error}; take the user "
            "`operator`"
        )
    if isinstance(error, ResponseError):
        return CopytasterError(f"Redis at {where} refuses: {error}")
    if isinstance(error, NotReplicated):
        return CopytasterError(f"Redis at {where} has it, but {error}; it is safe to ask again")
    return CopytasterError(f"no Redis at {where}: {error}")


@asynccontextmanager
async def session(settings: Settings) -> AsyncIterator[Redis]:
    """A client that has answered; an error of Redis inside becomes one line for an operator."""
    redis = await connect(settings)
    try:
        yield redis
    except RedisError as error:
        raise told(error, settings) from error
    finally:
        await redis.aclose()


def ask(settings: Settings, question: Callable[[Redis, Keys], Awaitable[T]]) -> T:
    """The answer of `question`, which gets a client and the keys of the desk; for commands without a loop of their own."""

    async def put() -> T:
        async with session(settings) as redis:
            return await question(redis, Keys(settings.desk))

    return asyncio.run(put())


def place_of(settings: Settings) -> str:
    """Where Redis is asked, for a person; without user and password."""
    if settings.redis_sentinels:
        return f"{settings.redis_sentinel_master} of the Sentinels {', '.join(settings.redis_sentinels)}"
    return without_secrets(settings.redis_url)


def without_secrets(url: str) -> str:
    """The address without user and password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


async def forwards(redis: Redis, stream: str, *, after: str = "") -> AsyncIterator[Seen]:
    """All entries of a stream (full key) behind the entry `after`, oldest first."""
    start = f"({after}" if after else "-"
    while True:
        page = await redis.xrange(stream, min=start, count=PAGE_ENTRIES)
        for entry_id, fields in page:
            yield Seen(entry_id.decode(), fields)
        if len(page) < PAGE_ENTRIES:
            return
        start = f"({page[-1][0].decode()}"


async def backwards(redis: Redis, stream: str, *, upto: str = "+") -> AsyncIterator[Seen]:
    """All entries of a stream (full key) from the entry `upto` (it included) back, newest first."""
    start = upto
    while True:
        page = await redis.xrevrange(stream, max=start, count=PAGE_ENTRIES)
        for entry_id, fields in page:
            yield Seen(entry_id.decode(), fields)
        if len(page) < PAGE_ENTRIES:
            return
        start = f"({page[-1][0].decode()}"


async def end_of(redis: Redis, stream: str) -> str:
    """The id of the last entry of a stream (full key); `0-0` when it is empty or not there."""
    last = await redis.xrevrange(stream, count=1)
    return str(last[0][0].decode()) if last else "0-0"


async def latest_clusters(redis: Redis, keys: Keys) -> dict[str, ClusterChanged]:
    """The last event of every cluster that the stream tells of, by urn, the latest first."""
    latest: dict[str, ClusterChanged] = {}
    async for seen in backwards(redis, keys.stream("clusters")):
        if isinstance(seen.event, ClusterChanged):
            latest.setdefault(seen.event.cluster, seen.event)
    return latest
