"""Looks through a group's list of pending entries, a page at a time with a kept place, and says what may be taken over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from copytaster.logs import Log, get_logger
from copytaster.streams.claimable import Pending, Verdict, judge
from copytaster.streams.consumers import gone
from copytaster.streams.engine import Engine
from copytaster.streams.failures import Failures
from copytaster.streams.holding import Holding
from copytaster.streams.presence import now_ms_of

PAGE_ENTRIES: Final = 100
"""A page costs the server well under a millisecond; XAUTOCLAIM over a million entries took 37 ms (docket #463)."""

FRESH_MS: Final = 1000
"""What was delivered within the last second is not looked at: it is being worked on."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may be taken over, and how."""

    pending: Pending
    failures: Failures
    verdict: Verdict


class PendingList:
    """The pending entries of an engine's group, those aside that the engine has in hand itself."""

    def __init__(self, engine: Engine, holding: Holding, *, idle_seconds: float) -> None:
        """A living process keeps its entries for `idle_seconds` without a sign; one silent for half of that is taken for gone."""
        self._engine = engine
        self._holding = holding
        self._idle_ms = int(idle_seconds * 1000)
        self._start = "-"
        self._log = get_logger().bind(stream=engine.stream, group=engine.group)

    @property
    def at_start(self) -> bool:
        """Whether the next page is the first."""
        return self._start == "-"

    async def next_page(self) -> list[Candidate]:
        """What may be taken on the next page; after the last one it begins anew. Raises redis' errors, NOGROUP among them."""
        engine = self._engine
        fresh_ms = min(FRESH_MS, self._idle_ms // 4)
        rows = await engine.redis.xpending_range(
            engine.stream, engine.group, self._start, "+", PAGE_ENTRIES, idle=fresh_ms
        )
        consumers = await engine.redis.xinfo_consumers(engine.stream, engine.group)
        found = [pending for pending in map(_pending, rows) if pending.entry_id not in engine.slots]
        judged = await self._judge(found, self._gone(consumers))
        self._start = f"({rows[-1]['message_id'].decode()}" if len(rows) == PAGE_ENTRIES else "-"
        if self.at_start:
            await self._forget_names(consumers)
        return [candidate for candidate in judged if candidate.verdict is not Verdict.LEAVE]

    def _gone(self, consumers: Sequence[dict[str, Any]]) -> frozenset[str]:
        """Who does not finish what it holds: processes that are gone, and ourselves.

        What the server says we hold and we do not know of was delivered over a connection that broke.
        """
        silent_ms = self._idle_ms // 2
        steady = self._engine.patience.steady_for(silent_ms / 1000)
        return gone(consumers, silent_ms=silent_ms, steady=steady) | {self._engine.consumer}

    async def _judge(self, found: Sequence[Pending], away: frozenset[str]) -> list[Candidate]:
        if not found:
            return []
        failures = await self._engine.failures.of([pending.entry_id for pending in found])
        now_ms = await now_ms_of(self._engine.redis)
        judged = []
        for pending in found:
            failed, holder_gone = failures.get(pending.entry_id, Failures()), pending.consumer in away
            verdict = judge(pending, failed, now_ms=now_ms, holder_gone=holder_gone, idle_ms=self._idle_ms)
            judged.append(Candidate(pending, failed, verdict))
        return judged

    async def _forget_names(self, consumers: Sequence[dict[str, Any]]) -> None:
        """Take the names out that hold nothing and were silent for twice the idle time; nobody else ever does."""
        silent_ms = 2 * self._idle_ms
        for row in consumers:
            name = row["name"].decode()
            if row["pending"] or row["idle"] < silent_ms or name == self._engine.consumer:
                continue
            if await self._holding.forget(name, silent_ms=silent_ms):
                self._log.info(Log.CONSUMER_FORGOTTEN, status="forgotten", consumer=name)


def _pending(row: dict[str, Any]) -> Pending:
    return Pending(
        row["message_id"].decode(),
        row["consumer"].decode(),
        int(row["time_since_delivered"]),
        int(row["times_delivered"]),
    )
