"""A feed item whose article is to be fetched: what is stored of it, and the event data made from it.

Pure. The stored form is the `item` hash; the item as the feed gave it lies in it as JSON of the event model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from copytaster.fetcher.dates import FeedTime
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.items import Candidate
from copytaster.text.feedtext import full_text
from copytaster_schemas import FeedItem
from copytaster_schemas.identity import urn_of

CONTENT_BYTES: Final = 16 * 1024
"""Full text of the feed that travels along (schemas: no field above 16 KiB); the page has the rest."""

TEXT_BYTES: Final = 256 * 1024
"""Whole text of the feed that waits with the want, in case that there is no page: longer than any article."""

SUMMARY_BYTES: Final = 8 * 1024
LINE_BYTES: Final = 2 * 1024
"""Titles, guids, addresses."""

NAMES: Final = 50
"""Authors and categories that travel along; the corpus' largest item has 32 categories."""

NAME_BYTES: Final = 100

ITEM_BYTES: Final = 48 * 1024
"""The item as JSON; with it the whole event stays under 64 KiB (design 3) even when every character is escaped."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One claimed item."""

    article_id: str
    feed_id: str
    url: str
    host: str
    item: FeedItem
    revision: str
    correlation_id: str
    tries: int
    fence: int
    hour: str | None = None
    """The hour in which the ledger counts the item; None for a fetch that is none."""
    text: bytes | None = None
    """The whole text in the feed, HTML in UTF-8, where `item` has no room for it or nothing else is to be had."""
    page: bytes | None = None
    """What is kept of a page that was published before (`refetch.PageMemory`); None where there is none."""

    @property
    def urn(self) -> str:
        """The urn of the article."""
        return urn_of(self.article_id)

    @property
    def whole_text(self) -> bytes | None:
        """The whole text of the article as the feed gives it; None where the feed has only a teaser."""
        if self.text is not None:
            return self.text
        text = full_text(self.item.content, self.item.summary)
        return text.encode() if text else None

    @staticmethod
    def from_hash(article_id: str, fields: Mapping[bytes, bytes]) -> Wanted:
        """The item in a Redis hash as redis-py gives it; ValueError (pydantic's too) or KeyError when it is broken."""
        values = {name.decode(): value for name, value in fields.items()}
        return Wanted(
            article_id=article_id,
            feed_id=values["feed"].decode(),
            url=values["url"].decode(),
            host=values["host"].decode(),
            item=FeedItem.model_validate_json(values["item"]),
            revision=values["revision"].decode(),
            correlation_id=values["correlation_id"].decode(),
            tries=int(values.get("tries", b"0")),
            fence=int(values["fence"]),
            hour=values["hour"].decode() if values.get("hour") else None,
            text=values.get("text"),
            page=values.get("page"),
        )


def correlation_of(feed_id: str, candidate: Candidate) -> str:
    """32 hexadecimal digits that name this item in this revision, in every log line and event that follows from it."""
    text = f"{feed_id}\n{candidate.key}\n{candidate.revision}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def event_item(feed: FeedState, candidate: Candidate, language: str | None, first_seen_ms: int) -> FeedItem:
    """The item as events carry it, within the limits above.

    A bare date of publication is said to be one, or it would pass for midnight; a bare date of change is left out.
    """
    item = candidate.item
    event = FeedItem(
        feed=feed.urn,
        feed_url=clip(feed.url, LINE_BYTES),
        feed_title=clip(feed.title, LINE_BYTES),
        outlet=clip(feed.outlet, LINE_BYTES),
        guid=clip(item.guid, LINE_BYTES),
        url=clip(item.url, LINE_BYTES),
        title=clip(item.title, LINE_BYTES),
        summary=clip(item.summary, SUMMARY_BYTES),
        content=clip(item.content, CONTENT_BYTES),
        content_truncated=True if _is_longer(item.content, CONTENT_BYTES) else None,
        authors=_names(item.authors),
        categories=_names(item.categories),
        published=item.published.at if item.published else None,
        published_precision="date" if item.published and not item.published.has_time else None,
        updated=_instant(item.updated),
        language=clip(language, NAME_BYTES),
        first_seen=datetime.fromtimestamp(first_seen_ms / 1000, UTC),
        revision_hash=candidate.revision,
    )
    for spare in ("content", "summary", "categories"):
        if len(event.to_json()) > ITEM_BYTES:
            event = event.model_copy(update={spare: [] if spare == "categories" else None})
    if event.content is None and item.content:
        event = event.model_copy(update={"content_truncated": True})
    return event


def feed_text(candidate: Candidate, event: FeedItem) -> bytes | None:
    """The whole text of the article where `event`, which waits with the want, does not hold it; cut to TEXT_BYTES."""
    text = full_text(candidate.item.content, candidate.item.summary)
    if text is None or text in (event.content, event.summary):
        return None
    return (clip(text, TEXT_BYTES) or "").encode()


def _is_longer(text: str | None, max_bytes: int) -> bool:
    return text is not None and len(text.encode("utf-8", errors="replace")) > max_bytes


def _names(names: tuple[str, ...]) -> list[str]:
    return [text for name in names[:NAMES] if (text := clip(name, NAME_BYTES))]


def _instant(time: FeedTime | None) -> datetime | None:
    return time.at if time is not None and time.has_time else None


def clip(text: str | None, max_bytes: int) -> str | None:
    """`text` cut to `max_bytes` of UTF-8 at a character's end, lone surrogates replaced; None stays None."""
    if text is None:
        return None
    raw = text.encode("utf-8", errors="replace")
    return raw[:max_bytes].decode("utf-8", errors="ignore") or None


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched page: where it lay in the end, the HTTP status and headers (lower-case names), its bytes inflated."""

    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class FeedText:
    """The whole text of an article as its feed gives it, taken because there is no page.

    `failure` says why the page is not to be had, with its HTTP `status` where there was an answer; None and 0 where the
    item has no address. `final_url` is the article's address, else the feed's.
    """

    final_url: str
    body: bytes
    status: int = 0
    failure: str | None = None
