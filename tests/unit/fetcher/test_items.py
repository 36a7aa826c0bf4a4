"""Identity and revision of feed items, and the verdict on each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from copytaster.fetcher.dates import FeedTime
from copytaster.fetcher.document import FeedItem
from copytaster.fetcher.identity import item_key, keyed, revision_of
from copytaster.fetcher.items import Candidate, KnownArticle, Verdict, candidates, judge

DAY = FeedTime(datetime(2021, 11, 22, 14, tzinfo=UTC), has_time=True)
ITEM = FeedItem(
    guid="g1", url="https://bote.example/a", title="Brücke offen", published=DAY, summary="Heute."
)


def found(*items: FeedItem, seen: dict[str, str] | None = None) -> list[Candidate]:
    """The candidates among `items` of feed `f1`."""
    return candidates("f1", keyed(items), seen or {})


def test_the_guid_alone_is_the_identity() -> None:
    """An item that moves to another address or gets another title stays the same item."""
    moved = replace(ITEM, url="https://bote.example/b", title="Brücke zu")

    assert item_key(moved) == item_key(ITEM)


def test_items_that_share_a_guid_are_told_apart_by_their_address() -> None:
    """Some feeds give every item the guid of the channel."""
    other = replace(ITEM, url="https://bote.example/b")

    assert len({item.key for item in keyed([ITEM, other])}) == 2


def test_without_a_guid_the_address_is_the_identity_whatever_trackers_it_carries() -> None:
    """The comparison key of the URL is used, not its spelling."""
    one = replace(ITEM, guid=None)
    other = replace(ITEM, guid=None, url="http://www.bote.example/a?utm_source=rss")

    assert item_key(one) == item_key(other)


def test_without_guid_and_address_title_and_day_are_the_identity() -> None:
    """The same title on another day is another item."""
    one = FeedItem(title="Wetter", published=DAY)
    other = FeedItem(title="Wetter", published=FeedTime(datetime(2021, 11, 23, tzinfo=UTC), has_time=False))

    assert item_key(one) != item_key(other)


CHANGES = {
    "title": replace(ITEM, title="Brücke zu"),
    "summary": replace(ITEM, summary="Gestern."),
    "summary gone": replace(ITEM, summary=None),
    "content": replace(ITEM, content="<p>x</p>"),
    "updated": replace(ITEM, updated=DAY),
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_a_change_of_the_text_or_of_the_update_is_a_revision(changed: FeedItem) -> None:
    """Each of these fields counts."""
    assert revision_of(changed) != revision_of(ITEM)


def test_a_change_of_anything_else_is_no_revision() -> None:
    """Authors, categories and the address say nothing of the text."""
    other = replace(ITEM, url="https://bote.example/b", authors=("A",), categories=("B",), published=None)

    assert revision_of(other) == revision_of(ITEM)


def test_only_what_the_feed_does_not_remember_is_a_candidate_oldest_first() -> None:
    """Feeds list the newest item first; articles are fetched in the order in which they came out."""
    older = replace(ITEM, guid="g0", url="https://bote.example/0")
    known = replace(ITEM, guid="g9", url="https://bote.example/9")
    seen = {item_key(known): revision_of(known)}

    assert [one.item.guid for one in found(ITEM, known, older, seen=seen)] == ["g0", "g1"]


def test_a_new_article_is_new() -> None:
    """Nobody has brought it yet."""
    assert [one.verdict for one in judge("f1", found(ITEM), {})] == [Verdict.NEW]


def verdict_for(known: KnownArticle, item: FeedItem = ITEM) -> Verdict:
    """The verdict on `item` of feed `f1` when `known` is stored of its article."""
    candidate = found(item)[0]
    return judge("f1", [candidate], {candidate.article_id: known})[0].verdict


def test_an_article_that_another_feed_brought_is_a_duplicate() -> None:
    """It is fetched once, whichever feed is polled first."""
    assert verdict_for(KnownArticle(feed_id="f2", revision="x")) is Verdict.DUPLICATE


def test_another_text_from_the_feed_that_brought_the_article_is_a_revision() -> None:
    """Corrections are fetched again."""
    assert verdict_for(KnownArticle(feed_id="f1", revision="x")) is Verdict.REVISED


def test_a_feed_that_changes_its_guids_brings_no_flood() -> None:
    """The same text of the same article under a new guid is nothing new."""
    assert verdict_for(KnownArticle(feed_id="f1", revision=revision_of(ITEM))) is Verdict.KNOWN


def test_one_article_twice_in_a_document_is_fetched_once() -> None:
    """The second item of it counts as a duplicate."""
    again = replace(ITEM, guid="g2", title="Brücke offen (2)")

    assert [one.verdict for one in judge("f1", found(ITEM, again), {})] == [Verdict.NEW, Verdict.DUPLICATE]


@pytest.mark.parametrize("url", [None, "mailto:a@b.example", "https://", "javascript:void(0)", "http://[::1"])
def test_an_item_without_a_web_address_cannot_be_fetched(url: str | None) -> None:
    """It is left out with a reason, not lost."""
    assert verdict_for(KnownArticle(), replace(ITEM, url=url)) is Verdict.UNADDRESSED


def test_the_address_to_fetch_loses_its_trackers_and_nothing_else() -> None:
    """A comparison key is never fetched."""
    item = replace(ITEM, url="https://www.bote.example/a?id=7&utm_source=rss&page=2")

    assert found(item)[0].url == "https://www.bote.example/a?id=7&page=2"


TEXT = "<p>" + "Die Fähre fährt ab Montag wieder nach Olpenitz und zurück. " * 12 + "</p>"


def test_an_item_without_an_address_that_gives_its_text_is_an_article_of_its_feed() -> None:
    """Wire feeds and newsletters have such items: feed and guid name the article."""
    item = replace(ITEM, url=None, content=TEXT)

    assert verdict_for(KnownArticle(), item) is Verdict.NEW
    assert found(item)[0].article_id != candidates("f2", keyed([item]), {})[0].article_id


def test_a_guid_that_comes_back_with_another_address_and_title_is_a_new_article() -> None:
    """Some systems number their items and begin again."""
    reused = replace(ITEM, url="https://bote.example/b", title="Fähre fährt", summary="Morgen.")
    [candidate] = found(reused, seen={item_key(ITEM): revision_of(ITEM)})

    assert candidate.revised
    assert judge("f1", [candidate], {})[0].verdict is Verdict.NEW


def test_a_link_of_an_aggregator_is_followed_as_far_as_it_can_be_read() -> None:
    """The outlet's address is fetched; a link that hides it is an obstacle with a name."""
    carried = replace(ITEM, url="https://www.google.com/url?q=https://bote.example/a%3Fid%3D7&sa=U")
    opaque = replace(ITEM, guid="g2", url="https://news.google.com/rss/articles/CBMiAAAA")

    assert {one.item.guid: (one.url, one.obstacle) for one in found(carried, opaque)} == {
        "g1": ("https://bote.example/a?id=7", None),
        "g2": (None, "aggregator_link"),
    }
