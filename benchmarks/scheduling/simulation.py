"""A desk that polls simulated feeds for some days, and what it took to see each item."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.scheduling.arrivals import DAY, Source
from benchmarks.scheduling.policies import Policy, Poll


@dataclass
class Seen:
    """The polls and the delays (seconds) of the days that were measured."""

    polls: int = 0
    missed: int = 0
    delays: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        """Mean seconds from an item's coming out to the poll that saw it."""
        return sum(self.delays) / len(self.delays)

    def quantile(self, share: float) -> float:
        """The delay that this share of the items stays under."""
        return sorted(self.delays)[int(share * (len(self.delays) - 1))]


def simulate(sources: Sequence[Source], policy: Policy, *, warm_up_days: float, days: float) -> Seen:
    """Poll all sources; the days of warming up teach the policy the feeds and are not measured."""
    seen = Seen()
    start, end = warm_up_days * DAY, (warm_up_days + days) * DAY
    queue = [(600.0 * number / len(sources), number) for number in range(len(sources))]
    heapq.heapify(queue)
    known, last = [0] * len(sources), [0.0] * len(sources)
    while queue[0][0] < end:
        at, number = queue[0]
        source = sources[number]
        upto = bisect_right(source.times, at)
        new = upto - known[number]
        if at >= start:
            seen.polls += 1
            seen.missed += max(new - source.listed, 0)
            seen.delays += [at - one for one in source.times[known[number] : upto] if one >= start]
        window = at - source.times[max(upto - source.listed, 0)] if upto >= source.listed else None
        poll = Poll(at, at - last[number], new, min(upto, source.listed), window)
        known[number], last[number] = upto, at
        heapq.heapreplace(queue, (at + policy.next_wait(number, poll), number))
    return seen


def matched(
    run: Callable[[float], Seen], polls: int, low: float, high: float, *, rises: bool
) -> tuple[float, Seen]:
    """The knob between `low` and `high` at which a policy polls as often as `polls` says (within 1 %), and its run.

    `rises`: more of the knob means more polls.
    """
    for _ in range(30):
        knob = (low * high) ** 0.5
        seen = run(knob)
        if abs(seen.polls - polls) <= 0.01 * polls:
            break
        low, high = (knob, high) if (seen.polls < polls) is rises else (low, knob)
    return knob, seen
