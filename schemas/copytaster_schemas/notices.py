"""The notices: `feed.changed`, `item.dropped`, `entry.died`, `decision.made`."""

from __future__ import annotations

from pydantic import Field

from copytaster_schemas.base import EventModel, Instant


class FeedChanged(EventModel):
    """What an operator should know of a feed; `change` is an open vocabulary (reasons.FEED_CHANGES)."""

    feed: str
    revision: int = Field(ge=1)
    url: str
    title: str | None = None
    change: str
    detail: str | None = None
    failures: int | None = Field(default=None, ge=0)
    next_poll: Instant | None = None


class ItemDropped(EventModel):
    """An item that was left out on purpose; `code` is an open vocabulary (reasons.DROP_CODES)."""

    article: str
    sequence: int = Field(ge=1)
    code: str
    detail: str | None = None
    stage: str = Field(description="fetcher, extractor or deduplicator")
    feed: str | None = None
    guid: str | None = None
    url: str | None = None
    title: str | None = None
    status: int | None = Field(default=None, description="HTTP status, where there was one")
    first_seen: Instant | None = None


class EntryDied(EventModel):
    """An entry that could not be processed: the entry whole, the error, and how to retry."""

    stream: str
    group: str
    entry_id: str
    fields: dict[str, str] = Field(
        description="the entry's fields; bytes that are not UTF-8 as base64 with prefix"
    )
    code: str
    error: str
    traceback_digest: str | None = None
    failures: int = Field(ge=0)


class DecisionMade(EventModel):
    """An operator's decision about stories or clusters."""

    decision: str
    revision: int = Field(ge=1)
    op: str = Field(description="pin, forbid, merge, split or undo")
    stories: list[str] = Field(default_factory=list)
    others: list[str] = Field(
        default_factory=list, description="of a split: the stories that the named ones leave"
    )
    clusters: list[str] = Field(default_factory=list)
    undoes: str | None = None
    reason: str
    actor: str
