"""A fetcher process whose leases are short, for the short day. Not a test: `python -m tests.newsday.fetcher`."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

from copytaster.fetcher.app import Tuning, build
from copytaster.settings import load
from copytaster.streams.shell import run_service

TUNING = Tuning(lease_ms=6_000, article_retry_seconds=1.0)

if __name__ == "__main__":
    sys.exit(asyncio.run(run_service(load(), service="fetcher", build=partial(build, tuning=TUNING))))
