"""A fetcher process with short leases, for tests that kill it. Not a test: `python -m tests.stack.fetcher.driver`."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

from copytaster.fetcher.app import Tuning, build
from copytaster.settings import load
from copytaster.streams.shell import run_service

SHORT = Tuning(lease_ms=1_000, article_retry_seconds=0.05)

if __name__ == "__main__":
    sys.exit(asyncio.run(run_service(load(), service="fetcher", build=partial(build, tuning=SHORT))))
