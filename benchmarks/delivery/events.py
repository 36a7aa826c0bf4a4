"""The events of the delivery benchmark: fetched articles of about 1.5 KB, the same for every contestant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from copytaster.keys import Keys
from copytaster.streams.effects import Cause, Outbox
from copytaster_schemas import ArticleFetched, FeedItem
from copytaster_schemas.registry import ARTICLE_FETCHED

KEYS: Final = Keys("bench")
GROUP: Final = "passer"
SOURCE: Final = KEYS.stream("articles")
TARGET: Final = KEYS.stream("stories")
BATCH: Final = 64
"""Entries per read: the default of the setting `batch_entries`; the other contestants read as many."""

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
_SENTENCE: Final = "Der Hafen von Karstadt bleibt nach Angaben der Behörde bis Freitag gesperrt. "


def article(number: int) -> ArticleFetched:
    """Article `number`: eleven fields with a nested item and its lists, about 1.5 KB of JSON."""
    address = f"https://nordpost.example/hafen/{number}"
    return ArticleFetched(
        article=f"urn:uuid:{number:032x}",
        sequence=1,
        item=FeedItem(
            feed="urn:uuid:500afa12-c26c-5dae-bff3-fbf88d42d9ff",
            feed_url="https://nordpost.example/feed.xml",
            feed_title="Nordpost",
            outlet="nordpost.example",
            guid=address,
            url=address,
            title=f"Hafen von Karstadt bleibt gesperrt, Tag {number}",
            summary=7 * _SENTENCE,
            authors=["Anna Vogt", "Jan Petersen"],
            categories=["Hafen", "Wirtschaft", "Karstadt"],
            published=NOON,
            language="de",
            first_seen=NOON,
            revision_hash=f"{number:016x}",
        ),
        requested_url=address,
        final_url=address,
        status=200,
        content_type="text/html; charset=utf-8",
        headers={"etag": f'"{number:x}"', "last-modified": "Sun, 01 Mar 2026 12:00:00 GMT"},
        fetched=NOON,
        dataref=f"page:{number:032x}",
        byte_count=48211,
    )


def entry(number: int) -> dict[bytes, bytes]:
    """The fields of the entry that tells of article `number`."""
    told = article(number)
    event = Outbox(KEYS, "bench").event(
        ARTICLE_FETCHED, told.article, 1, told, time=NOON, cause=Cause(f"bench-{number}"), guard=None
    )
    return dict(event.fields)
