"""The long storm: `python -m tests.chaos --server valkey|redis|compose`. Prints what was found and keeps it as dated JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.quality import surroundings
from tests.chaos.fleet import Fleet, pressroom
from tests.chaos.servers import DockerRedis, Valkey
from tests.chaos.storm import Ground, Ride
from tests.chaos.weather import Weather

LONG: Final = Weather(
    seconds=240, points=640, seed=1, kills=38, server_kills=5, freezes=5, cuts=6, tricks=20, poisonings=5
)
COMPOSED: Final = replace(LONG, kills=44, tricks=0)
"""Containers are killed whole: nothing stands between them and Redis that could wait for a commit."""
CALM_SECONDS: Final = 600
"""Half a minute on two idle cores; a killed fetcher's work comes back after its lease, and a busy machine takes its time."""
BARS: Final = {"events": 5000, "serviceKills": 40, "serverKills": 5, "freezes": 5}


def main() -> int:
    """Run one storm; exit code 1 if anything was lost, doubled or wrongly joined, or it blew too little."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--server", choices=("valkey", "redis", "compose"), default="valkey")
    parser.add_argument("--seed", type=int, default=LONG.seed)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--keep-logs", type=Path, default=None, help="folder for the logs of the services")
    args = parser.parse_args()
    weather = replace(COMPOSED if args.server == "compose" else LONG, seed=args.seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        logs = args.keep_logs or Path(folder)
        logs.mkdir(parents=True, exist_ok=True)
        with _ground(args.server, weather, logs) as ground:
            ride = Ride(ground, weather)
            ride.out(calm_seconds=CALM_SECONDS)
    result = report(ride, args.server, round(time.monotonic() - began))
    text = json.dumps(result, indent=2)
    print(text)
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / f"chaos-{args.server}-{datetime.now(UTC):%Y-%m-%d}.json"
    path.write_text(text + "\n", encoding="utf-8")
    return 0 if result["met"] else 1


@contextmanager
def _ground(name: str, weather: Weather, folder: Path) -> Iterator[Ground]:
    release_seconds = weather.seconds * weather.release_share
    if name == "compose":
        from tests.chaos.composed import composed

        with composed(weather.points, release_seconds) as stack:
            yield stack
        return
    server = Valkey(folder) if name == "valkey" else DockerRedis()
    try:
        with pressroom(weather.points, release_seconds) as port:
            fleet = Fleet(server, port, folder)
            try:
                yield fleet
            finally:
                fleet.end()
    finally:
        server.stop()


def report(ride: Ride, server: str, elapsed_seconds: int) -> dict[str, Any]:
    """The result as it is kept; `met` says whether nothing was wrong and it blew hard enough."""
    damage = ride.damage
    figures = {
        "events": sum(ride.added.values()),
        "serviceKills": damage.kills,
        "serverKills": damage.server_kills,
        "freezes": damage.freezes,
    }
    enough = all(figures[name] >= bar for name, bar in BARS.items())
    return {
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "server": server,
        "surroundings": surroundings(),
        "note": "measured on a shared machine",
        "loadAverage": round(os.getloadavg()[0], 1),
        "seed": ride.weather.seed,
        "elapsedSeconds": elapsed_seconds,
        **figures,
        "killsByService": dict(damage.service_kills),
        "tricksAtCommit": dict(damage.tricks),
        "connectionsCut": damage.cuts,
        "articles": sum(piece.point is not None for piece in ride.pieces),
        "oddItems": sum(piece.point is None for piece in ride.pieces),
        "corrected": len(ride.corrected),
        "poison": sum(map(len, ride.poison.values())),
        "entriesAdded": ride.added,
        "ledger": ride.ledger,
        "bars": BARS,
        "met": enough and not ride.findings,
        "findings": ride.findings,
    }


if __name__ == "__main__":
    sys.exit(main())
