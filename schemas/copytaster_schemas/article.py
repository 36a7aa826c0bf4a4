"""`copytaster.article.fetched.v1`: this feed item's article was fetched; its bytes lie behind `dataref`."""

from __future__ import annotations

from pydantic import Field

from copytaster_schemas.base import EventModel, Instant


class FeedItem(EventModel):
    """What the feed said of the item, as parsed: never a whole feed, and no larger than 16 KiB of text a field."""

    feed: str = Field(description="urn of the feed")
    feed_url: str | None = None
    feed_title: str | None = None
    outlet: str | None = Field(default=None, description="the outlet as the feed list names it")
    guid: str | None = None
    url: str | None = Field(default=None, description="the item's link as the feed gives it, made absolute")
    title: str | None = None
    summary: str | None = None
    content: str | None = Field(default=None, description="full text in the feed, HTML")
    content_truncated: bool | None = Field(
        default=None, description="true where the feed's text is longer than `content`"
    )
    authors: list[str] = Field(default_factory=list)
    categories: list[str] = Field(default_factory=list)
    published: Instant | None = None
    published_precision: str | None = Field(
        default=None, description="`date` where the feed gave no time; absent = exact"
    )
    updated: Instant | None = None
    language: str | None = None
    first_seen: Instant
    revision_hash: str = Field(description="hash of title, summary, content and updated")


class ArticleFetched(EventModel):
    """A fetched article: where it came from, and where its bytes lie until the extractor has committed it."""

    article: str = Field(description="urn of the article")
    sequence: int = Field(ge=1, description="fetch sequence of this article; a later one supersedes")
    item: FeedItem
    requested_url: str
    final_url: str
    status: int = Field(description="HTTP status of the page; 0 where no page was asked for")
    content_type: str | None = None
    headers: dict[str, str] = Field(
        default_factory=dict, description="a few response headers, lower-case names"
    )
    fetched: Instant
    dataref: str = Field(description="Redis key of the page's bytes, without the desk's prefix")
    byte_count: int = Field(ge=0)
    ledger_hour: str | None = Field(
        default=None,
        description="hour (UTC, `2026-11-22T09`) in which this revision of the item was first seen and is counted; "
        "absent for a fetch that no item asked for",
    )
    text_from: str | None = Field(
        default=None,
        description="`feed`: the bytes are the text that the feed gives, for there is no page to be had; absent = the page",
    )
    page_failure: str | None = Field(
        default=None, description="with text_from: why there is no page, a code of reasons.DROP_CODES"
    )
    refetch: bool | None = Field(
        default=None, description="true: a later look at a published page that no feed asked for"
    )
