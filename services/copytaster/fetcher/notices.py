"""Builds the fetcher's events on `feeds` and `drops`, and what all its atomic steps share.

Pure: everything ends up in `Effects`, nothing is sent. Times are milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from copytaster.fetcher.wanted import LINE_BYTES, clip
from copytaster.keys import STATE_SECONDS, Keys
from copytaster.streams.effects import Cause, Check, Effects, Guard, Outbox
from copytaster_schemas import FeedChanged, ItemDropped
from copytaster_schemas.identity import urn_of
from copytaster_schemas.registry import FEED_CHANGED, ITEM_DROPPED


@dataclass(frozen=True, slots=True)
class FeedNews:
    """What the `feeds` stream says of a feed; `revision` is the feed's stored revision before this news."""

    feed_id: str
    revision: int
    url: str
    title: str | None
    change: str
    detail: str | None = None
    failures: int | None = None
    due_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """What the `drops` stream says of an item; `drops` is how many drops its article has had before."""

    article_id: str
    drops: int
    code: str
    detail: str | None
    feed_id: str
    guid: str | None
    url: str | None
    title: str | None
    correlation_id: str
    first_seen_ms: int
    http_status: int | None = None


def instant(milliseconds: int) -> datetime:
    """The aware UTC time of milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def fenced(key: str, fence: int) -> Effects:
    """An empty step that takes effect only while the claim numbered `fence` of `key` is the latest one."""
    return Effects(checks=[Check(key, "fence", "equals", str(fence))])


def release(step: Effects, keys: Keys, lane: str, host: str, member: str) -> None:
    """Let `step` note that `host` no longer has a request of `member` open; what nobody releases ends with its lease."""
    step.op("ZREM", keys.key("busy", lane, host), member)


def add_feed_news(step: Effects, keys: Keys, outbox: Outbox, news: FeedNews, *, now_ms: int) -> None:
    """Let `step` publish `news`, guarded by the feed's revision counter."""
    data = FeedChanged(
        feed=urn_of(news.feed_id),
        revision=news.revision + 1,
        url=news.url,
        title=clip(news.title, LINE_BYTES),
        change=news.change,
        detail=clip(news.detail, LINE_BYTES),
        failures=news.failures,
        next_poll=None if news.due_ms is None else instant(news.due_ms),
    )
    step.events.append(
        outbox.event(
            FEED_CHANGED,
            data.feed,
            data.revision,
            data,
            time=instant(now_ms),
            cause=Cause(correlation_id=f"{news.feed_id}-{data.revision}"),
            guard=Guard(keys.key("feed", news.feed_id)),
        )
    )


def add_drop(step: Effects, keys: Keys, outbox: Outbox, drop: Drop, *, now_ms: int) -> None:
    """Let `step` publish `drop`, guarded by the article's counter of drops; several of one article follow each other."""
    guard = Guard(keys.key("article", drop.article_id), "dropped")
    sequence = drop.drops + 1 + sum(event.guard == guard for event in step.events)
    data = ItemDropped(
        article=urn_of(drop.article_id),
        sequence=sequence,
        code=drop.code,
        detail=clip(drop.detail, LINE_BYTES),
        stage="fetcher",
        feed=urn_of(drop.feed_id),
        guid=clip(drop.guid, LINE_BYTES),
        url=clip(drop.url, LINE_BYTES),
        title=clip(drop.title, LINE_BYTES),
        status=drop.http_status,
        first_seen=instant(drop.first_seen_ms),
    )
    cause = Cause(correlation_id=drop.correlation_id)
    step.events.append(
        outbox.event(
            ITEM_DROPPED, data.article, sequence, data, time=instant(now_ms), cause=cause, guard=guard
        )
    )
    keep_counter(step, guard, sequence)


def keep_counter(step: Effects, guard: Guard, revision: int) -> None:
    """Give the counter's hash its life; it has to exist for that, and the event writes its counter only afterwards."""
    step.op("HSET", guard.key, guard.field, revision)
    step.op("EXPIRE", guard.key, STATE_SECONDS)
