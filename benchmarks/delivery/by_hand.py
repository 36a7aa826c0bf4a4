"""Contestant: a plain redis-py loop with the same commit script; what a careful person writes without an engine.

It validates the same event, makes the same outgoing event and sends the same script, a batch a round trip. It claims
nothing, retries nothing, buries nothing, logs nothing and ends at the first error.
"""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import Any

import uvloop
from redis.asyncio import Redis

from benchmarks.delivery import ours
from benchmarks.delivery.events import BATCH, GROUP, KEYS, NOON, SOURCE, TARGET
from benchmarks.delivery.meter import Meter
from copytaster.keys import DONE_SECONDS, STATE_SECONDS
from copytaster_schemas import make_envelope, parse_event

CONSUMER = "by-hand"
fill = ours.fill


def run(url: str, count: int) -> str:
    """Consume `count` entries and pass each on; gives the meter's report."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_consume(url, count))


async def _consume(url: str, count: int) -> str:
    meter = Meter(count)
    client = Redis.from_url(url)
    sha = await client.script_load(files("copytaster.streams").joinpath("commit.lua").read_text("utf-8"))
    await client.xgroup_create(SOURCE, GROUP, id="0", mkstream=True)
    while not meter.done:
        reply = await client.xreadgroup(GROUP, CONSUMER, {SOURCE: ">"}, count=BATCH, block=1000)
        meter.begin()
        entries = reply[0][1]
        pipe = client.pipeline(transaction=False)
        for entry_id, fields in entries:
            keys, argv = _commit_of(entry_id, fields)
            pipe.evalsha(sha, len(keys), *keys, *argv)
        for answer in await pipe.execute():
            if answer[0] != b"committed":
                raise RuntimeError(f"the commit answered {answer!r}")
        meter.add(len(entries))
    await client.aclose()
    return meter.report()


def _commit_of(entry_id: bytes, fields: dict[bytes, bytes]) -> tuple[list[str], list[Any]]:
    envelope, article = parse_event(fields)
    out = make_envelope(
        envelope.type,
        envelope.subject,
        1,
        source=f"/copytaster/{KEYS.desk}/{CONSUMER}",
        time=NOON,
        correlationid=envelope.correlationid,
        causationid=envelope.id,
    ).to_fields(article.to_json())
    guard = KEYS.key("version", envelope.subject)
    keys = [SOURCE, KEYS.key("done", GROUP, envelope.id), TARGET, guard]
    argv: list[Any] = ["1", 1, 2, GROUP, entry_id, CONSUMER, DONE_SECONDS * 1000]
    argv += [0]
    argv += [1, 3, 4, "revision", 1, len(out), *(part for pair in out.items() for part in pair)]
    argv += [1, "EXPIRE", 4, 1, STATE_SECONDS]
    return keys, argv
