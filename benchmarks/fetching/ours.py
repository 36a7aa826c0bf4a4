"""The fetcher under measurement, a process of its own: `python -m benchmarks.fetching.ours JOB` (JSON).

Built by `fetcher.app.build` as the service is, with its Redis and its log; only the lane of feeds runs. Polls every feed once
to know it, then makes all of them due again, as often as asked, and takes its own processor time and that of its
reading processes. Prints the figures as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Final

import uvloop
from redis.asyncio import Redis

from copytaster.fetcher.app import build
from copytaster.fetcher.io.lane import Lane
from copytaster.keys import Keys
from copytaster.logs import configure
from copytaster.settings import load
from copytaster.streams.connection import open_redis
from copytaster.streams.patience import Patience
from copytaster.streams.shell import Context

ROUND_SECONDS: Final = 300.0


def reading_seconds() -> float:
    """Processor time of the children that live: the processes that read feeds."""
    ticks = 0
    for task in Path("/proc/self/task").iterdir():
        for child in (task / "children").read_text().split():
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def measure(job: dict[str, Any]) -> dict[str, Any]:
    """The figures of one job: `feeds`, `rounds`, `step_url` (asked before each round), `redis_url`, `ports`, `concurrency`."""
    feeds_file = Path(job["folder"]) / "feeds.toml"
    feeds_file.write_text("".join(f'[[feeds]]\nurl = "{url}"\n' for url in job["feeds"]))
    settings = load(
        {},
        redis_url=job["redis_url"],
        feeds_file=feeds_file,
        contact="bench@copytaster.example",
        fetch_allow_networks="127.0.0.0/8",
        fetch_allow_ports=",".join(map(str, job["ports"])),
        fetch_concurrency=job["concurrency"],
        host_spacing_seconds=0,
    )
    configure(service="fetcher", desk=settings.desk, level="info", json_lines=True)
    redis, patience, keys = open_redis(settings), Patience(), Keys(settings.desk)
    watch = Redis.from_url(job["redis_url"])
    parts = await build(Context(settings, redis, keys, patience))
    lane = next(
        one for one in (getattr(loop, "__self__", None) for loop in parts.loops) if isinstance(one, Lane)
    )
    counted = Counted(lane)
    counted.expect(len(job["feeds"]))
    running = asyncio.ensure_future(lane.run())
    due = keys.key("feeds", "due")
    try:
        seconds = []
        for step in range(job["rounds"] + 1):
            if job.get("step_url"):
                await asyncio.to_thread(_ask, f"{job['step_url']}/{step}")
            if step:
                members = await watch.zrange(due, 0, -1)
                begun, read = time.process_time(), reading_seconds()
                counted.expect(len(members))
                await watch.zadd(due, dict.fromkeys(members, 0))
                lane.wake()
            await counted.finished()
            if step:
                own, reading = time.process_time() - begun, reading_seconds() - read
                seconds.append((own + reading, reading))
        return {"rounds": seconds, "polls": len(job["feeds"])}
    finally:
        patience.stop()
        await running
        for close in parts.closers:
            await close()
        await redis.aclose()
        await watch.aclose()


def _ask(url: str) -> None:
    with urllib.request.urlopen(url):  # noqa: S310 - the benchmark's own server
        pass


class Counted:
    """Stands before a lane's work and counts what is finished."""

    def __init__(self, lane: Lane) -> None:
        self._work, self._left, self._none_left = lane._work, 0, asyncio.Event()
        lane._work = self._count

    async def _count(self, member: str, fields: dict[bytes, bytes], now_ms: int) -> None:
        await self._work(member, fields, now_ms)
        self._left -= 1
        if self._left <= 0:
            self._none_left.set()

    def expect(self, polls: int) -> None:
        """Start to count so many polls down."""
        self._left = polls
        self._none_left.clear()

    async def finished(self) -> None:
        """Wait for the last one."""
        await asyncio.wait_for(self._none_left.wait(), ROUND_SECONDS)


if __name__ == "__main__":
    print(json.dumps(uvloop.run(measure(json.loads(sys.argv[1])))))
