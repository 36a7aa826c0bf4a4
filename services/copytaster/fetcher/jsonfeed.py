"""Reads JSON Feed 1.0 and 1.1 (jsonfeed.org), tolerant of what generators get wrong.

Pure. Items of a wrong type are passed over; a document that says nowhere that it is a JSON Feed and has no list of
items is no feed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from copytaster.fetcher.dates import parse_feed_date
from copytaster.fetcher.document import (
    MAX_ITEMS,
    FeedDocument,
    FeedItem,
    UnreadableFeed,
    absolute,
    identity,
    item_url,
    plain_text,
    text_or_none,
    unique_texts,
)
from copytaster.fetcher.outcomes import Failure

_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"


def looks_like_json(body: bytes) -> bool:
    """Whether the first character that is no blank opens a JSON object or list."""
    return body[:64].lstrip(_BLANKS)[:1] in (b"{", b"[")


def parse_json_feed(body: bytes, *, url: str | None = None) -> FeedDocument:
    """The document in `body`; raises UnreadableFeed for JSON that is no feed, and for broken JSON."""
    try:
        document = json.loads(body.decode("utf-8-sig", errors="replace"), strict=False)
    except (ValueError, RecursionError) as error:
        raise UnreadableFeed(Failure.NOT_A_FEED, "broken JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("items"), list):
        raise UnreadableFeed(Failure.NOT_A_FEED, "JSON without a list of items")
    site = absolute(text_or_none(document.get("home_page_url")), url)
    items = [item for item in document["items"][:MAX_ITEMS] if isinstance(item, dict)]
    return FeedDocument(
        kind="json",
        title=plain_text(document.get("title")),
        link=site,
        language=text_or_none(document.get("language")),
        items=tuple(_item(item, site or url, _authors(document), url) for item in items),
    )


def _item(
    item: Mapping[str, Any], base: str | None, feed_authors: tuple[str, ...], feed_url: str | None
) -> FeedItem:
    updated = parse_feed_date(text_or_none(item.get("date_modified")))
    guid = item.get("id")
    link = text_or_none(item.get("url")) or text_or_none(item.get("external_url"))
    tags = item.get("tags")
    return FeedItem(
        guid=identity(str(guid)) if isinstance(guid, str | int | float) else None,
        url=item_url(link, base, feed_url),
        title=plain_text(item.get("title")),
        published=parse_feed_date(text_or_none(item.get("date_published"))) or updated,
        updated=updated,
        summary=text_or_none(item.get("summary")),
        content=text_or_none(item.get("content_html")) or text_or_none(item.get("content_text")),
        authors=_authors(item) or feed_authors,
        categories=unique_texts(tags if isinstance(tags, list) else []),
    )


def _authors(owner: Mapping[str, Any]) -> tuple[str, ...]:
    """Names from `authors` (1.1) or `author` (1.0), which some generators write as a plain text."""
    listed = owner.get("authors")
    people = listed if isinstance(listed, list) else [listed or owner.get("author")]
    return unique_texts(person.get("name") if isinstance(person, dict) else person for person in people)
