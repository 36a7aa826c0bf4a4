"""Carries `Effects` out in one atomic step on the server, together with the acknowledgement of the input entry.

The step (`commit.lua`) guards the input entry by a mark of its own id and by the consumer that holds it, and each
outgoing event by the revision counter of its subject. A commit that is sent twice takes effect once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from itertools import chain
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from copytaster.keys import DONE_SECONDS
from copytaster.streams.client import Client, NotReplicated
from copytaster.streams.effects import Effects, Value

SCRIPT: Final = files("copytaster.streams").joinpath("commit.lua").read_text(encoding="utf-8")
SCRIPT_SHA: Final = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

MAX_COMMITS_A_PIPELINE: Final = 64
"""One round trip carries at most this many commits, so that no single reply keeps the server busy for long."""

REPLICA_TIMEOUT_MS: Final = 1000
"""A replica in sync confirms within a round trip; well under the answer timeout of the connection."""


class Outcome(StrEnum):
    """What became of a commit."""

    COMMITTED = "committed"
    DUPLICATE = "duplicate"
    """The input entry had taken effect before; it is acknowledged, nothing else was written."""
    FENCED = "fenced"
    """Another consumer holds the input entry now, or it is done; nothing was written."""
    CONFLICT = "conflict"
    """The state changed since it was read; nothing was written, the decision has to be made again."""


@dataclass(frozen=True, slots=True)
class InputRef:
    """The input entry that a commit acknowledges."""

    stream: str
    group: str
    entry_id: str
    consumer: str
    done_key: str


def encode(effects: Effects, source: InputRef | None) -> tuple[list[str], list[Value]]:
    """KEYS and ARGV of the script for one commit."""
    positions: dict[str, int] = {}

    def place(key: str) -> int:
        return positions.setdefault(key, len(positions) + 1)

    argv: list[Value] = _encode_input(source, place)
    argv.append(len(effects.checks))
    for check in effects.checks:
        argv += [place(check.key), check.kind, check.field, check.value]
    argv.append(len(effects.events))
    for event in effects.events:
        guard = event.guard
        argv += [place(event.stream), place(guard.key) if guard else 0, guard.field if guard else ""]
        argv += [event.revision, len(event.fields)]
        argv.extend(chain.from_iterable(event.fields.items()))
    argv.append(len(effects.ops))
    for op in effects.ops:
        argv += [op.command, place(op.key), len(op.args), *op.args]
    return list(positions), argv


def _encode_input(source: InputRef | None, place: Any) -> list[Value]:
    if source is None:
        return ["0"]
    life_ms = DONE_SECONDS * 1000
    return [
        "1",
        place(source.stream),
        place(source.done_key),
        source.group,
        source.entry_id,
        source.consumer,
        life_ms,
    ]


async def commit_many(redis: Redis, work: Sequence[tuple[Effects, InputRef | None]]) -> list[Outcome]:
    """The outcomes of several commits sent in one round trip, in order; each commit is atomic by itself.

    Raises redis' ConnectionError or TimeoutError when the outcome is unknown, and NotReplicated when too few replicas
    have them: sending the same commits again is safe, since those that took effect answer `duplicate` (with an input)
    or `conflict` (without).
    """
    encoded = [encode(effects, source) for effects, source in work]
    try:
        replies = await _send(redis, encoded)
    except NoScriptError:
        replies = [NoScriptError()] * len(encoded)
    if any(isinstance(reply, NoScriptError) for reply in replies):
        await redis.script_load(SCRIPT)
        missing = [index for index, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        again = await _send(redis, [encoded[index] for index in missing])
        for index, reply in zip(missing, again, strict=True):
            replies[index] = reply
    return [_outcome(reply) for reply in replies]


async def _send(redis: Redis, encoded: Sequence[tuple[list[str], list[Value]]]) -> list[Any]:
    replicas = redis.replicas if isinstance(redis, Client) else 0
    async with redis.pipeline(transaction=False) as pipe:
        for keys, argv in encoded:
            pipe.evalsha(SCRIPT_SHA, len(keys), *keys, *argv)
        if replicas:  # on the same connection: WAIT speaks of what this connection has written
            pipe.execute_command("WAIT", replicas, REPLICA_TIMEOUT_MS)
        replies = list(await pipe.execute(raise_on_error=False))
    if replicas:
        _check_replicas(replies.pop(), replicas)
    return replies


def _check_replicas(reply: Any, wanted: int) -> None:
    if isinstance(reply, Exception):
        raise reply
    if int(reply) < wanted:
        raise NotReplicated(
            f"{reply} of {wanted} replicas have confirmed a commit within {REPLICA_TIMEOUT_MS} ms"
        )


def _outcome(reply: Any) -> Outcome:
    if isinstance(reply, Exception):
        raise reply
    status = reply[0]
    return Outcome(status.decode() if isinstance(status, bytes) else status)


async def commit(redis: Redis, effects: Effects, source: InputRef | None = None) -> Outcome:
    """The outcome of one commit; see `commit_many`."""
    return (await commit_many(redis, [(effects, source)]))[0]


class GroupCommitter:
    """Sends the commits of many tasks together: whoever waits while one round trip runs shares the next one."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: list[tuple[Effects, InputRef | None, asyncio.Future[Outcome]]] = []
        self._flusher: asyncio.Task[None] | None = None

    async def commit(self, effects: Effects, source: InputRef | None = None) -> Outcome:
        """The outcome of this one commit; raises what `commit_many` raises."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((effects, source, future))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        return await future

    async def _flush(self) -> None:
        while self._waiting:
            batch = self._waiting[:MAX_COMMITS_A_PIPELINE]
            del self._waiting[:MAX_COMMITS_A_PIPELINE]
            await self._flush_batch(batch)

    async def _flush_batch(
        self, batch: list[tuple[Effects, InputRef | None, asyncio.Future[Outcome]]]
    ) -> None:
        try:
            outcomes = await commit_many(self._redis, [(effects, source) for effects, source, _ in batch])
        except BaseException as error:
            for _, _, future in batch:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, _, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
