"""The plan of a news day: hosts with their manners, feeds, and when each item comes out. Pure, the same for the same seed.

Origin, referee and driver each make the plan for themselves from the same `Size`; nothing else passes between them but requests.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

BURST: Final = 12
"""Items that a burst brings at one moment."""

MOST_OF_SLOW: Final = 2
"""Items of a feed whose host asks for a crawl delay: more could not be fetched within the day."""

MAX_AGE_SECONDS: Final = 9
RETRY_AFTER_SECONDS: Final = 10
CRAWL_DELAY_SECONDS: Final = 3
SLOW_SECONDS: Final = 2.5


class HostKind(StrEnum):
    """How a host behaves."""

    PLAIN = "plain"
    SLOW = "slow"
    """Pages take SLOW_SECONDS."""
    DELAY = "delay"
    """robots.txt asks for a crawl delay."""
    CLOSED = "closed"
    """robots.txt forbids /intern/, where every third page lies."""
    DOWN = "down"
    """robots.txt answers 500, so that no page may be asked for."""
    LIMITED = "limited"
    """Every twelfth request is answered with 429 and Retry-After."""
    DEAD = "dead"
    """Nobody listens."""


class FeedKind(StrEnum):
    """How a feed is served."""

    BOTH = "both"
    ETAG = "etag"
    MODIFIED = "modified"
    NONE = "none"
    MAX_AGE = "max_age"
    MOVED = "moved"
    """Every answer is a redirect first."""
    BUSY = "busy"
    """Every fourth answer is 503 with a date in Retry-After."""
    VOLATILE = "volatile"
    """The guids change with every document."""


class PageKind(StrEnum):
    """How a page is served."""

    OK = "ok"
    GONE = "gone"
    SHAKY = "shaky"
    """500 the first time."""
    MOVED = "moved"
    """Behind a redirect on the same host."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the day is; `seconds` is the time in which items come out."""

    feeds: int
    hosts: int
    seconds: float
    items_a_feed: float
    interval_seconds: float
    spacing_seconds: float
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Item:
    """One item: out at `at` (seconds of the day), its text changed at `revised_at` if ever."""

    guid: str
    path: str
    at: float
    page: PageKind = PageKind.OK
    revised_at: float | None = None

    def version(self, now: float) -> int:
        """0 before it is out, then 1, then 2."""
        return int(now >= self.at) + int(self.revised_at is not None and now >= self.revised_at)


@dataclass(frozen=True, slots=True)
class Host:
    """One host: its name, the address it stands at, how it behaves."""

    name: str
    address: str
    kind: HostKind


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed; `shared` are items that another feed of the host has, too."""

    host: Host
    path: str
    kind: FeedKind
    items: tuple[Item, ...]
    shared: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """The whole day."""

    size: Size
    hosts: tuple[Host, ...]
    feeds: tuple[Feed, ...]
    feed_at: Mapping[tuple[str, str], Feed] = field(default_factory=dict)
    item_at: Mapping[tuple[str, str], Item] = field(default_factory=dict)


_HOST_KINDS: Final = {
    HostKind.SLOW: 0.06,
    HostKind.DELAY: 0.08,
    HostKind.CLOSED: 0.08,
    HostKind.DOWN: 0.04,
    HostKind.LIMITED: 0.1,
    HostKind.DEAD: 0.05,
}


def make_day(size: Size) -> Day:
    """The day of this size."""
    dice = random.Random(size.seed)
    hosts = tuple(
        Host(f"h{number}.example", f"127.0.{1 + number // 250}.{2 + number % 250}", _host_kind(number, size))
        for number in range(size.hosts)
    )
    feeds: list[Feed] = []
    for number in range(size.feeds):
        host = hosts[number % size.hosts]
        kind = list(FeedKind)[(number // size.hosts + number) % len(FeedKind)]
        if host.kind is HostKind.LIMITED and kind is FeedKind.BUSY:
            kind = FeedKind.BOTH
        items = _items(dice, size, host, number)
        if host.kind is HostKind.DELAY:
            items = items[:MOST_OF_SLOW]
        before = feeds[number - size.hosts] if number >= size.hosts else None
        shared = before.items[:1] if before is not None and kind is not FeedKind.VOLATILE else ()
        feeds.append(Feed(host, f"/f{number}.xml", kind, items, shared))
    return Day(
        size,
        hosts,
        tuple(feeds),
        {(feed.host.name, feed.path): feed for feed in feeds},
        {(feed.host.name, item.path): item for feed in feeds for item in feed.items},
    )


def _host_kind(number: int, size: Size) -> HostKind:
    place, end = number / size.hosts, 0.0
    for kind, share in _HOST_KINDS.items():
        end += share
        if place < end:
            return kind
    return HostKind.PLAIN


def _items(dice: random.Random, size: Size, host: Host, number: int) -> tuple[Item, ...]:
    count = max(1, round(dice.expovariate(1 / size.items_a_feed)))
    times = [dice.uniform(-0.2, 1) * size.seconds for _ in range(min(count, 3 * round(size.items_a_feed)))]
    if number % 17 == 0:
        times += [dice.uniform(0.2, 0.8) * size.seconds] * BURST
    items = []
    for place, at in enumerate(sorted(times)):
        page = dice.choices(list(PageKind), weights=[88, 4, 4, 4])[0]
        closed = host.kind is HostKind.CLOSED and place % 3 == 0
        revised = max(at, 0) + 0.3 * size.seconds if dice.random() < 0.1 else None
        items.append(
            Item(
                guid=f"{number}-{place}",
                path=f"/{'intern' if closed else 'a'}/{number}-{place}",
                at=at,
                page=page,
                revised_at=revised if revised is not None and revised < size.seconds else None,
            )
        )
    return tuple(items)
