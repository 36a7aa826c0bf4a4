"""How the polls that an operator allows are shared out among the feeds: the rate of a feed, and one pace for all.

Pure. With a fixed number of polls the total delay until items are seen is least when the interval of a feed grows with
one over the square root of its rate (research/fetching.md, 0.6): interval = pace / sqrt(rate). The pace is found from a
census of the feeds, so that all intervals together meet the budget. Rates are items a day, times seconds.

An hour profile would go into the rate, a fast lane into the least interval of its feeds, WebSub into a longer interval of
the feeds whose hub is trusted; none of them is built.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

DAY_SECONDS: Final = 86_400

MEMORY_DAYS: Final = 7.0
"""What a feed brought counts for about a week: the shortest time that holds a weekend (research/fetching.md, 6)."""

PRIOR_ITEMS: Final = 1.0
PRIOR_DAYS: Final = 1.0
"""A feed of which nothing is known is taken for one with an item a day (research/fetching.md, 6)."""

BUSY_RATE: Final = 24.0
"""With an item an hour a feed is worth the shortest interval. Slower ones are asked less often even when the budget
would allow it: a publisher with an item a week has no use for our polls."""

STEPS_AN_OCTAVE: Final = 4
"""The census counts rates and bounds on a scale of quarter octaves; what it gets wrong by that (9 % at most, either way)
evens out over the feeds."""

MAX_PACE: Final = 1e9
"""A pace at which every feed is at its longest interval."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Items that came in over so many days; both fade with MEMORY_DAYS."""

    items: float = 0.0
    days: float = 0.0

    def after(self, new_items: int, elapsed_seconds: float) -> Arrivals:
        """The arrivals after `new_items` came in `elapsed_seconds`."""
        elapsed_days = max(elapsed_seconds, 0.0) / DAY_SECONDS
        kept = math.exp(-elapsed_days / MEMORY_DAYS)
        return Arrivals(self.items * kept + new_items, self.days * kept + MEMORY_DAYS * (1 - kept))

    @property
    def rate(self) -> float:
        """Items a day: the mean of the Gamma distribution after the arrivals; never 0."""
        return (self.items + PRIOR_ITEMS) / (self.days + PRIOR_DAYS)

    def pack(self) -> str:
        """The stored form, to three digits."""
        return f"{self.items:.3g} {self.days:.3g}"

    @staticmethod
    def unpack(text: str | None) -> Arrivals:
        """The arrivals of a stored form; none for an absent or broken one."""
        try:
            items, days = (float(part) for part in (text or "").split())
        except ValueError:
            return Arrivals()
        return Arrivals(items, days)

    @staticmethod
    def of_ages(ages_seconds: Iterable[float]) -> Arrivals:
        """What the ages of a document's items say of a feed that is seen for the first time."""
        ages = sorted(age for age in ages_seconds if age >= 0)
        if not ages:
            return Arrivals()
        days = min(ages[-1] / DAY_SECONDS, MEMORY_DAYS)
        return Arrivals(sum(age <= days * DAY_SECONDS for age in ages), days)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which intervals a feed is polled; where they contradict each other the least one holds."""

    least: float
    most: float


def paced(rate: float, pace: float, bounds: Bounds) -> float:
    """The interval of a feed."""
    return max(min(pace / math.sqrt(rate), bounds.most), bounds.least)


def least_pace(shortest_seconds: float) -> float:
    """The pace at which a feed of BUSY_RATE is polled at the shortest interval; no budget makes it faster."""
    return shortest_seconds * math.sqrt(BUSY_RATE)


def census_class(rate: float, bounds: Bounds) -> str:
    """The class in which the census counts a feed, such as `12.33.65`."""
    return ".".join(str(_step(value)) for value in (rate, bounds.least, max(bounds.most, bounds.least)))


def _step(value: float) -> int:
    return round(STEPS_AN_OCTAVE * math.log2(value))


def _value(step: str) -> float:
    return float(2.0 ** (int(step) / STEPS_AN_OCTAVE))


def solve_pace(census: Mapping[str, int], *, polls_per_second: float, shortest_seconds: float) -> float:
    """The least pace at which the feeds of the census need no more than `polls_per_second`.

    When their longest intervals need more, that pace is MAX_PACE: an interval is never longer than a feed can stand.
    """
    rows = [
        (count, *(_value(part) for part in name.split("."))) for name, count in census.items() if count > 0
    ]

    def load(pace: float) -> float:
        return sum(count / paced(rate, pace, Bounds(least, most)) for count, rate, least, most in rows)

    low = least_pace(shortest_seconds)
    if load(low) <= polls_per_second:
        return low
    high = MAX_PACE
    if load(high) > polls_per_second:
        return high
    while high / low > 1.001:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if load(middle) <= polls_per_second else (middle, high)
    return high
