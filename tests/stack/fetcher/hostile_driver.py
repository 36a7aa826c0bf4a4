"""Polls hostile feeds one after the other and measures what they cost: `python -m tests.stack.fetcher.hostile_driver JOB`.

A process of its own, so that neither the server nor what made the bombs is measured. Prints one line of JSON: for each feed's
URL the status of its poll, the longest time that the loop was held, in milliseconds of processor time, and by how many MB
the process had grown at its largest. Not a test.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import uvloop
from redis.asyncio import Redis

from copytaster.fetcher.app import Tuning, build, keep_for_good
from copytaster.fetcher.feedfields import decode
from copytaster.fetcher.io.client import Limits
from copytaster.fetcher.io.lane import Lane
from copytaster.keys import Keys
from copytaster.logs import configure
from copytaster.settings import load
from copytaster.streams.patience import Patience
from copytaster.streams.shell import Context

BEAT_SECONDS: Final = 0.002
TUNING: Final = Tuning(
    read_seconds=2.0, limits=Limits(connect_seconds=1.0, silence_seconds=0.3, total_seconds=1.0)
)
"""The limits of bytes are those of the service; only the waits are shorter."""


class Pulse:
    """Measures the longest gap between two turns of the loop, in processor time: a busy machine does not count."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._last = time.process_time()

    async def beat(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            now = time.process_time()
            self.longest = max(self.longest, now - self._last)
            self._last = now


def _memory_mb(field: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


def _memory_now_mb() -> float:
    """What the process holds now; the high-water mark starts anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory_mb("VmRSS")


async def measure(job: dict[str, Any]) -> dict[str, Any]:
    """The costs of the feeds at `urls`."""
    feeds_file = Path(job["folder"]) / "feeds.toml"
    feeds_file.write_text("".join(f'[[feeds]]\nurl = "{url}"\n' for url in job["urls"]))
    settings = load(
        {},
        redis_url=job["redis_url"],
        feeds_file=feeds_file,
        contact="desk@nordpost.example",
        fetch_allow_networks="127.0.0.1/32",
        fetch_allow_ports=str(job["port"]),
        fetch_resolve="*.example=127.0.0.1",
        host_spacing_seconds=0,
    )
    configure(service="fetcher", desk=settings.desk, level="info", json_lines=True)
    keep_for_good()
    redis, keys, patience = Redis.from_url(job["redis_url"]), Keys(settings.desk), Patience()
    parts = await build(Context(settings, redis, keys, patience), TUNING)
    lane = next(
        one for one in (getattr(loop, "__self__", None) for loop in parts.loops) if isinstance(one, Lane)
    )
    pulse = Pulse()
    beating = asyncio.ensure_future(pulse.beat())
    costs = {}
    try:
        due = keys.key("feeds", "due")
        await redis.zadd(due, dict.fromkeys(await redis.zrange(due, 0, -1), 0))
        while (claims := await lane._claim(1)).members:
            ((feed_id, fields),) = claims.members
            url = decode(fields)["url"]
            before, pulse.longest = _memory_now_mb(), 0.0
            await lane._work(feed_id, fields, claims.now_ms)
            costs[url] = {
                "status": decode(await redis.hgetall(keys.key("feed", feed_id))).get("last_status"),
                "hold_ms": round(pulse.longest * 1000, 1),
                "growth_mb": round(_memory_mb("VmHWM") - before, 1),
            }
        return costs
    finally:
        beating.cancel()
        for close in parts.closers:
            await close()
        await redis.aclose()


if __name__ == "__main__":
    print(json.dumps(uvloop.run(measure(json.loads(sys.argv[1])))))
