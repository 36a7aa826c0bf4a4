"""The consumer of one stream: takes raw entries in hand, has each decided and committed, keeps account of what is in hand.

What becomes of one entry is in `deciding`; the engine knows nothing of feeds or stories.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
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
        self._deciding = asyncio.Semaphore(concurrency)
        self._latest: dict[bytes, asyncio.Task[None]] = {}
        self._log = get_logger().bind(stream=self.stream, group=group)

    def accept(self, batch: Sequence[RawEntry], *, failed: Collection[str] = ()) -> list[asyncio.Task[None]]:
        """Take entries in hand and begin with them; gives a task for each that was not in hand already.

        A task ends when its entry is committed, dead, or left pending on purpose, and raises nothing. Entries of one subject are
        handled one after the other, in the order in which they came. `failed` names those that failed before.
        """
        return [
            self._begin(entry_id, fields, entry_id in failed)
            for entry_id, fields in batch
            if self.slots.take(entry_id)
        ]

    async def process(self, batch: Sequence[RawEntry]) -> None:
        """Handle a batch; returns when every entry of it is committed, dead, or left pending on purpose."""
        await asyncio.gather(*self.accept(batch))

    def _begin(self, entry_id: str, fields: Mapping[bytes, bytes], failed: bool) -> asyncio.Task[None]:
        subject = fields.get(b"ce_subject", entry_id.encode())
        task = asyncio.create_task(self._guarded(entry_id, fields, failed, self._latest.get(subject)))
        self._latest[subject] = task
        task.add_done_callback(partial(self._end, entry_id, subject))
        return task

    def _end(self, entry_id: str, subject: bytes, task: asyncio.Task[None]) -> None:
        if self._latest.get(subject) is task:
            del self._latest[subject]
        self.slots.give_back(entry_id)

    async def _guarded(
        self,
        entry_id: str,
        fields: Mapping[bytes, bytes],
        failed: bool,
        before: asyncio.Task[None] | None,
    ) -> None:
        if before is not None:
            await asyncio.wait([before])
        async with self._deciding:
            if self.patience.stopping:
                return
            self.slots.begin(entry_id)
            try:
                await self.decider.handle(entry_id, fields, failed_before=failed)
            except Stopped:
                return
            except Exception as error:
                # Redis refuses what only an operator can mend (rights, types): the entry stays pending, the log says why
                self._log.error(Log.ENTRY_FAILED, status="failed", entry_id=entry_id, exc_info=error)
            self.last_progress = time.monotonic()


def raw_entries(message: Mapping[str, Any]) -> list[RawEntry]:
    """Ids and fields of a FastStream batch message of a stream, as the server sent them."""
    ids = [raw.decode() if isinstance(raw, bytes) else str(raw) for raw in message["message_ids"]]
    return list(zip(ids, message["data"], strict=True))
