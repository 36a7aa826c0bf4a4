"""One contestant in a process of its own: `python -m benchmarks.delivery.contestant NAME URL COUNT`; prints the report."""

from __future__ import annotations

import importlib
import sys


def main() -> int:
    """Fill the stream, run the contestant named in the arguments, print what the meter says."""
    name, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    contestant = importlib.import_module(f"benchmarks.delivery.{name}")
    contestant.fill(url, count)
    print(contestant.run(url, count))
    return 0


if __name__ == "__main__":
    sys.exit(main())
