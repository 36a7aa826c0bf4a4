"""Memory of many requests in flight: `python -m benchmarks.fetching.inflight JOB` (JSON), a process of its own.

Asks for `count` slow answers at once through the fetcher's guarded client, with everything that the fetcher imports loaded.
Prints the highest resident size in MB, before and with the requests, as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import uvloop

from copytaster.fetcher.app import make_client
from copytaster.fetcher.io.client import Limits
from copytaster.fetcher.io.poller import ACCEPT
from copytaster.settings import load


def resident_mb(field: str = "VmHWM") -> float:
    """A line of /proc/self/status, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024


async def measure(job: dict[str, Any]) -> dict[str, Any]:
    """The figures of one job: `urls` to ask for at once."""
    ports = ",".join(map(str, job["ports"]))
    settings = load(
        {}, contact="bench@copytaster.example", fetch_allow_networks="127.0.0.0/8", fetch_allow_ports=ports
    )
    before = resident_mb()
    async with make_client(settings) as client:
        answers = await asyncio.gather(
            *(client.get(url, accept=ACCEPT, limits=Limits()) for url in job["urls"]), return_exceptions=True
        )
    answered = sum(not isinstance(answer, BaseException) for answer in answers)
    return {
        "requests": len(answers),
        "answered": answered,
        "before_mb": round(before),
        "peak_mb": round(resident_mb()),
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(measure(json.loads(sys.argv[1])))))
