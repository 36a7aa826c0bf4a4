"""The long storm: `python -m tests.chaos --seconds 600`. Prints what was done and found, and keeps it as dated JSON."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from copytaster import __version__
from tests.chaos.storm import PUBLIC, Weather, findings, ride_out

VICTIMS = ("fetcher-1", "extractor-1", "extractor-2", "deduplicator-1", "deduplicator-2")
CALM_SECONDS = 300
"""A killed fetcher's work comes back after its lease of two minutes."""


def main() -> int:
    """Run one storm; exit code 1 if anything was lost, doubled or wrongly joined."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--server-kills", type=int, default=10)
    parser.add_argument("--freezes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    args = parser.parse_args()
    weather = Weather(args.seconds, args.server_kills, args.freezes, 4.0, VICTIMS, args.seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        streams, damage = ride_out(Path(folder), weather, calm_seconds=CALM_SECONDS)
    wrong = findings(streams)
    result = {
        "version": __version__,
        "seed": args.seed,
        "stormSeconds": args.seconds,
        "elapsedSeconds": round(time.monotonic() - began),
        "serviceKills": dict(damage.service_kills),
        "serverKills": damage.server_kills,
        "freezes": damage.freezes,
        "entries": {name: len(streams[name]) for name in PUBLIC},
        "findings": wrong,
    }
    text = json.dumps(result, indent=2)
    print(text)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / f"chaos-{datetime.now(UTC):%Y-%m-%d}.json").write_text(text + "\n", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
