"""When the fetcher has to wait for the services behind it, and for Redis' memory. Pure; no I/O.

The fetcher is the only one who brings anything in, so it is the one that stops: what is in the streams is worked off, and what is
worked off takes less room than before. Between the limit and the release lies a gap, so that it does not stutter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from copytaster.streams.backlog import Backlog, Memory

RELEASE_SHARE: Final = 0.8
"""Claiming goes on when the backlog is under this share of its limit: about a minute of work later at the default."""

RELEASE_PERCENT: Final = 3.0
"""Claiming goes on when memory is so many percent of the maximum under its limit."""

FOLLOW_BYTES: Final = 32 * 1024
"""What one waiting article may add to Redis on its way to a cluster: story, links, record, index. Measured are 13 KB for stories of 2.4 kB
of text (deploy/sizing.md); longer ones take more. It is counted as used while it waits, so that the services behind can finish."""

TIGHT_SHARE: Final = 0.5
"""From here on memory is asked for before each page that is put into Redis."""

FULL_SHARE: Final = 0.9
"""No page is put in above it. The last tenth is for those who take out: commits of the other services need room before they free some."""


class Reason(StrEnum):
    """What the fetcher waits for."""

    BACKLOG = "backlog"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on the fetcher waits: entries before one of our groups, percent of Redis' maxmemory."""

    entries: int
    memory_percent: float


@dataclass(frozen=True, slots=True)
class Load:
    """What waits for our groups, and Redis' memory."""

    backlogs: Sequence[Backlog] = ()
    memory: Memory = field(default_factory=Memory)

    @property
    def waiting(self) -> int:
        """Entries before all of our groups."""
        return sum(entries_of(one) for one in self.backlogs)

    @property
    def memory_percent(self) -> float:
        """Used memory and what the waiting entries will add, in percent of the maximum; 0 without a maximum."""
        used, limit = self.memory.used_bytes, self.memory.limit_bytes
        if not used or not limit:
            return 0.0
        return 100 * (used + self.waiting * FOLLOW_BYTES) / limit


@dataclass(frozen=True, slots=True)
class Hold:
    """That the fetcher waits: why, in words, and since when (ms since 1970)."""

    reason: Reason
    detail: str
    since_ms: int = 0


def entries_of(backlog: Backlog) -> int:
    """Entries that a group has not finished; where the server cannot tell what is undelivered, those in hand alone."""
    return (backlog.lag or 0) + backlog.pending


def hold_of(load: Load, limits: Limits, held: Hold | None) -> Hold | None:
    """Whether the fetcher has to wait; `held` is what it waits for at present, and ends later than it began."""
    percent = limits.memory_percent - (RELEASE_PERCENT if held and held.reason is Reason.MEMORY else 0.0)
    if load.memory_percent > percent:
        words = f"Redis' memory is used to {load.memory_percent:.0f} %, what waits in streams included"
        return Hold(Reason.MEMORY, f"{words}; the limit is {limits.memory_percent:g} %")
    entries = limits.entries * (RELEASE_SHARE if held and held.reason is Reason.BACKLOG else 1.0)
    for backlog in sorted(load.backlogs, key=entries_of, reverse=True):
        if entries_of(backlog) > entries:
            words = f"{entries_of(backlog)} entries of {backlog.stream} wait for the {backlog.group}"
            return Hold(Reason.BACKLOG, f"{words}; the limit is {limits.entries}")
    return None


def has_room(memory: Memory, byte_count: int) -> bool:
    """Whether a page of so many bytes may be put into Redis."""
    if not memory.limit_bytes or memory.used_bytes is None:
        return True
    return memory.used_bytes + byte_count <= FULL_SHARE * memory.limit_bytes
