"""Builders for entries and engines in the tests of the delivery engine."""

from __future__ import annotations

from datetime import UTC, datetime

from redis.asyncio import Redis

from copytaster.keys import STATE_SECONDS, Keys
from copytaster.logs import Log
from copytaster.streams.effects import Cause, Effects, Guard, Outbox
from copytaster.streams.engine import Engine, Handler
from copytaster.streams.entries import Entry
from copytaster.streams.failures import FIRST_RETRY_SECONDS
from copytaster.streams.patience import Patience
from copytaster_schemas import ItemDropped
from copytaster_schemas.registry import ITEM_DROPPED

KEYS = Keys("test")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = KEYS.stream("drops")
TARGET = KEYS.stream("feeds")


def notice(number: int, *, subject: str | None = None) -> dict[bytes, bytes]:
    """The fields of a valid entry about the article `number`."""
    article = subject or f"urn:article:{number}"
    data = ItemDropped(
        article=article, sequence=number, code="gone", stage="fetcher", title=f"Überschrift {number}"
    )
    event = Outbox(KEYS, "test").event(
        ITEM_DROPPED, article, number, data, time=NOON, cause=Cause(f"correlation-{number}"), guard=None
    )
    return dict(event.fields)


async def copy_on(entry: Entry) -> Effects:
    """A handler: passes the notice on to another stream under its subject's own revision counter."""
    assert isinstance(entry.data, ItemDropped)
    out = Outbox(KEYS, "copier").event(
        ITEM_DROPPED,
        entry.data.article,
        1,
        entry.data,
        time=NOON,
        cause=entry.cause,
        guard=Guard(KEYS.key("article", entry.data.article)),
    )
    target = type(out)(TARGET, out.fields, out.revision, out.guard)
    effects = Effects(status="copied", events=[target])
    effects.op("EXPIRE", KEYS.key("article", entry.data.article), STATE_SECONDS)
    return effects


def make_engine(
    redis: Redis,
    handler: Handler = copy_on,
    *,
    consumer: str = "tester-1",
    patience: Patience | None = None,
    capacity: int | None = None,
    first_retry_seconds: float = FIRST_RETRY_SECONDS,
) -> Engine:
    """An engine of the group `copier` on `drops`."""
    return Engine(
        redis,
        KEYS,
        stream="drops",
        group="copier",
        consumer=consumer,
        service="copier",
        handler=handler,
        concurrency=8,
        capacity=capacity,
        first_retry_seconds=first_retry_seconds,
        patience=patience or Patience(),
        closing=Log.STORY_EXTRACTED,
    )


async def read_new(redis: Redis, engine: Engine, count: int = 100) -> list[tuple[str, dict[bytes, bytes]]]:
    """What XREADGROUP gives the engine's consumer now."""
    reply = await redis.xreadgroup(engine.group, engine.consumer, {engine.stream: ">"}, count=count)
    return [(entry_id.decode(), fields) for _, entries in reply or [] for entry_id, fields in entries]
