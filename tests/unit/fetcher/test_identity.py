"""Feeds whose guids or addresses do not last are told from feeds with news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from copytaster.fetcher.dates import FeedTime
from copytaster.fetcher.document import FeedItem
from copytaster.fetcher.identity import Level, keyed, lasting_level
from copytaster.fetcher.items import candidates
from copytaster.fetcher.memory import Memory

TODAY = 19_000
DAY = FeedTime(datetime(2021, 11, 22, 14, tzinfo=UTC), has_time=True)


def items(*numbers: int, salt: str = "", urls: str = "", title: str = "Meldung") -> list[FeedItem]:
    """Items of a document; `salt` goes into the guids and `urls` into the addresses."""
    return [
        FeedItem(
            guid=f"{number}{salt}",
            url=f"https://bote.example/{number}?sid={urls}",
            title=f"{title} {number}",
            published=DAY,
            summary="Heute.",
        )
        for number in numbers
    ]


def remembered(document: list[FeedItem]) -> Memory:
    """The memory after one poll of `document`."""
    fields = Memory().updates(keyed(document), TODAY)
    return Memory.from_hash({key.encode(): value.encode() for key, value in fields.items()})


def level_after(first: list[FeedItem], second: list[FeedItem]) -> Level:
    """The level at which `second` is read after `first`."""
    return lasting_level(keyed(second), Level.GUID, remembered(first).entries)


def test_guids_that_are_new_at_every_poll_give_way_to_the_addresses() -> None:
    """The addresses are known, so it is the guids that do not last."""
    assert level_after(items(*range(10)), items(*range(10), salt="#2")) is Level.URL


def test_guids_and_addresses_that_are_new_at_every_poll_give_way_to_titles() -> None:
    """A session number in the address."""
    second = items(*range(10), salt="#2", urls="99")

    assert level_after(items(*range(10)), second) is Level.TITLE


def test_a_document_of_news_changes_nothing() -> None:
    """New guids with new addresses and titles are what a feed is for."""
    assert level_after(items(*range(10)), items(*range(10, 20), salt="#2")) is Level.GUID


def test_many_items_under_one_title_are_not_taken_for_known() -> None:
    """A live desk calls everything `Live`; one known title says nothing of forty items."""
    first = [replace(item, title="Live") for item in items(*range(10))]
    second = [replace(item, title="Live") for item in items(*range(20, 30))]

    assert level_after(first, second) is Level.GUID


def test_a_short_document_is_no_proof() -> None:
    """Two items with new guids may be a correction."""
    assert level_after(items(1, 2), items(1, 2, salt="#2")) is Level.GUID


def test_the_switch_itself_brings_no_flood() -> None:
    """At the very poll that proves the guids volatile, the items are known by their addresses."""
    memory = remembered(items(*range(10)))
    second = keyed(items(*range(10), salt="#2"), Level.URL)

    assert candidates("f", second, memory.held(second, Level.URL)) == []


@settings(deadline=None)
@given(st.sets(st.integers(0, 60), min_size=1, max_size=40), st.sets(st.integers(0, 60), max_size=40))
def test_a_feed_with_lasting_guids_is_never_switched(first: set[int], second: set[int]) -> None:
    """Whatever comes and goes, known guids speak for themselves."""
    assert level_after(items(*first), items(*second)) is Level.GUID
