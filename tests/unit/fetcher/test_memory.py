"""What a feed remembers of its items."""

from __future__ import annotations

from copytaster.fetcher.document import FeedItem
from copytaster.fetcher.identity import Keyed, Level, Marks, Remembered
from copytaster.fetcher.memory import FORGET_DAYS, MIN_REMEMBERED, Memory
from copytaster.fetcher.revisions import Account

TODAY = 19_000


def document(*keys: str) -> list[Keyed]:
    """A document of items with these keys, all of revision `r`."""
    return [Keyed(key, "r", FeedItem()) for key in keys]


def stored(updates: dict[str, str]) -> Memory:
    """What `from_hash` reads of what was written."""
    return Memory.from_hash({key.encode(): value.encode() for key, value in updates.items()})


def test_a_memory_survives_its_way_through_redis() -> None:
    """What `updates` writes is what `from_hash` reads."""
    items = [Keyed("a", "r", FeedItem(), Marks("0a0a0a", "")), *document("b")]

    again = stored(Memory().updates(items, TODAY, level=Level.URL, account=Account(7, 3)))

    assert again.held(items, Level.GUID) == {"a": "r", "b": "r"}
    assert (again.level, again.account) == (Level.URL, Account(7, 3))
    assert again.updates(items, TODAY, level=Level.URL, account=Account(7, 3)) == {}


def test_an_entry_with_all_it_can_have_stays_in_the_compact_form_of_a_hash() -> None:
    """Redis keeps a hash compact while no value has more than 64 bytes."""
    item = Keyed("k" * 16, "f" * 16, FeedItem(), Marks("a" * 6, "b" * 6))

    [(key, value)] = Memory().updates([item], TODAY).items()

    assert len(key) + len(value) <= 56


def test_an_item_that_stays_is_written_again_once_a_day() -> None:
    """The day tells when it was last in the document."""
    memory = Memory({"a": Remembered("r", TODAY)})

    again = stored(memory.updates(document("a"), TODAY + 1))

    assert again.entries == {"a": Remembered("r", TODAY + 1)}


def test_a_broken_entry_is_forgotten() -> None:
    """What another hand wrote does not stop a poll."""
    memory = Memory.from_hash({b"a": b"r", b"b": b"\xff x", b"c": b"r 7", b"level": b"?", b"account": b"x"})

    assert memory == Memory({"c": Remembered("r", 7)})


def test_a_new_key_is_known_by_its_mark_where_marks_name_the_items() -> None:
    """After a switch of the level the keys are others; no item comes as new for that."""
    memory = Memory({"old": Remembered("r", TODAY, Marks("0a0a0a", ""))})
    renamed = [Keyed("new", "r", FeedItem(), Marks("0a0a0a", "")), Keyed("none", "r", FeedItem())]

    assert memory.held(renamed, Level.URL) == {"new": "r"}
    assert memory.held(renamed, Level.GUID) == {}


def test_an_item_leaves_when_it_has_not_been_there_for_long() -> None:
    """One that is in the document stays, however old its entry."""
    days = {"old": TODAY - FORGET_DAYS - 1, "here": TODAY - 999, "new": TODAY - 1}
    memory = Memory({key: Remembered("r", day) for key, day in days.items()})

    assert memory.forgotten(document("here"), TODAY) == ["old"]


def test_a_memory_is_bounded_and_the_longest_absent_leave_first() -> None:
    """A feed with a new guid at every poll does not fill Redis."""
    days = {f"k{number:05}": TODAY - number // 200 for number in range(2 * MIN_REMEMBERED)}
    entries = {key: Remembered("r", day) for key, day in days.items()}

    forgotten = Memory(entries).forgotten(document("here"), TODAY)

    assert len(entries) - len(forgotten) == MIN_REMEMBERED - 1
    assert set(forgotten) >= {key for key, day in days.items() if day == TODAY - 4}
