"""The long news day: `python -m tests.newsday`. Prints what was seen and found, and keeps it as dated JSON."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from copytaster import __version__
from tests.newsday.crew import REAL_FETCHER, Course
from tests.newsday.live import live
from tests.newsday.plan import Size


def main() -> int:
    """Live through one long day; exit code 1 if anything was missed, doubled or impolite."""
    parser = argparse.ArgumentParser(prog="python -m tests.newsday", description=__doc__)
    parser.add_argument("--seconds", type=float, default=480.0, help="time in which items come out")
    parser.add_argument("--feeds", type=int, default=2_000)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument(
        "--interval", type=float, default=40.0, help="seconds between two polls of a quiet feed"
    )
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    args = parser.parse_args()
    size = Size(args.feeds, args.hosts, args.seconds, 3.0, args.interval, 1.5, args.seed)
    course = Course(
        size=size,
        fetcher=REAL_FETCHER,
        kills=_spread(args.seconds, args.kills, 0.5),
        restarts=_spread(args.seconds, args.restarts, 0.9),
        calm_seconds=300,
        looks="60,180",
    )
    with tempfile.TemporaryDirectory(prefix="newsday-") as folder:
        outcome = live(Path(folder), course)
    result = {
        "version": __version__,
        "note": "measured on a shared machine",
        "findings": outcome.findings[:200],
        "findingCount": len(outcome.findings),
        **outcome.figures,
    }
    text = json.dumps(result, indent=2)
    print(text)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / f"newsday-{datetime.now(UTC):%Y-%m-%d}.json").write_text(text + "\n", encoding="utf-8")
    return 1 if outcome.findings else 0


def _spread(seconds: float, count: int, offset: float) -> tuple[float, ...]:
    """`count` times over the day, each at `offset` of its part."""
    return tuple((number + offset) * seconds / count for number in range(count))


if __name__ == "__main__":
    sys.exit(main())
