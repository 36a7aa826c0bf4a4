"""What becomes of one entry: decode, decide, one atomic commit, one closing log line with a status.

Failures are sorted by the class of the error (see `errors`): transient ones leave the entry pending for `claims` with a back-off,
hopeless ones go to `dead`, an operator's mistake stops the process, a lost Redis is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from structlog.contextvars import bind_contextvars

from copytaster.errors import Discard, Misconfigured, Quarantine, RetryLater
from copytaster.keys import Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.commit import GroupCommitter, InputRef, Outcome
from copytaster.streams.deaths import death_of
from copytaster.streams.effects import Effects, Outbox
from copytaster.streams.entries import Entry, decode
from copytaster.streams.failures import FailureBook
from copytaster.streams.leftout import drop_of
from copytaster.streams.metrics import Metrics, seen_since
from copytaster.streams.patience import Patience, Stopped

Handler = Callable[[Entry], Awaitable[Effects]]
RawEntry = tuple[str, Mapping[bytes, bytes]]

MAX_CONFLICTS: Final = 20
"""A decision that loses this often against others is left for a later delivery instead of spinning."""

MAX_FAILURES: Final = 5
"""After so many bugs an entry goes to `dead` (design 4)."""


class Decider:
    """Decides about the entries of one stream for one group and carries the decisions out."""

    def __init__(
        self,
        committer: GroupCommitter,
        keys: Keys,
        source: InputRef,
        *,
        handler: Handler,
        failures: FailureBook,
        outbox: Outbox,
        patience: Patience,
        closing: Log,
    ) -> None:
        """`source` names stream, group and consumer; its entry and mark are filled in for each entry."""
        self._committer = committer
        self._keys = keys
        self._source = source
        self._handler = handler
        self._failures = failures
        self._outbox = outbox
        self._patience = patience
        self._closing = closing
        self.metrics: Metrics | None = None
        """What is counted; set by the shell."""
        self._log = get_logger().bind(stream=source.stream, group=source.group)

    async def handle(self, entry_id: str, fields: Mapping[bytes, bytes], *, failed_before: bool) -> None:
        """Do all that can be done about an entry now; raises Stopped, and redis' errors that no waiting mends."""
        started = time.monotonic()
        # the task of an entry has a context of its own, so nothing is unbound
        try:
            entry = decode(entry_id, fields)
        except Quarantine as error:
            bind_contextvars(entry_id=entry_id)
            await self.bury(entry_id, fields, error, failures=1)
            return
        bind_contextvars(entry_id=entry_id, correlation_id=entry.cause.correlation_id)
        try:
            effects, outcome = await self._decide_and_commit(entry, failed_before)
        except Stopped:
            raise
        except RetryLater as error:
            await self._try_later(entry_id, error)
        except Quarantine as error:
            await self.bury(entry_id, fields, error, failures=1)
        except Misconfigured as error:
            self._patience.refuse(error)
        except Exception as error:
            await self._count_bug(entry_id, fields, error)
        else:
            self._close(entry, effects, outcome, started)
            if outcome is Outcome.DUPLICATE and failed_before:
                await self._patience.until_redis_answers(partial(self._failures.forget, entry_id))

    async def _decide_and_commit(self, entry: Entry, failed_before: bool) -> tuple[Effects, Outcome]:
        for _ in range(MAX_CONFLICTS):
            effects = await self._decide(entry)
            if failed_before:
                effects.op("HDEL", self._failures.key, entry.entry_id)
            outcome = await self._commit(effects, entry.entry_id, entry.envelope.id)
            if outcome is not Outcome.CONFLICT:
                return effects, outcome
        raise RetryLater(f"lost {MAX_CONFLICTS} races for the same state")

    async def _decide(self, entry: Entry) -> Effects:
        try:
            return await self._patience.until_redis_answers(partial(self._handler, entry))
        except Discard as reason:
            return drop_of(entry, reason, outbox=self._outbox)

    async def _commit(self, effects: Effects, entry_id: str, mark: str) -> Outcome:
        group, done_key = self._source.group, self._keys.key("done", self._source.group, mark)
        source = InputRef(self._source.stream, group, entry_id, self._source.consumer, done_key)
        ready = time.monotonic()
        outcome = await self._patience.until_redis_answers(partial(self._committer.commit, effects, source))
        if self.metrics is not None:
            self.metrics.committed(time.monotonic() - ready)
        return outcome

    def _close(self, entry: Entry, effects: Effects, outcome: Outcome, started: float) -> None:
        status = effects.status if outcome is Outcome.COMMITTED else outcome.value
        if self.metrics is not None:
            self.metrics.ended(status)
            began = seen_since(entry.data, entry.envelope.time.timestamp())
            self.metrics.arrived(self._source.group, time.time() - began)
        elapsed_ms = round((time.monotonic() - started) * 1000)
        self._log.info(self._closing, status=status, elapsed_ms=elapsed_ms, **effects.facts)

    async def _try_later(self, entry_id: str, error: RetryLater) -> None:
        _, facts = await self._count(entry_id, bug=False, retry_after_seconds=error.retry_after_seconds)
        self._log.warning(Log.ENTRY_FAILED, status="retried", reason=str(error), **facts)
        if self.metrics is not None:
            self.metrics.ended("retried")

    async def _count_bug(self, entry_id: str, fields: Mapping[bytes, bytes], error: Exception) -> None:
        bugs, facts = await self._count(entry_id, bug=True)
        self._log.error(Log.ENTRY_FAILED, status="failed", exc_info=error, **facts)
        if self.metrics is not None:
            self.metrics.ended("failed")
        if bugs >= MAX_FAILURES:
            await self.bury(entry_id, fields, error, failures=bugs)

    async def _count(
        self, entry_id: str, *, bug: bool, retry_after_seconds: float | None = None
    ) -> tuple[int, dict[str, object]]:
        count = partial(
            self._failures.count,
            entry_id,
            self._source.consumer,
            bug=bug,
            retry_after_seconds=retry_after_seconds,
        )
        counted, wait_seconds = await self._patience.until_redis_answers(count)
        return counted.bugs, {"failures": counted.handled, "wait_seconds": round(wait_seconds, 1)}

    async def bury(
        self, entry_id: str, fields: Mapping[bytes, bytes], error: Exception, *, failures: int
    ) -> None:
        """Move an entry that this consumer holds to `dead`, once, with the reason; its page stays for a second try."""
        source = self._source
        death = death_of(
            source.stream, source.group, entry_id, fields, error, failures=failures, outbox=self._outbox
        )
        death.effects.op("HDEL", self._failures.key, entry_id)
        outcome = await self._commit(death.effects, entry_id, f"dead-{source.stream}-{entry_id}")
        if outcome is Outcome.COMMITTED:
            self._log.error(Log.ENTRY_DIED, status="dead", code=death.code, reason=str(error))
            if self.metrics is not None:
                self.metrics.died(death.code)
