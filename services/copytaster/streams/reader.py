"""The FastStream side of a consumer: a batch subscriber that decodes nothing and reads with patience.

FastStream gives lifecycle and routing; the engine decodes, decides and commits, since a decoding error inside
FastStream stalls the whole batch, and its own error handling ends the subscriber when a group is lost and spins
when Redis is read-only. `PatientReads` keeps both from happening: FastStream's loop never sees an error.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from faststream import AckPolicy
from faststream.redis import RedisBroker, StreamSub
from faststream.redis.annotations import RedisBatchStreamMessage
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from copytaster.streams.engine import Engine, raw_entries
from copytaster.streams.groups import ensure_group
from copytaster.streams.patience import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, Patience

BLOCK_MS: Final = 1000
"""How long one read waits for entries; also the longest time without a sign of life of the read loop."""


class PatientReads:
    """Stands in for `xreadgroup` of the broker's client: an error becomes an empty read after a pause."""

    def __init__(
        self,
        read: Callable[..., Awaitable[Any]],
        redis: Redis,
        patience: Patience,
        gates: Mapping[str, Callable[[], Awaitable[bool]]],
    ) -> None:
        """`gates` gives, by group, what has to say yes before a read."""
        self._read = read
        self._gates = gates
        self._redis = redis
        self._patience = patience
        self._wait_seconds = FIRST_WAIT_SECONDS
        self.last_return = time.monotonic()

    async def __call__(
        self, groupname: str, consumername: str, streams: dict[str, Any], **options: Any
    ) -> Any:
        """What the server gives, or `()` when it cannot give anything at present."""
        gate = self._gates.get(groupname)
        try:
            if gate is not None and not await gate():
                self.last_return = time.monotonic()
                await self._patience.sleep(BLOCK_MS / 1000)
                return ()
            reply = await self._read(groupname, consumername, streams, **options)
        except RedisError as error:
            await self._recover(error, groupname, list(streams))
            return ()
        self._patience.recovered()
        self._wait_seconds = FIRST_WAIT_SECONDS
        self.last_return = time.monotonic()
        return reply

    async def _recover(self, error: RedisError, group: str, streams: list[str]) -> None:
        if isinstance(error, ResponseError) and "NOGROUP" in str(error):
            try:
                for stream in streams:
                    await ensure_group(self._redis, stream, group)
            except RedisError as again:
                error = again
            else:
                return
        self._patience.lost(error)
        await self._patience.sleep(self._wait_seconds)
        self._wait_seconds = min(self._wait_seconds * 2, LONGEST_WAIT_SECONDS)


async def _raw_parser(message: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
    parsed = await original({**message, "data": []})
    parsed.raw_message = message
    return parsed


async def _no_decoding(_message: Any, _original: Any) -> None:
    return None


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
    async def on_batch(message: RedisBatchStreamMessage) -> None:
        await engine.process(raw_entries(message.raw_message))


async def install_patience(
    broker: RedisBroker, redis: Redis, patience: Patience, engines: Sequence[Engine]
) -> PatientReads:
    """Connect the broker and let it read with patience and through `redis`; gives the reads, for the health check.

    Our own client reads, since it alone leaves a server that is no master any more.
    """
    client: Any = await broker.connect()
    gates = {engine.group: engine.may_read for engine in engines if engine.may_read is not None}
    reads = PatientReads(redis.xreadgroup, redis, patience, gates)
    client.xreadgroup = reads
    return reads
