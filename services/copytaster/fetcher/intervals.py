"""The interval of a feed that answers: the pace of all feeds, within the bounds of the operator, the publisher, the document.

Pure: the random number is an argument. The bounds from below win over those from above: a publisher's word weighs more
than an item that may slip through.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from copytaster.fetcher.pace import Bounds, paced
from copytaster.fetcher.schedule import JITTER, MAX_INTERVAL_SECONDS, jittered

WINDOW_SHARE: Final = 0.5
"""A feed is polled at the latest when half of what its document holds may have changed (research/fetching.md, 6)."""


def most_interval(*, window_seconds: float | None, shrunk_seconds: float | None) -> float:
    """The longest interval of a feed that answers.

    `window_seconds` is how far back its document goes, `shrunk_seconds` what an overflow has cut the interval to.
    """
    window = math.inf if window_seconds is None else WINDOW_SHARE * window_seconds
    return max(min(window, shrunk_seconds or math.inf, float(MAX_INTERVAL_SECONDS)), 1.0)


SHRINK_ON_OVERFLOW: Final = 0.5
GROW_AFTER_OVERFLOW: Final = 1.25
"""After an overflow the interval is halved and grows back by a quarter with each document: four polls for a halving."""


def shrunk_after(shrunk_seconds: float | None, *, overflow: bool, elapsed_seconds: float) -> float | None:
    """The longest interval after a document that came `elapsed_seconds` after the one before; None for no such bound.

    `overflow`: the document held nothing that was known, so that items may have slipped through.
    """
    if overflow:
        return max(SHRINK_ON_OVERFLOW * elapsed_seconds, 1.0)
    if shrunk_seconds is None or shrunk_seconds * GROW_AFTER_OVERFLOW >= MAX_INTERVAL_SECONDS:
        return None
    return shrunk_seconds * GROW_AFTER_OVERFLOW


class Why(StrEnum):
    """What decided when a feed is polled next."""

    OWN = "own"
    PACE = "pace"
    PUBLISHER = "publisher"
    WINDOW = "window"
    OVERFLOW = "overflow"
    SKIPPED = "skipped"
    FAILING = "failing"
    RETRY_AFTER = "retry_after"
    BLOCKED = "blocked"
    DORMANT = "dormant"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the feeds of the desk are polled: the pace (see `pace`), and the shortest interval of all."""

    seconds: float
    shortest_seconds: float


@dataclass(frozen=True, slots=True)
class Timing:
    """What a feed's interval follows from: its own one if an operator set it, its rate, and its bounds."""

    own_seconds: float | None
    rate: float
    publisher_seconds: float = 0.0
    """What the publisher asks for at least."""
    window_seconds: float | None = None
    shrunk_seconds: float | None = None

    def bounds(self, pace: Pace) -> Bounds:
        """Between what the interval lies; an operator's own one leaves no room."""
        if self.own_seconds is not None:
            return Bounds(self.own_seconds, self.own_seconds)
        most = most_interval(window_seconds=self.window_seconds, shrunk_seconds=self.shrunk_seconds)
        return Bounds(max(pace.shortest_seconds, self.publisher_seconds), most)

    def interval(self, pace: Pace) -> float:
        """The interval of a feed that answers, before jitter."""
        return paced(self.rate, pace.seconds, self.bounds(pace))

    def why(self, pace: Pace) -> Why:
        """What decides `interval`."""
        bounds, interval = self.bounds(pace), self.interval(pace)
        if self.own_seconds is not None:
            return Why.OWN
        if interval == bounds.least:
            return Why.PUBLISHER if bounds.least > pace.shortest_seconds else Why.PACE
        if interval < bounds.most or bounds.most == MAX_INTERVAL_SECONDS:
            return Why.PACE
        return Why.OVERFLOW if bounds.most == self.shrunk_seconds else Why.WINDOW


def poll_wait(timing: Timing, pace: Pace, *, chance: float, first: bool = False) -> float:
    """Seconds until a feed that answered is polled again; `chance` is a random number in [0, 1).

    Jitter never leads out of the bounds. After its `first` poll a feed waits for any part of its interval above the
    shortest, so that feeds that were added together drift apart at once.
    """
    bounds, interval = timing.bounds(pace), timing.interval(pace)
    if timing.own_seconds is not None:
        return jittered(interval, chance)
    if bounds.least >= bounds.most:
        return bounds.least * (1 + JITTER * chance)
    low = bounds.least if first else max(interval * (1 - JITTER), bounds.least)
    high = min(interval * (1 + JITTER), bounds.most)
    return low + chance * (high - low)
