"""When items come out, replayed from the dates of real feeds: their gaps with their bursts, at rates of news feeds.

The real feeds of the corpus are mostly blogs, so that only the pattern of their gaps is taken, not their rate: rates are
drawn from a lognormal distribution with a median of 8 items a day (research/fetching.md, 0.6). Nights are quieter.
"""

from __future__ import annotations

import gzip
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import Final

from copytaster.fetcher.document import UnreadableFeed
from copytaster.fetcher.parsing import parse_feed

DAY: Final = 86_400.0
MIN_GAPS: Final = 15
"""With fewer dated items a feed says little of its bursts."""

MEDIAN_RATE: Final = 8.0
SIGMA: Final = 1.5
"""Spread of the logarithm of rates; of the real feeds it is larger still (2.2)."""

MAX_RATE: Final = 500.0
BULK_SECONDS: Final = 60.0
"""A feed most of whose items came within a minute of each other was filled by a machine, not by an editor."""

BLOCK: Final = 8
"""Gaps that are drawn together, so that a burst stays one."""

NIGHT_HOURS: Final = 7
NIGHT_SHARE: Final = 0.25
"""For so many hours a day a feed brings a quarter of its usual items."""


@dataclass(frozen=True, slots=True)
class Source:
    """One simulated feed: when its items come out (seconds, ascending) and how many its document lists."""

    times: tuple[float, ...]
    listed: int


def real_gaps(folder: Path) -> list[list[float]]:
    """The gaps of each real feed with enough dated items, scaled to a mean of 1, oldest first."""
    found = []
    for path in sorted(folder.glob("*.gz")):
        try:
            document = parse_feed(gzip.decompress(path.read_bytes()))
        except UnreadableFeed:
            continue
        dated = [item.published.at for item in document.items if item.published and item.published.has_time]
        times = sorted({at.timestamp() for at in dated})
        gaps = _without_pinned([later - earlier for earlier, later in pairwise(times)])
        if len(gaps) >= MIN_GAPS and median(gaps) >= BULK_SECONDS:
            found.append([gap / fmean(gaps) for gap in gaps])
    return found


def _without_pinned(gaps: list[float]) -> list[float]:
    """The gaps without those that alone make up half of the time: such an item is pinned, not the last before a burst."""
    while gaps and 2 * max(gaps) > sum(gaps):
        gaps.remove(max(gaps))
    return gaps


def sources(patterns: Sequence[Sequence[float]], *, feeds: int, days: float, seed: int) -> list[Source]:
    """So many simulated feeds over so many days, the same for the same seed."""
    rng = random.Random(seed)
    made = []
    for number in range(feeds):
        rate = min(rng.lognormvariate(math.log(MEDIAN_RATE), SIGMA), MAX_RATE)
        pattern = patterns[number % len(patterns)]
        listed = max(20, len(pattern) + 1)
        times = tuple(_times(_bootstrap(pattern, rng), rate, days * DAY, rng.random() * DAY))
        made.append(Source(times, listed))
    return made


def _bootstrap(pattern: Sequence[float], rng: random.Random) -> Iterator[float]:
    """Gaps without end, blocks of the pattern in any order."""
    while True:
        start = rng.randrange(len(pattern))
        yield from (pattern[at % len(pattern)] for at in range(start, start + BLOCK))


def _times(gaps: Iterator[float], rate: float, end: float, start: float) -> Iterator[float]:
    """Times of a feed that brings `rate` items a day, by a clock that is slow at night."""
    slow = NIGHT_SHARE
    usual = (DAY - NIGHT_HOURS * 3600 * (1 - slow)) / DAY
    at = start
    for gap in gaps:
        left = gap * DAY / rate * usual
        while left > 0:
            hour = at % DAY / 3600
            speed, edge = (slow, NIGHT_HOURS) if hour < NIGHT_HOURS else (1.0, 24)
            step = min(left / speed, (edge - hour) * 3600 + 1e-6)
            left -= step * speed
            at += step
        if at >= end:
            return
        yield at
