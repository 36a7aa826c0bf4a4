"""What a document says beyond its new items."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from copytaster.fetcher.dates import FeedTime
from copytaster.fetcher.document import FeedItem
from copytaster.fetcher.findings import Findings, findings_of
from copytaster.fetcher.identity import keyed
from copytaster.fetcher.items import KnownArticle, candidates, judge
from copytaster.fetcher.list_steps import AT_ONCE, START_GAP_MS, start_delay_ms

NOW = datetime(2021, 11, 22, 14, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
FEED = "0" * 32


def items(*names: str, hours: Mapping[str, float] | None = None) -> list[FeedItem]:
    """An item a name; `hours` says how many hours ago it came out."""
    ages = hours or {}
    return [
        FeedItem(
            guid=name,
            url=f"https://bote.example/{name}",
            title=name,
            published=FeedTime(NOW - timedelta(hours=ages[name]), has_time=True) if name in ages else None,
        )
        for name in names
    ]


def found(listed: list[FeedItem], remembered: list[FeedItem], *, same_article: str = "") -> Findings:
    """The findings of a feed that remembers some items; `same_article` is known by its address alone."""
    document = keyed(listed)
    seen = {one.key: one.revision for one in keyed(remembered)}
    fresh = candidates(FEED, document, seen)
    known = {
        one.article_id: KnownArticle(FEED, one.revision) for one in fresh if one.item.guid == same_article
    }
    return findings_of(document, judge(FEED, fresh, known), remembers=bool(seen), now_ms=NOW_MS)


def test_items_are_counted_as_arrived_or_known() -> None:
    """Two of three were known."""
    result = found(items("a", "b", "c"), items("a", "b"))

    assert (result.listed, result.known, result.arrived, result.wanted) == (3, 2, 1, 1)
    assert not result.overflow


def test_a_document_without_a_known_item_may_have_lost_some() -> None:
    """Unless the feed is new, or lists nothing."""
    assert found(items("c", "d"), items("a", "b")).overflow
    assert not found(items("c", "d"), []).overflow
    assert not found([], items("a", "b")).overflow


def test_a_feed_that_gives_an_item_a_new_guid_has_lost_none() -> None:
    """Its article is known."""
    result = found(items("c"), items("a"), same_article="c")

    assert (result.known, result.arrived, result.overflow) == (1, 0, False)


def test_the_window_goes_back_to_the_oldest_item_pinned_ones_aside() -> None:
    """A tenth of the items may be pinned; dates of the future say nothing."""
    names = [f"n{number}" for number in range(10)]
    hours = {name: float(number + 1) for number, name in enumerate(names)} | {"n9": 9000.0}
    result = found(items(*names, hours=hours), [])

    assert result.oldest_ms == NOW_MS - 9 * 3_600_000
    assert found(items("a", hours={"a": -5}), []).oldest_ms is None
    assert found(items("a"), []).oldest_ms is None


def test_a_handful_of_new_feeds_is_polled_at_once_and_more_one_after_the_other() -> None:
    """Whoever tries it waits for nothing, and a large import is no burst."""
    assert [start_delay_ms(number) for number in (0, AT_ONCE - 1, AT_ONCE, AT_ONCE + 99)] == [
        0,
        0,
        START_GAP_MS,
        100 * START_GAP_MS,
    ]
