"""The same polls by httpx and feedparser as they come: `python -m benchmarks.fetching.theirs JOB` (JSON).

No Redis, no log, no guard, no limits: a GET with the validators of the last answer, the hash of the body, and
`feedparser.parse` of one that has changed. Prints the figures as one line of JSON.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import ssl
import sys
import time
from dataclasses import dataclass
from typing import Any

import feedparser
import httpx
import uvloop


@dataclass(slots=True)
class Known:
    """What is remembered of one feed."""

    etag: str | None = None
    digest: bytes = b""
    entries: int = 0


async def measure(job: dict[str, Any]) -> dict[str, Any]:
    """The figures of one job; the fields are those of `ours`."""
    feeds = {url: Known() for url in job["feeds"]}
    slots = asyncio.Semaphore(job["concurrency"] // 2)
    seconds = []
    async with httpx.AsyncClient(verify=ssl.create_default_context(), timeout=60) as client:
        for step in range(job["rounds"] + 1):
            if job.get("step_url"):
                await client.get(f"{job['step_url']}/{step}")
            begun = time.process_time()
            await asyncio.gather(*(_poll(client, slots, url, known) for url, known in feeds.items()))
            if step:
                seconds.append((time.process_time() - begun, 0.0))
    return {"rounds": seconds, "polls": len(feeds)}


async def _poll(client: httpx.AsyncClient, slots: asyncio.Semaphore, url: str, known: Known) -> None:
    async with slots:
        headers = {"If-None-Match": known.etag} if known.etag else {}
        response = await client.get(url, headers=headers)
    known.etag = response.headers.get("etag")
    digest = hashlib.sha256(response.content).digest()
    if response.status_code == 200 and digest != known.digest:
        known.digest = digest
        known.entries = len(feedparser.parse(response.content)["entries"])


if __name__ == "__main__":
    print(json.dumps(uvloop.run(measure(json.loads(sys.argv[1])))))
