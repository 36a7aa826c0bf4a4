"""What a feed remembers of its items."""

from __future__ import annotations

from copytaster.fetcher.document import FeedItem
from copytaster.fetcher.items import Keyed
from copytaster.fetcher.memory import FORGET_DAYS, MIN_REMEMBERED, Memory

TODAY = 19_000


def document(*keys: str) -> list[Keyed]:
    """A document of items with these keys, all of revision `r`."""
    return [Keyed(key, "r", FeedItem()) for key in keys]


def test_a_memory_survives_its_way_through_redis() -> None:
    """What `updates` writes is what `from_hash` reads."""
    updates = Memory().updates(document("a", "b"), TODAY)

    again = Memory.from_hash({key.encode(): value.encode() for key, value in updates.items()})

    assert again.revisions == {"a": "r", "b": "r"}
    assert again.updates(document("a", "b"), TODAY) == {}


def test_an_item_that_stays_is_written_again_once_a_day() -> None:
    """The day tells when it was last in the document."""
    memory = Memory({"a": ("r", TODAY)})

    assert memory.updates(document("a"), TODAY + 1) == {"a": f"r {TODAY + 1}"}


def test_a_broken_entry_is_forgotten() -> None:
    """What another hand wrote does not stop a poll."""
    assert Memory.from_hash({b"a": b"r", b"b": b"\xff x", b"c": b"r 7"}).revisions == {"c": "r"}


def test_an_item_leaves_when_it_has_not_been_there_for_long() -> None:
    """One that is in the document stays, however old its entry."""
    memory = Memory(
        {"old": ("r", TODAY - FORGET_DAYS - 1), "here": ("r", TODAY - 999), "new": ("r", TODAY - 1)}
    )

    assert memory.forgotten(document("here"), TODAY) == ["old"]


def test_a_memory_is_bounded_and_the_longest_absent_leave_first() -> None:
    """A feed with a new guid at every poll does not fill Redis."""
    entries = {f"k{number:05}": ("r", TODAY - number // 200) for number in range(2 * MIN_REMEMBERED)}

    forgotten = Memory(entries).forgotten(document("here"), TODAY)

    assert len(entries) - len(forgotten) == MIN_REMEMBERED - 1
    assert set(forgotten) >= {key for key, (_, day) in entries.items() if day == TODAY - 4}
