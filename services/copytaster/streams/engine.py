"""The consumer of one stream: takes raw entries in hand, has each decided and committed, keeps account of what is in hand.

What becomes of one entry is in `deciding`; the engine knows nothing of feeds or stories.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from redis.asyncio import Redis

from copytaster.keys import Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.commit import GroupCommitter, InputRef
from copytaster.streams.deciding import MAX_FAILURES, Decider, Handler, RawEntry
from copytaster.streams.effects import Outbox
from copytaster.streams.failures import FIRST_RETRY_SECONDS, FailureBook
from copytaster.streams.patience import Patience, Stopped
from copytaster.streams.slots import Slots
from copytaster.streams.turns import Turns

__all__ = ["MAX_FAILURES", "Engine", "Handler", "RawEntry", "raw_entries"]


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
        capacity: int | None = None,
        first_retry_seconds: float = FIRST_RETRY_SECONDS,
    ) -> None:
        """`stream` is the stream's name; at most `concurrency` entries are decided at a time.

        `capacity` bounds what this process has in hand, waiting entries with it (default: one waiting for each
        that is decided), so that it takes no work from others that it cannot begin soon. `closing` names the one line that tells of each entry's end.

        `may_read`, where given, is asked before each read and claim: a role of which only one may be active.
        """
        self.redis = redis
        self.keys = keys
        self.stream = keys.stream(stream)
        self.group = group
        self.consumer = consumer
        self.patience = patience
        self.may_read = may_read
        self.slots = Slots(capacity or 2 * concurrency)
        self.failures = FailureBook(redis, keys, stream, group, first_seconds=first_retry_seconds)
        self.last_progress = time.monotonic()
        self.last_renewal = time.monotonic()
        self.decider = Decider(
            GroupCommitter(redis),
            keys,
            InputRef(self.stream, group, "", consumer, ""),
            handler=handler,
            failures=self.failures,
            outbox=Outbox(keys, service),
            patience=patience,
            closing=closing,
        )
        self._turns: Turns[_Work] = Turns(concurrency)
        self._running: set[asyncio.Task[None]] = set()
        self._log = get_logger().bind(stream=self.stream, group=group)

    def accept(
        self, batch: Sequence[RawEntry], *, failed: Collection[str] = ()
    ) -> list[asyncio.Future[None]]:
        """Take entries in hand and begin with them; gives a future for each that was not in hand already.

        It is done when its entry is committed, dead, or left pending on purpose, and raises nothing. Entries of one subject are
        handled one after the other, in the order in which they came. `failed` names those that failed before.
        """
        loop = asyncio.get_running_loop()
        taken = [
            _Work(entry_id, fields, entry_id in failed, loop.create_future())
            for entry_id, fields in batch
            if self.slots.take(entry_id)
        ]
        for work in taken:
            self._turns.enter(work.subject, work)
        self._begin()
        return [work.ended for work in taken]

    async def process(self, batch: Sequence[RawEntry]) -> None:
        """Handle a batch; returns when every entry of it is committed, dead, or left pending on purpose."""
        await asyncio.gather(*self.accept(batch))

    def _begin(self) -> None:
        while (work := self._turns.take()) is not None:
            if self.patience.stopping:
                self._end(work)
                continue
            self.slots.begin(work.entry_id)
            task = asyncio.create_task(self._handle(work))
            self._running.add(task)
            task.add_done_callback(partial(self._ended, work))

    def _ended(self, work: _Work, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._end(work)
        self._begin()

    def _end(self, work: _Work) -> None:
        self._turns.leave(work.subject)
        self.slots.give_back(work.entry_id)
        if not work.ended.done():  # whoever waited may have been cancelled
            work.ended.set_result(None)

    async def _handle(self, work: _Work) -> None:
        try:
            await self.decider.handle(work.entry_id, work.fields, failed_before=work.failed)
        except Stopped:
            return
        except Exception as error:
            # Redis refuses what only an operator can mend (rights, types): the entry stays pending, the log says why
            self._log.error(Log.ENTRY_FAILED, status="failed", entry_id=work.entry_id, exc_info=error)
        self.last_progress = time.monotonic()


@dataclass(slots=True)
class _Work:
    """One entry in hand; `failed`: it failed before."""

    entry_id: str
    fields: Mapping[bytes, bytes]
    failed: bool
    ended: asyncio.Future[None]

    @property
    def subject(self) -> bytes:
        return self.fields.get(b"ce_subject") or self.entry_id.encode()


def raw_entries(message: Mapping[str, Any]) -> list[RawEntry]:
    """Ids and fields of a FastStream batch message of a stream, as the server sent them."""
    ids = [raw.decode() if isinstance(raw, bytes) else str(raw) for raw in message["message_ids"]]
    return list(zip(ids, message["data"], strict=True))
