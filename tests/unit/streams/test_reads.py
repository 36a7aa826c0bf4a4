"""The sign of life of the read loop."""

from __future__ import annotations

import asyncio
import time

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from copytaster.streams.patience import Patience
from copytaster.streams.reader import PatientReads
from tests.stack.streams.builders import SOURCE, make_engine
from tests.support import wait_until


async def refused() -> None:
    """A command to a server that is away."""
    raise RedisConnectionError("refused")


async def test_a_loop_that_waits_for_a_redis_that_is_away_is_alive() -> None:
    """No read comes back during an outage, and a restart of the process would mend nothing."""
    patience, redis = Patience(), Redis()
    reads = PatientReads(redis.xreadgroup, redis, patience, [])

    waiting = asyncio.create_task(patience.until_redis_answers(refused))
    await wait_until(lambda: patience.redis_away, description="outage noticed")
    began = time.monotonic()

    assert reads.last_return >= began
    waiting.cancel()
    await asyncio.wait([waiting])
    await redis.aclose()


async def test_of_two_loops_the_one_that_is_silent_longer_is_told() -> None:
    """One that reads does not hide another that hangs."""
    redis = Redis()
    engines = [make_engine(redis), make_engine(redis)]
    engines[1].group = "other"

    async def nothing(*_: object, **__: object) -> list[object]:
        return []

    reads = PatientReads(nothing, redis, Patience(), engines)
    before = reads.last_return

    await reads("copier", "tester-1", {SOURCE: ">"}, count=10)

    assert reads.last_return == before
    await reads("other", "tester-1", {SOURCE: ">"}, count=10)
    assert reads.last_return > before
    await redis.aclose()
