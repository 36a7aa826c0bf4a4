"""When a cluster closes and what is kept of it afterwards. Pure: reads no clock.

open, no news for the window  ->  closed: its members stay known, their texts for three days more
closed for three days         ->  the texts of its members go; a story keeps version, counter and cluster
closed for ninety days        ->  a tombstone: its state and revision, for ever
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from copytaster.deduplicator.clusters import CLOSED, OPEN
from copytaster.keys import DAY_SECONDS, RECORD_SECONDS, STATE_SECONDS, WINDOW_DAYS

DAY_MS: Final = DAY_SECONDS * 1000

RECORD_MS: Final = RECORD_SECONDS * 1000
"""The life of a record from its last comparison, or from its last renewal."""

GRACE_MS: Final = RECORD_MS - WINDOW_DAYS * DAY_MS
"""How long the texts outlive the closing: the three days of the store of record (design 4). A late copy still finds them."""

TOMBSTONE_MS: Final = STATE_SECONDS * 1000
"""How long a closed cluster knows its members: as long as the extractor tells a revision of a story from a new one."""


class Step(StrEnum):
    """What is due for a cluster."""

    WAIT = "wait"
    RENEW = "renew"
    """Its oldest record would expire although the cluster is open (design 4: kept while its cluster is open)."""
    CLOSE = "close"
    FORGET_TEXTS = "forget_texts"
    BURY = "bury"


@dataclass(frozen=True, slots=True)
class Life:
    """The times of a cluster in milliseconds since 1970.

    `changed_ms` is its last change, `kept_until_ms` when the first record of a member expires (0: texts are gone or going).
    """

    state: str
    changed_ms: int
    kept_until_ms: int

    def closes_at(self, close_ms: int) -> int:
        """When an open cluster closes if nothing comes; `close_ms` is how long it stays open without news."""
        return self.changed_ms + close_ms

    def next_look(self, close_ms: int) -> int | None:
        """When somebody has to look at it again; None for a cluster that needs no more looks."""
        if self.state == OPEN:
            return min(self.closes_at(close_ms), self.kept_until_ms - DAY_MS)
        if self.state == CLOSED:
            return self.changed_ms + (GRACE_MS if self.kept_until_ms else TOMBSTONE_MS)
        return None

    def step(self, now_ms: int, close_ms: int) -> Step:
        """What is due at `now_ms`."""
        look = self.next_look(close_ms)
        if look is None or now_ms < look:
            return Step.WAIT
        if self.state == OPEN:
            return Step.CLOSE if now_ms >= self.closes_at(close_ms) else Step.RENEW
        return Step.FORGET_TEXTS if self.kept_until_ms else Step.BURY
