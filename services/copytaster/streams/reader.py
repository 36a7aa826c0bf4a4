"""The FastStream side of a consumer: a batch subscriber that decodes nothing and reads with patience.

FastStream gives lifecycle and routing; the engine decodes, decides and commits, since a decoding error inside
FastStream stalls the whole batch, and its own error handling ends the subscriber when a group is lost and spins
when Redis is read-only. `PatientReads` keeps both from happening: FastStream's loop never sees an error.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from faststream import AckPolicy
from faststream.redis import RedisBroker, StreamSub
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from copytaster.streams.engine import Engine, raw_entries
from copytaster.streams.groups import ensure_group
from copytaster.streams.patience import Patience, Stopped

T = TypeVar("T")

BLOCK_MS: Final = 1000
"""How long one read waits for entries; also the longest time without a sign of life of the read loop."""


class PatientReads:
    """Stands in for `xreadgroup` of the broker's client: waits for room, asks the gate, and waits out every error."""

    def __init__(
        self, read: Callable[..., Awaitable[Any]], redis: Redis, patience: Patience, engines: Sequence[Engine]
    ) -> None:
        """`engines` give, by stream and group, how much may be read at a time, and what has to say yes before a read."""
        self._read = read
        self._engines = {(engine.stream, engine.group): engine for engine in engines}
        self._redis = redis
        self._patience = patience
        self._running: set[asyncio.Task[Any]] = set()
        self._returns = dict.fromkeys(self._engines, time.monotonic())

    @property
    def last_return(self) -> float:
        """Monotonic time of the last sign of life of the loop that was silent longest.

        A read that came back is one; while Redis is away and waited for, all are alive.
        """
        now = time.monotonic()
        return now if self._patience.redis_away else min(self._returns.values(), default=now)

    async def __call__(
        self, groupname: str, consumername: str, streams: dict[str, Any], **options: Any
    ) -> Any:
        """What the server gives, `()` when that is nothing; never returns any more once the process stops."""
        place = next(iter(streams)), groupname
        engine = self._engines[place]
        room = await engine.slots.open_read(int(options["count"]))
        reading = asyncio.create_task(
            self._answer(engine, groupname, consumername, streams, **{**options, "count": room})
        )
        self._running.add(reading)
        reading.add_done_callback(self._running.discard)
        reply = await asyncio.shield(reading)
        if self._patience.stopping:
            await asyncio.Event().wait()  # FastStream cancels its loop; what just came is handed back
        engine.slots.close_read(sum(len(entries) for _, entries in reply))
        self._returns[place] = time.monotonic()
        return reply

    async def ended(self) -> None:
        """Return when no read is under way; after `stop` of the patience none begins."""
        if self._running:
            await asyncio.wait(self._running)

    async def _answer(
        self, engine: Engine, groupname: str, consumername: str, streams: dict[str, Any], **options: Any
    ) -> Any:
        try:
            if engine.may_read is not None and not await self._insist(engine.may_read):
                await self._patience.sleep(BLOCK_MS / 1000)
                return ()
            if self._patience.stopping:
                return ()
            return await self._insist(partial(self._read, groupname, consumername, streams, **options)) or ()
        except ResponseError as error:
            if not _is_lost_group(error):
                raise
        except Stopped:
            return ()
        for stream in streams:
            await self._insist(partial(ensure_group, self._redis, stream, groupname))
        return ()

    async def _insist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """The result of `attempt`, whatever Redis refuses meanwhile: rights and types are mended by an operator, or never."""
        return await self._patience.until_redis_answers(
            attempt, waits_out=lambda error: not _is_lost_group(error)
        )


def _is_lost_group(error: RedisError) -> bool:
    return isinstance(error, ResponseError) and "NOGROUP" in str(error)


async def _raw_parser(message: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
    parsed = await original({**message, "data": []})
    parsed.raw_message = message
    return parsed


async def _no_decoding(message: Any, _original: Any) -> Any:
    return message.raw_message


def subscribe(broker: RedisBroker, engine: Engine, *, batch_entries: int) -> None:
    """Route the batches of the engine's stream to the engine; `prepare` has to run before the broker starts."""
    subscriber = broker.subscriber(
        stream=StreamSub(
            engine.stream,
            group=engine.group,
            consumer=engine.consumer,
            batch=True,
            max_records=batch_entries,
            polling_interval=BLOCK_MS,
        ),
        ack_policy=AckPolicy.MANUAL,
        parser=_raw_parser,
        decoder=_no_decoding,
    )

    @subscriber
    async def on_batch(message: Mapping[str, Any]) -> None:
        engine.accept(raw_entries(message))


async def install_patience(
    broker: RedisBroker, redis: Redis, patience: Patience, engines: Sequence[Engine]
) -> PatientReads:
    """Connect the broker and let it read with patience and through `redis`; gives the reads, for the health check.

    Our own client reads, since it alone leaves a server that is no master any more.
    """
    client: Any = await broker.connect()
    reads = PatientReads(redis.xreadgroup, redis, patience, engines)
    client.xreadgroup = reads
    return reads
