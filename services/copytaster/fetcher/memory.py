"""What a feed remembers of its items: key to revision, the day the item was last in the document, and its marks.

Pure. The memory is bounded: an item leaves when it has not been in the document for long, or when the memory has grown
far beyond the document's size. It then counts as new if it comes back, and its article's own state says whether it is.
Beside the items lie two fields of the feed as a whole: the level that names its items, and its account of revisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from copytaster.fetcher.identity import Keyed, Level, Marks, Remembered
from copytaster.fetcher.revisions import NO_REVISIONS, Account

FORGET_DAYS: Final = 60
"""Longer than any feed of the corpus goes back without listing an item (research/fetching.md, 6)."""

MIN_REMEMBERED: Final = 500
"""Up to here nothing is forgotten for reasons of space: 60 bytes each at most (research/fetching.md, 7)."""

TIMES_DOCUMENT: Final = 4
"""Beyond MIN_REMEMBERED a feed remembers this many times the items of its document."""

LEVEL: Final = "level"
ACCOUNT: Final = "account"


@dataclass(frozen=True, slots=True)
class Memory:
    """The `seen` hash of one feed: what it remembers by item key, what names its items, its account of revisions."""

    entries: Mapping[str, Remembered] = field(default_factory=dict)
    level: Level = Level.GUID
    account: Account = NO_REVISIONS

    @staticmethod
    def from_hash(fields: Mapping[bytes, bytes]) -> Memory:
        """The memory in a Redis hash as redis-py gives it; a value of another form is forgotten."""
        values = {
            key.decode("ascii", "replace"): value.decode("ascii", "replace") for key, value in fields.items()
        }
        level, account = values.pop(LEVEL, ""), values.pop(ACCOUNT, "")
        entries = {key: found for key, value in values.items() if (found := _remembered(value)) is not None}
        return Memory(entries, Level(level) if level in set(Level) else Level.GUID, Account.parse(account))

    def held(self, document: Iterable[Keyed], level: Level) -> dict[str, str]:
        """Item key to the revision remembered, for the items of `document` that are known by key or by mark."""
        by_mark = (
            {one.marks.at(level): one.revision for one in self.entries.values()}
            if level != Level.GUID
            else {}
        )
        by_mark.pop("", None)
        held = {}
        for item in document:
            if (entry := self.entries.get(item.key)) is not None:
                held[item.key] = entry.revision
            elif (revision := by_mark.get(item.marks.at(level))) is not None:
                held[item.key] = revision
        return held

    def updates(
        self,
        document: Iterable[Keyed],
        today: int,
        *,
        level: Level = Level.GUID,
        account: Account = NO_REVISIONS,
    ) -> dict[str, str]:
        """The hash fields to write after seeing `document` on day `today`: only those that differ."""
        changed = {
            item.key: _written(item, today)
            for item in document
            if self.entries.get(item.key) != Remembered(item.revision, today, item.marks)
        }
        if level is not self.level:
            changed[LEVEL] = level.value
        if account != self.account:
            changed[ACCOUNT] = str(account)
        return changed

    def forgotten(self, document: Iterable[Keyed], today: int) -> list[str]:
        """The keys to remove after seeing `document`: those absent for FORGET_DAYS, then the longest absent ones."""
        here = {item.key for item in document}
        absent = sorted((entry.day, key) for key, entry in self.entries.items() if key not in here)
        room = max(MIN_REMEMBERED, TIMES_DOCUMENT * len(here)) - len(here)
        excess = max(len(absent) - max(room, 0), 0)
        return [key for place, (day, key) in enumerate(absent) if place < excess or today - day > FORGET_DAYS]


def _remembered(value: str) -> Remembered | None:
    revision, day, url, title = (*value.split(" "), "", "", "")[:4]
    return Remembered(revision, int(day), Marks(url, title)) if day.isdigit() else None


def _written(item: Keyed, today: int) -> str:
    return f"{item.revision} {today} {item.marks.url} {item.marks.title}"
