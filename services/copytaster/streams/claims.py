"""Takes over entries whose consumer has not finished them: after a kill, a crash, or a failure worth a retry.

A simple form for the normal way: one sweep over the group's pending entries a quarter of the idle time apart, with
jitter and a kept cursor. An entry that this very process is working on is left alone.
"""

from __future__ import annotations

import random
from functools import partial

from copytaster.logs import Log, get_logger
from copytaster.streams.engine import Engine, RawEntry
from copytaster.streams.patience import Patience, Stopped

CLAIM_COUNT = 50
"""Entries per round trip; a claim of 1,000 from a long list holds the server for tens of milliseconds."""


async def claim_forever(engine: Engine, patience: Patience, *, idle_seconds: float) -> None:
    """Sweep until the process is stopped; returns then."""
    cursor = "0-0"
    while not await patience.sleep(idle_seconds / 4 * random.uniform(0.75, 1.25)):  # noqa: S311 - jitter, no secret
        try:
            if engine.may_read is not None and not await patience.until_redis_answers(engine.may_read):
                continue
            cursor = await _sweep(engine, patience, cursor, idle_ms=int(idle_seconds * 1000))
        except Stopped:
            return


async def _sweep(engine: Engine, patience: Patience, cursor: str, *, idle_ms: int) -> str:
    while not patience.stopping:
        claim = partial(
            engine.redis.xautoclaim,
            engine.stream,
            engine.group,
            engine.consumer,
            idle_ms,
            start_id=cursor,
            count=CLAIM_COUNT,
        )
        reply = await patience.until_redis_answers(claim)
        cursor = reply[0].decode() if isinstance(reply[0], bytes) else str(reply[0])
        batch: list[RawEntry] = [(entry_id.decode(), fields) for entry_id, fields in reply[1] if fields]
        if batch:
            get_logger().info(Log.ENTRY_CLAIMED, status="claimed", stream=engine.stream, entries=len(batch))
            await engine.process(batch)
        if cursor == "0-0":
            break
    return cursor
