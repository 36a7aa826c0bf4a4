"""What is stored of a wanted article, and what events carry of its item."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from copytaster.fetcher.dates import FeedTime
from copytaster.fetcher.document import FeedItem
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.identity import keyed
from copytaster.fetcher.items import Candidate, candidates
from copytaster.fetcher.wanted import CONTENT_BYTES, ITEM_BYTES, Wanted, clip, correlation_of, event_item

FEED = FeedState("a" * 32, url="https://bote.example/rss", outlet="bote.example", title="Der Bote")
ITEM = FeedItem(guid="g", url="https://bote.example/a", title="Titel", summary="Kurz.")
FIRST_SEEN_MS = 1_637_589_906_250


def candidate(item: FeedItem) -> Candidate:
    """The item as a candidate."""
    return candidates(FEED.feed_id, keyed([item]), {})[0]


def test_the_first_sight_travels_with_the_item() -> None:
    """It is the hour in which the item is counted."""
    event = event_item(FEED, candidate(ITEM), "de", FIRST_SEEN_MS)

    assert event.first_seen == datetime(2021, 11, 22, 14, 5, 6, 250_000, tzinfo=UTC)
    assert (event.feed, event.outlet, event.language) == (FEED.urn, "bote.example", "de")


def test_a_date_without_a_time_is_not_given_out_as_a_time() -> None:
    """Midnight would pass for the time of publication; the event says that it is a date."""
    day = FeedTime(datetime(2021, 11, 22, tzinfo=UTC), has_time=False)

    event = event_item(FEED, candidate(replace(ITEM, published=day)), None, FIRST_SEEN_MS)

    assert (event.published, event.published_precision) == (day.at, "date")
    assert event_item(FEED, candidate(ITEM), None, FIRST_SEEN_MS).published_precision is None


@pytest.mark.parametrize("letter", ["x", "ж", '"', "\x01", "\U0001f600"])
def test_no_item_makes_an_event_too_large(letter: str) -> None:
    """Whatever the characters, and however they are written as JSON."""
    long = letter * 100_000
    item = FeedItem(
        "g" * 9999, "https://bote.example/a", long, None, None, long, long, (long,) * 99, (long,) * 99
    )

    event = event_item(FEED, candidate(item), long, FIRST_SEEN_MS)

    assert len(event.to_json()) <= ITEM_BYTES
    assert len((event.content or "").encode()) <= CONTENT_BYTES


def test_a_text_is_cut_between_characters() -> None:
    """Never in the middle of one."""
    assert clip("жж", 3) == "ж"
    assert clip("ab", 5) == "ab"
    assert clip("\ud800b", 5) == "?b"
    assert clip("", 5) is None
    assert clip(None, 5) is None


def test_a_wanted_article_survives_its_way_through_redis() -> None:
    """The stored item is the event's item."""
    event = event_item(FEED, candidate(ITEM), "de", FIRST_SEEN_MS)
    fields = {
        b"feed": FEED.feed_id.encode(),
        b"url": b"https://bote.example/a",
        b"host": b"bote.example",
        b"item": event.to_json(),
        b"revision": b"r",
        b"correlation_id": b"c",
        b"fence": b"4",
    }

    wanted = Wanted.from_hash("b" * 32, fields)

    assert (wanted.item, wanted.fence, wanted.tries) == (event, 4, 0)


@pytest.mark.parametrize("missing", [b"item", b"fence", b"url"])
def test_an_entry_without_its_parts_is_told_from_a_bug(missing: bytes) -> None:
    """KeyError or ValueError, so that the lane can take it out."""
    fields = {
        name: b"1" for name in (b"feed", b"url", b"host", b"revision", b"correlation_id", b"fence", b"item")
    }
    del fields[missing]

    with pytest.raises((KeyError, ValueError)):
        Wanted.from_hash("b" * 32, fields)


def test_the_correlation_names_item_and_revision() -> None:
    """A revision is followed under a name of its own."""
    one, other = candidate(ITEM), candidate(replace(ITEM, summary="Lang."))

    assert correlation_of("f1", one) == correlation_of("f1", candidate(ITEM))
    assert len({correlation_of("f1", one), correlation_of("f2", one), correlation_of("f1", other)}) == 3
