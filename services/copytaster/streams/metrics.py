"""The metrics of one process, for Prometheus: counters that its work moves, and gauges that are read when somebody scrapes.

Each process has a registry of its own; nothing is global. Names, labels and help texts are part of the contract with dashboards and
alert rules (deploy/prometheus, docs/operating.md); a test compares them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from redis.asyncio import Redis
from redis.exceptions import RedisError

from copytaster.keys import Keys
from copytaster.streams.backlog import Backlog, backlogs, memory
from copytaster.streams.ledger.balance import imbalance, lines
from copytaster.streams.ledger.reading import read
from copytaster.streams.presence import now_ms_of

# The times at which counters were made double the number of series and serve nobody here.
disable_created_metrics()  # type: ignore[no-untyped-call]

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

FRESH_SECONDS: Final = 5.0
"""What was read from Redis answers every scrape within this time; Prometheus asks every 15 s, two of them side by side."""

LEDGER_FRESH_SECONDS: Final = 60.0
"""Balancing reads a page for each hour and everything in flight."""

LEDGER_HOURS: Final = 24
"""The metric balances a day; `copytaster ledger` balances all that is kept."""

COMMIT_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""From an idle local server to one that is away."""

WAY_BUCKETS: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21600.0)
"""From the demo to a desk that catches up after a night."""

HOLD_REASONS: Final = ("backlog", "memory")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the gauges come from: streams (names) whose groups are told of, whether the ledger is, why the fetcher waits."""

    streams: Sequence[str] = ()
    ledger: bool = False
    holding: Callable[[], str | None] | None = None


class Metrics:
    """The registry of one process and what moves it."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.registry = CollectorRegistry()
        self._entries = self._counter(
            "copytaster_entries",
            "Units of work that ended, by how: entries of streams, polls of feeds (poll_…), pages (page_…), later looks at them "
            "(look_…).",
            "service",
            "status",
        )
        self._dead = self._counter(
            "copytaster_dead", "Entries that could not be processed and went to `dead`, by reason.", "reason"
        )
        self._commit = self._histogram(
            "copytaster_commit_seconds",
            "Time of one atomic commit, from when it was ready until Redis answered.",
            COMMIT_BUCKETS,
        )
        self._way = self._histogram(
            "copytaster_end_to_end_seconds",
            "Time until a group had committed an entry: for the extractor since the item was first seen in its feed, for the others "
            "since the event came to be.",
            WAY_BUCKETS,
            "group",
        )
        self._lag = self._gauge(
            "copytaster_stream_lag_entries",
            "Entries not yet delivered to a group. Absent where Redis cannot tell.",
            "stream",
            "group",
        )
        self._pending = self._gauge(
            "copytaster_stream_pending_entries",
            "Entries delivered to a group and not finished.",
            "stream",
            "group",
        )
        self._oldest = self._gauge(
            "copytaster_stream_oldest_pending_seconds",
            "Age of the oldest entry that a group was given and has not finished; 0 when there is none.",
            "stream",
            "group",
        )
        self._used = self._gauge("copytaster_redis_memory_used_bytes", "Memory that Redis uses.")
        self._limit = self._gauge(
            "copytaster_redis_memory_limit_bytes", "Memory that Redis may use (maxmemory); 0 = no limit."
        )
        self._imbalance: Gauge | None = None
        self._held: Gauge | None = None
        self._reads: dict[str, float] = {}
        self._turn = asyncio.Lock()
        # Finding the series of a label costs more than moving it, and these two move for every entry.
        self._entries_of = cache(partial(self._entries.labels, service))
        self._way_of = cache(self._way.labels)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(name, what, labels, registry=self.registry)

    def _histogram(self, name: str, what: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(name, what, labels, buckets=buckets, registry=self.registry)

    def ended(self, status: str) -> None:
        """One unit of work ended with this status."""
        self._entries_of(status).inc()

    def died(self, code: str) -> None:
        """One entry went to `dead`."""
        self._dead.labels(code).inc()

    def committed(self, seconds: float) -> None:
        """One commit took so long."""
        self._commit.observe(seconds)

    def arrived(self, group: str, seconds: float) -> None:
        """An entry of this age was committed; a clock that runs behind counts as 0."""
        self._way_of(group).observe(max(seconds, 0.0))

    async def exposition(self, redis: Redis, keys: Keys, sources: Sources) -> bytes:
        """The text that Prometheus reads; without the gauges of Redis while it is away."""
        async with self._turn:
            await self._refresh(
                "streams", FRESH_SECONDS, lambda: self._read_streams(redis, keys, sources.streams)
            )
            if sources.ledger:
                await self._refresh("ledger", LEDGER_FRESH_SECONDS, lambda: self._read_ledger(redis, keys))
        if sources.holding is not None:
            self._tell_hold(sources.holding())
        return bytes(generate_latest(self.registry))

    async def _refresh(self, name: str, seconds: float, read_again: Callable[[], Awaitable[None]]) -> None:
        if time.monotonic() - self._reads.get(name, -seconds) < seconds:
            return
        try:
            await read_again()
        except (RedisError, OSError):
            self._forget()
            return
        self._reads[name] = time.monotonic()

    def _forget(self) -> None:
        for gauge in (self._lag, self._pending, self._oldest):
            gauge.clear()

    async def _read_streams(self, redis: Redis, keys: Keys, streams: Iterable[str]) -> None:
        found, now_ms, room = (
            await backlogs(redis, keys, streams),
            await now_ms_of(redis),
            await memory(redis),
        )
        self._forget()
        for one in found:
            if one.lag is not None:
                self._lag.labels(one.stream, one.group).set(one.lag)
            self._pending.labels(one.stream, one.group).set(one.pending)
            self._oldest.labels(one.stream, one.group).set(_age_seconds(one, now_ms))
        self._used.set(room.used_bytes or 0)
        self._limit.set(room.limit_bytes or 0)

    async def _read_ledger(self, redis: Redis, keys: Keys) -> None:
        if self._imbalance is None:
            self._imbalance = self._gauge(
                "copytaster_ledger_imbalance",
                "Items of the last 24 hours that are counted otherwise than they lie in queues and streams; 0 = every item is "
                "accounted for.",
            )
        snapshot = await read(redis, keys, hours=LEDGER_HOURS)
        self._imbalance.set(imbalance(lines(snapshot).values()))

    def _tell_hold(self, reason: str | None) -> None:
        if self._held is None:
            self._held = self._gauge(
                "copytaster_fetching_held", "1 while the fetcher waits for this reason, else 0.", "reason"
            )
        for name in HOLD_REASONS:
            self._held.labels(name).set(name == reason)


def _age_seconds(backlog: Backlog, now_ms: int) -> float:
    if backlog.oldest_pending is None:
        return 0.0
    return max(now_ms - int(backlog.oldest_pending.partition("-")[0]), 0) / 1000


def seen_since(data: Any, fallback: float) -> float:
    """When the way of an entry began (seconds since 1970): the first sight of its item, else `fallback`."""
    first_seen = getattr(getattr(data, "item", None), "first_seen", None)
    return float(first_seen.timestamp()) if first_seen is not None else fallback
