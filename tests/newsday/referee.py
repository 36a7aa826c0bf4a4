"""What the origin of a news day saw, held against the rules of politeness. Pure.

Every finding is one line; none means that all is well. A request whose fetcher was killed, or lost its lease, before the answer was
committed may be repeated as if it had not been made: those, and only those, are excused. Of a poll the fetcher's closing line tells
that it was committed; of a page that was on its way when something was killed nobody knows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from tests.newsday.plan import (
    CRAWL_DELAY_SECONDS,
    MAX_AGE_SECONDS,
    Day,
    FeedKind,
    HostKind,
)

COMMIT_SECONDS: Final = 20.0
"""From the answer for a page to its commit, on a busy machine; a kill within it may lose the answer."""

GRACE_SECONDS: Final = 4.0
"""A request that was claimed before another one's 429 was known may still go out; 2.2 s measured on a machine with twenty
times the work it can do."""

PROBE_SHARE: Final = 1 / 40
"""One poll in fifty probes whether a feed's validators tell the truth (research/fetching.md, 6), and a few more by chance."""

LATE_SHARE: Final = 0.05
"""Of two requests the first may be late on its way, so that the gap between them looks short: 0 to 0.4 % measured, 1.3 % on a
machine with twenty times the work it can do."""

SLACK_SECONDS: Final = 0.25
"""Clocks are read before and after a request has travelled."""

WINDOW: Final = 10
"""Requests over which the spacing has to hold with no more than one gap missing: one may be late, ten are not."""

MAX_OPEN: Final = 4
"""Requests open at one host at a time: two polls and two pages."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; times in seconds of the day."""

    at: float
    end: float
    host: str
    path: str
    open: int
    status: int = 0
    if_none_match: str | None = None
    if_modified_since: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    not_before: float | None = None

    @staticmethod
    def of(note: Mapping[str, Any]) -> Asked:
        """The request of a note."""
        return Asked(**note)

    @property
    def is_hop(self) -> bool:
        """Whether a redirect led here: it is a part of the request before."""
        return self.path.startswith("/to/")

    @property
    def conditions(self) -> tuple[str | None, str | None]:
        """The validators that were sent."""
        return self.if_none_match, self.if_modified_since

    @property
    def validators(self) -> tuple[str | None, str | None]:
        """The validators that were served."""
        return self.etag, self.last_modified


class Referee:
    """Looks at one day; `shocks` are the times of kills and restarts, `settled` those of committed polls by host and path."""

    def __init__(
        self,
        day: Day,
        asked: Iterable[Asked],
        shocks: Sequence[float],
        settled: Mapping[tuple[str, str], Sequence[float]],
    ) -> None:
        self._day = day
        self._asked = sorted(asked, key=lambda one: one.at)
        self._shocks = shocks
        self._lost_polls = set(self._unsettled(settled))
        self._kinds = {host.name: host.kind for host in day.hosts}
        self.polls = 0
        self.unconditional = 0
        """Polls that could have been conditional and were not."""
        self.gaps = 0
        """Pairs of requests of one host and lane that follow each other."""
        self.short_gaps = 0
        """Those that are less than half as far apart as they have to be."""

    def findings(self) -> list[str]:
        """All that is against the rules."""
        return [
            *self._spacing(),
            *self._robots(),
            *self._patience(),
            *self._conditions(),
            *self._crowds(),
        ]

    def _unsettled(self, settled: Mapping[tuple[str, str], Sequence[float]]) -> Iterator[Asked]:
        """The polls of which no commit is told before the next request for the feed."""
        polls: defaultdict[tuple[str, str], list[Asked]] = defaultdict(list)
        for one in self._asked:
            if self._is_feed(one):
                polls[one.host, one.path.removeprefix("/to")].append(one)
        for key, requests in polls.items():
            times = settled.get(key, ())
            for one, following in zip(requests, [*requests[1:], None], strict=True):
                end = following.at if following is not None else float("inf")
                if not any(one.at <= at <= end + SLACK_SECONDS for at in times):
                    yield one

    def _is_lost(self, one: Asked) -> bool:
        if self._is_feed(one):
            return one in self._lost_polls
        return any(one.at - SLACK_SECONDS <= shock <= one.end + COMMIT_SECONDS for shock in self._shocks)

    def _is_feed(self, one: Asked) -> bool:
        return (one.host, one.path.removeprefix("/to")) in self._day.feed_at

    def _spacing(self) -> Iterator[str]:
        lanes: defaultdict[tuple[str, str], list[Asked]] = defaultdict(list)
        for one in self._asked:
            if not one.is_hop:
                lanes[one.host, "feeds" if self._is_feed(one) else "pages"].append(one)
        for (host, lane), requests in lanes.items():
            least = self._day.size.spacing_seconds
            if lane == "feeds":
                least = min(least, 1.0)
            elif self._kinds[host] is HostKind.DELAY:
                least = max(least, CRAWL_DELAY_SECONDS)
            times = [one.at for one in requests]
            self.gaps += max(len(times) - 1, 0)
            self.short_gaps += sum(later - earlier < 0.5 * least for earlier, later in pairwise(times))
            for first, last in zip(times, times[WINDOW - 1 :], strict=False):
                if last - first < (WINDOW - 2) * least:
                    yield f"{host} {lane}: {WINDOW} requests within {last - first:.2f} s at {last:.1f}"
        if self.short_gaps > LATE_SHARE * self.gaps:
            yield f"{self.short_gaps} of {self.gaps} gaps are shorter than half of what they have to be"

    def _robots(self) -> Iterator[str]:
        read: dict[str, float] = {}
        looks: Counter[str] = Counter()
        for one in self._asked:
            if one.path == "/robots.txt":
                looks[one.host] += not self._is_lost(one)
                read.setdefault(one.host, one.end)
            elif not self._is_feed(one):
                kind = self._kinds[one.host]
                if one.at < read.get(one.host, float("inf")):
                    yield f"{one.host}{one.path}: a page before robots.txt"
                if kind is HostKind.DOWN or (kind is HostKind.CLOSED and "/intern/" in one.path):
                    yield f"{one.host}{one.path}: forbidden by robots.txt"
        yield from (f"{host}: robots.txt read {count} times" for host, count in looks.items() if count > 1)

    def _patience(self) -> Iterator[str]:
        """Retry-After of 429 (the host) and 503 (the feed), and max-age."""
        held_hosts: dict[str, Asked] = {}
        held_feeds: dict[tuple[str, str], Asked] = {}
        polled: dict[tuple[str, str], Asked] = {}
        for one in self._asked:
            held = held_hosts.get(one.host)
            if held and held.end + GRACE_SECONDS < one.at < (held.not_before or 0) - SLACK_SECONDS:
                yield f"{one.host}{one.path}: asked at {one.at:.1f}, 429 until {held.not_before:.1f}"
            if one.status == 429 and not self._is_lost(one):
                held_hosts[one.host] = one
            key = (one.host, one.path.removeprefix("/to"))
            feed = self._day.feed_at.get(key)
            if feed is None:
                continue
            busy = held_feeds.pop(key, None)
            if busy is not None and one.at < (busy.not_before or 0) - SLACK_SECONDS:
                yield f"{one.host}{one.path}: asked at {one.at:.1f}, 503 until {busy.not_before:.1f}"
            before = polled.pop(key, None)
            if before is not None and one.at - before.at < MAX_AGE_SECONDS - SLACK_SECONDS:
                yield f"{one.host}{one.path}: polled after {one.at - before.at:.1f} s, max-age {MAX_AGE_SECONDS}"
            if one.status == 503 and not self._is_lost(one):
                held_feeds[key] = one
            if feed.kind is FeedKind.MAX_AGE and one.status in (200, 304) and not self._is_lost(one):
                polled[key] = one

    def _conditions(self) -> Iterator[str]:
        """Both validators come back byte for byte, those of the last answer."""
        told: dict[tuple[str, str], set[tuple[str | None, str | None]]] = {}
        for one in self._asked:
            key = (one.host, one.path.removeprefix("/to"))
            feed = self._day.feed_at.get(key)
            if feed is None or (feed.kind is FeedKind.MOVED and not one.is_hop):
                continue
            self.polls += 1
            expected = told.get(key, {(None, None)})
            if one.conditions not in expected:
                if one.conditions == (None, None):
                    self.unconditional += 1  # a probe whether the validators tell the truth
                else:
                    yield f"{one.host}{one.path}: asked with {one.conditions}, not {sorted(expected, key=str)}"
            if one.status in (200, 304):
                told[key] = {one.validators} | (expected if self._is_lost(one) else set())
        if self.unconditional > PROBE_SHARE * self.polls:
            yield f"{self.unconditional} of {self.polls} polls ask for a document that is known"

    def _crowds(self) -> Iterator[str]:
        most: Counter[str] = Counter()
        for one in self._asked:
            most[one.host] = max(most[one.host], one.open)
        yield from (f"{host}: {count} requests open" for host, count in most.items() if count > MAX_OPEN)
