"""When a published page is looked at again, and what is kept for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytaster.fetcher.refetch import PageMemory, memory_of, next_look_ms, proof_ms, refreshed
from copytaster.fetcher.wanted import Page, Wanted
from copytaster_schemas import FeedItem
from copytaster_schemas.identity import feed_urn

OFFSETS = (900.0, 3_600.0, 21_600.0, 86_400.0)
SEEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEN_MS = int(SEEN.timestamp() * 1000)


def item(published: datetime | None = SEEN, **more: str) -> FeedItem:
    """An item first seen at SEEN."""
    return FeedItem(
        feed=feed_urn("f"), guid="g", first_seen=SEEN, revision_hash="r", published=published, **more
    )


def after(seconds: float, found: FeedItem | None = None) -> float | None:
    """Seconds after the first sight of the look that follows `seconds` after it."""
    due = next_look_ms(found or item(), SEEN_MS + int(seconds * 1000), OFFSETS)
    return None if due is None else (due - SEEN_MS) / 1000


@pytest.mark.parametrize(
    ("now", "due"),
    [(1, 900), (899, 900), (900, 3_600), (3_700, 21_600), (80_000, 86_400), (86_400, None), (999_999, None)],
)
def test_looks_come_at_their_times_after_the_first_sight(now: float, due: float | None) -> None:
    """A look that was missed is not made up for, so that an outage brings no storm."""
    assert after(now) == due


def test_a_page_that_was_old_when_it_came_is_not_looked_at_again() -> None:
    """A new feed brings weeks of items."""
    assert after(1, item(SEEN - timedelta(days=2))) is None
    assert after(1, item(None)) == 900


def test_looks_can_be_turned_off() -> None:
    """By a setting."""
    assert next_look_ms(item(), SEEN_MS, ()) is None


@settings(deadline=None)
@given(st.floats(0, 200_000), st.lists(st.floats(1, 100_000), max_size=6))
def test_a_look_lies_ahead_and_there_are_no_more_than_asked_for(now: float, offsets: list[float]) -> None:
    """Whatever the offsets are."""
    at, looks = SEEN_MS + int(now * 1000), 0
    while (due := next_look_ms(item(), at, offsets)) is not None:
        assert due > at
        at, looks = due, looks + 1
    assert looks <= len(offsets)


def test_a_missing_page_is_asked_for_again_after_the_shortest_wait() -> None:
    """Even when it was the last look that found it missing."""
    assert proof_ms(SEEN_MS, OFFSETS) == SEEN_MS + 900_000


def wanted(found: FeedItem) -> Wanted:
    """A want of the item."""
    return Wanted("a" * 32, "f" * 32, "https://bote.example/a", "bote.example", found, "r", "c", 0, 1)


def test_what_is_kept_of_a_page_survives_its_way_through_redis_and_is_small() -> None:
    """Validators byte for byte; the texts of the item are not kept."""
    headers = {"etag": 'W/"v  1"', "last-modified": "Mon, 22 Nov 2021  09:00:00 GMT"}
    page = Page("https://bote.example/a", 200, headers, b"<p>")

    kept = memory_of(wanted(item(summary="x" * 8_000, content="y" * 9_000, title="Fähre")), page, "0" * 16)

    assert PageMemory.from_json(kept.to_json().encode()) == kept
    assert len(kept.to_json()) < 600
    assert kept.conditions == {
        "If-None-Match": 'W/"v  1"',
        "If-Modified-Since": "Mon, 22 Nov 2021  09:00:00 GMT",
    }


def test_an_answer_brings_its_validators_and_ends_a_suspicion() -> None:
    """One without any keeps the old ones (RFC 9110, 15.4.5)."""
    kept = PageMemory(item(), "old", "then", "0", missing=1)

    assert refreshed(kept, {}) == PageMemory(item(), "old", "then", "0")
    assert refreshed(kept, {"etag": "new"}) == PageMemory(item(), "new", "", "0")
