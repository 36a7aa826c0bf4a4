"""Decide and commit: takes raw entries, asks the service's handler what should happen, and makes it so.

For each entry: decode, decide, one atomic commit, one closing log line with a status. The engine knows nothing of
feeds or stories. Failures are sorted by the class of the error (see `errors`): transient ones leave the entry
pending for `claims`, hopeless ones go to `dead`, a lost Redis is waited for.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from redis.asyncio import Redis
from structlog.contextvars import bind_contextvars

from copytaster.errors import Quarantine, RetryLater
from copytaster.keys import DONE_SECONDS, Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.commit import GroupCommitter, InputRef, Outcome
from copytaster.streams.deaths import death_of
from copytaster.streams.effects import Effects, Outbox
from copytaster.streams.entries import Entry, decode
from copytaster.streams.patience import Patience, Stopped

Handler = Callable[[Entry], Awaitable[Effects]]
RawEntry = tuple[str, Mapping[bytes, bytes]]

MAX_CONFLICTS: Final = 20
"""A decision that loses this often against others is left for a later delivery instead of spinning."""

MAX_FAILURES: Final = 5
"""After so many handled failures an entry goes to `dead` (design 4)."""


class Engine:
    """The consumer of one stream for one group; any number of processes may run one each."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        *,
        stream: str,
        group: str,
        consumer: str,
        service: str,
        handler: Handler,
        concurrency: int,
        patience: Patience,
        closing: Log,
        may_read: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """`stream` is the stream's name; at most `concurrency` entries are decided at a time.

        `closing` names the one line that tells of each entry's end.

        `may_read`, where given, is asked before each read and claim: a role of which only one may be active.
        """
        self.redis = redis
        self.keys = keys
        self.stream = keys.stream(stream)
        self.group = group
        self.consumer = consumer
        self.patience = patience
        self.may_read = may_read
        self._closing = closing
        self.in_flight: set[str] = set()
        self.last_progress = time.monotonic()
        self._handler = handler
        self._outbox = Outbox(keys, service)
        self._slots = asyncio.Semaphore(concurrency)
        self._committer = GroupCommitter(redis)
        self._subject_locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._log = get_logger().bind(stream=stream, group=group)

    async def process(self, batch: Sequence[RawEntry]) -> None:
        """Handle a batch; returns when every entry of it is committed, dead, or left pending on purpose.

        Entries of one subject are handled one after the other, in the order of the batch.
        """
        fresh = [raw for raw in batch if raw[0] not in self.in_flight]
        self.in_flight.update(entry_id for entry_id, _ in fresh)
        try:
            async with asyncio.TaskGroup() as tasks:
                for entry_id, fields in fresh:
                    tasks.create_task(self._guarded(entry_id, fields))
        finally:
            self.in_flight.difference_update(entry_id for entry_id, _ in fresh)
            self._subject_locks = defaultdict(
                asyncio.Lock, {name: lock for name, lock in self._subject_locks.items() if lock.locked()}
            )

    async def _guarded(self, entry_id: str, fields: Mapping[bytes, bytes]) -> None:
        subject = fields.get(b"ce_subject", entry_id.encode()).hex()
        async with self._subject_locks[subject], self._slots:
            if not self.patience.stopping:
                # not unbound after it: the task of an entry has a context of its own, and binding for a while costs more
                bind_contextvars(entry_id=entry_id)
                await self._handle(entry_id, fields)
                self.last_progress = time.monotonic()

    async def _handle(self, entry_id: str, fields: Mapping[bytes, bytes]) -> None:
        started = time.monotonic()
        try:
            entry = decode(entry_id, fields)
        except Quarantine as error:
            await self._bury(entry_id, fields, error, failures=1)
            return
        bind_contextvars(correlation_id=entry.cause.correlation_id)
        try:
            effects, outcome = await self.patience.until_redis_answers(lambda: self._decide_and_commit(entry))
        except RetryLater as error:
            self._log.warning(Log.ENTRY_FAILED, status="retried", reason=str(error))
        except Quarantine as error:
            await self._bury(entry_id, fields, error, failures=1)
        except Stopped:
            return
        except Exception as error:
            await self._count_failure(entry_id, fields, error)
        else:
            self._close(effects, outcome, started)

    async def _decide_and_commit(self, entry: Entry) -> tuple[Effects, Outcome]:
        done_key = self.keys.key("done", self.group, entry.envelope.id)
        source = InputRef(self.stream, self.group, entry.entry_id, self.consumer, done_key)
        for _ in range(MAX_CONFLICTS):
            effects = await self._handler(entry)
            outcome = await self._committer.commit(effects, source)
            if outcome is not Outcome.CONFLICT:
                return effects, outcome
        raise RetryLater(f"lost {MAX_CONFLICTS} races for the same state")

    def _close(self, effects: Effects, outcome: Outcome, started: float) -> None:
        status = effects.status if outcome is Outcome.COMMITTED else outcome.value
        elapsed_ms = round((time.monotonic() - started) * 1000)
        self._log.info(self._closing, status=status, elapsed_ms=elapsed_ms, **effects.facts)

    async def _count_failure(self, entry_id: str, fields: Mapping[bytes, bytes], error: Exception) -> None:
        key = self.keys.key("failures", self.group)
        failures = await self.patience.until_redis_answers(lambda: self._increment(key, entry_id))
        self._log.error(Log.ENTRY_FAILED, status="failed", failures=failures, exc_info=error)
        if failures >= MAX_FAILURES:
            await self._bury(entry_id, fields, error, failures=failures)

    async def _increment(self, key: str, entry_id: str) -> int:
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.hincrby(key, entry_id, 1)
            pipe.expire(key, DONE_SECONDS)
            return int((await pipe.execute())[0])

    async def _bury(
        self, entry_id: str, fields: Mapping[bytes, bytes], error: Exception, *, failures: int
    ) -> None:
        death = death_of(
            self.stream, self.group, entry_id, fields, error, failures=failures, outbox=self._outbox
        )
        death.effects.op("HDEL", self.keys.key("failures", self.group), entry_id)
        done_key = self.keys.key("done", self.group, f"dead-{entry_id}")
        source = InputRef(self.stream, self.group, entry_id, self.consumer, done_key)
        await self.patience.until_redis_answers(lambda: self._committer.commit(death.effects, source))
        self._log.error(Log.ENTRY_DIED, status="dead", code=death.code, reason=str(error))


def raw_entries(message: Mapping[str, Any]) -> list[RawEntry]:
    """Ids and fields of a FastStream batch message of a stream, as the server sent them."""
    ids = [raw.decode() if isinstance(raw, bytes) else str(raw) for raw in message["message_ids"]]
    return list(zip(ids, message["data"], strict=True))
