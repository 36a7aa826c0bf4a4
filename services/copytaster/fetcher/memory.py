"""What a feed remembers of its items: key to revision and the day the item was last in the document.

Pure. The memory is bounded: an item leaves when it has not been in the document for long, or when the memory has grown
far beyond the document's size. It then counts as new if it comes back, and its article's own state says whether it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from copytaster.fetcher.items import Keyed

FORGET_DAYS: Final = 60
"""Longer than any feed of the corpus goes back without listing an item (research/fetching.md, 6)."""

MIN_REMEMBERED: Final = 500
"""Up to here nothing is forgotten for reasons of space: 45 bytes each, measured (research/fetching.md, 6)."""

TIMES_DOCUMENT: Final = 4
"""Beyond MIN_REMEMBERED a feed remembers this many times the items of its document."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The `seen` hash of one feed: item key to (revision, day number since 1970)."""

    entries: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    @staticmethod
    def from_hash(fields: Mapping[bytes, bytes]) -> Memory:
        """The memory in a Redis hash as redis-py gives it; a value of another form is forgotten."""
        entries = {}
        for key, value in fields.items():
            revision, _, day = value.decode("ascii", errors="replace").partition(" ")
            if day.isdigit():
                entries[key.decode("ascii", errors="replace")] = (revision, int(day))
        return Memory(entries)

    @property
    def revisions(self) -> dict[str, str]:
        """Item key to revision."""
        return {key: revision for key, (revision, _day) in self.entries.items()}

    def updates(self, document: Iterable[Keyed], today: int) -> dict[str, str]:
        """The hash fields to write after seeing `document` on day `today`: only those that differ."""
        return {
            item.key: f"{item.revision} {today}"
            for item in document
            if self.entries.get(item.key) != (item.revision, today)
        }

    def forgotten(self, document: Iterable[Keyed], today: int) -> list[str]:
        """The keys to remove after seeing `document`: those absent for FORGET_DAYS, then the longest absent ones."""
        here = {item.key for item in document}
        absent = sorted((day, key) for key, (_revision, day) in self.entries.items() if key not in here)
        room = max(MIN_REMEMBERED, TIMES_DOCUMENT * len(here)) - len(here)
        excess = max(len(absent) - max(room, 0), 0)
        return [key for place, (day, key) in enumerate(absent) if place < excess or today - day > FORGET_DAYS]
