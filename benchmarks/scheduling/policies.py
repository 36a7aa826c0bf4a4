"""Ways to decide when a feed is polled next: the product's own, and those it is compared with.

Each has one knob, by which all of them are brought to the same number of polls.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final, Protocol

from copytaster.fetcher.intervals import Pace, Timing, poll_wait, shrunk_after
from copytaster.fetcher.pace import Arrivals, census_class, solve_pace
from copytaster.fetcher.schedule import jittered

DAY: Final = 86_400.0
SHORTEST: Final = 300.0
"""No policy polls a feed more often than every five minutes: miniflux' limit and our default."""

SOLVE_SECONDS: Final = 600.0
"""How often the pace is solved: less often than by a fetcher, whose feeds are few at first."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What a poll found: when, after how long, how many new items of how many listed, the age of the oldest listed."""

    at: float
    elapsed: float
    new: int
    listed: int
    window: float | None


class Policy(Protocol):
    """Decides for all feeds of one run."""

    def next_wait(self, feed: int, poll: Poll) -> float:
        """Seconds until the feed is polled again."""


@dataclass
class Fixed:
    """Every feed after the same time."""

    knob: float
    rng: random.Random = field(default_factory=lambda: random.Random(1))

    def next_wait(self, feed: int, poll: Poll) -> float:
        """The same for all."""
        return jittered(self.knob, self.rng.random())


@dataclass
class ByRate:
    """As miniflux' entry_frequency: a week, by `knob` times the items of the last week; 5 minutes to 24 hours."""

    knob: float
    seen: dict[int, Arrivals] = field(default_factory=dict)
    rng: random.Random = field(default_factory=lambda: random.Random(1))

    def next_wait(self, feed: int, poll: Poll) -> float:
        """The shorter the more the feed brings."""
        arrivals = self.seen.get(feed, Arrivals()).after(poll.new, poll.elapsed)
        self.seen[feed] = arrivals
        wait = DAY / (self.knob * arrivals.rate)
        return jittered(min(max(wait, SHORTEST), DAY), self.rng.random())


@dataclass
class Additive:
    """As Media Cloud's rss-fetcher: an hour less after mostly new items, ten minutes more after mostly known ones.

    Its steps and its least interval are scaled by `knob`, so that it can be brought to any number of polls.
    """

    knob: float
    waits: dict[int, float] = field(default_factory=dict)
    rng: random.Random = field(default_factory=lambda: random.Random(1))

    def next_wait(self, feed: int, poll: Poll) -> float:
        """A step up or down."""
        wait = self.waits.get(feed, 3600.0 * self.knob)
        share_known = 1 - poll.new / max(poll.listed, 1)
        if share_known >= 0.67:
            wait += 600.0 * self.knob
        elif share_known < 0.33:
            wait -= 3600.0 * self.knob
        wait = min(max(wait, 600.0 * self.knob), DAY)
        self.waits[feed] = wait
        return jittered(max(wait, SHORTEST), self.rng.random())


@dataclass
class Ours:
    """The product's: its estimate of the rate, its bounds, its census, and a pace solved from it."""

    knob: float
    """The budget, in polls per second."""

    seen: dict[int, Arrivals] = field(default_factory=dict)
    shrunk: dict[int, float | None] = field(default_factory=dict)
    classes: dict[int, str] = field(default_factory=dict)
    census: dict[str, int] = field(default_factory=dict)
    pace: float = 0.0
    solved_at: float = -1e9
    rng: random.Random = field(default_factory=lambda: random.Random(1))

    def next_wait(self, feed: int, poll: Poll) -> float:
        """As the fetcher decides."""
        arrivals = self.seen.get(feed, Arrivals()).after(poll.new, poll.elapsed)
        self.seen[feed] = arrivals
        shrunk = shrunk_after(
            self.shrunk.get(feed), overflow=poll.new >= poll.listed > 0, elapsed_seconds=poll.elapsed
        )
        self.shrunk[feed] = shrunk
        timing = Timing(None, arrivals.rate, window_seconds=poll.window, shrunk_seconds=shrunk)
        self._count(feed, census_class(arrivals.rate, timing.bounds(Pace(self.pace, SHORTEST))))
        if poll.at - self.solved_at >= SOLVE_SECONDS:
            self.pace = solve_pace(self.census, polls_per_second=self.knob, shortest_seconds=SHORTEST)
            self.solved_at = poll.at
        return poll_wait(timing, Pace(self.pace, SHORTEST), chance=self.rng.random())

    def _count(self, feed: int, name: str) -> None:
        before = self.classes.get(feed)
        if before != name:
            self.classes[feed] = name
            self.census[name] = self.census.get(name, 0) + 1
            if before is not None:
                self.census[before] -= 1
