"""A flood of pages over a small Redis while the extractor is stopped, and the drain after it starts again.

Used by the short test and by `python -m tests.stack.pressure` (`make bench-pressure`), which floods for ten minutes.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientSession, web
from redis.asyncio import Redis

from copytaster.keys import Keys
from copytaster.streams.ledger.balance import imbalance, lines, total
from copytaster.streams.ledger.counting import Fate
from copytaster.streams.ledger.reading import read
from tests.stack.fetcher.site import Site, free_port, running_site
from tests.stack.ledger.desk import story_page
from tests.support import ROOT

KEYS: Final = Keys("main")
ITEMS_PER_FEED: Final = 20
LOOK_SECONDS: Final = 0.5
START_SECONDS: Final = 90.0
"""For starting a service and filling Redis, on a machine under full load."""


@dataclass(frozen=True, slots=True)
class Flood:
    """How much comes in: feeds, the bytes of a page, and for how many seconds after the fetcher began to wait."""

    feeds: int
    page_bytes: int
    seconds: float
    drain_seconds: float


@dataclass(slots=True)
class Course:
    """What was seen of it."""

    peak_percent: float = 0.0
    oom_errors: int = 0
    held_after_seconds: float | None = None
    ready_said: str = ""
    seen: int = 0
    published: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    in_flight: int = 0
    imbalance: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)
    """The fetcher's log lines on holding, in order."""


async def ride_out(url: str, folder: Path, flood: Flood) -> Course:
    """The course of a flood over the server at `url`, up to when nothing is in flight or the time is up."""
    redis, course = Redis.from_url(url), Course()
    try:
        async with running_site() as site:
            _serve(site, flood)
            feeds = [
                f'[[feeds]]\nurl = "{site.url(f"/feed/{n}")}"\ninterval_seconds = 1\n'
                for n in range(flood.feeds)
            ]
            (folder / "feeds.toml").write_text("\n".join(feeds))
            port = free_port()
            async with _service("fetcher", url, folder, site, port):
                await _flood(redis, course, flood, port)
                site.routes["/feed"] = _empty
                for number in range(flood.feeds):
                    site.routes[f"/feed/{number}"] = _empty
                async with _service("extractor", url, folder, site, 0):
                    await _drain(redis, course, flood.drain_seconds)
        course.lines = [
            line
            for raw in (folder / "fetcher.log").read_text().splitlines()
            if (line := json.loads(raw))["event"] == "fetching.held"
        ]
    finally:
        await redis.aclose()
    return course


def _serve(site: Site, flood: Flood) -> None:
    padding = f"<script type='application/x-none'>{'x' * flood.page_bytes}</script>"
    polls = dict.fromkeys(range(flood.feeds), 0)

    def feed(number: int) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(_request: web.Request) -> web.StreamResponse:
            polls[number] += 1
            first = (polls[number] - 1) * ITEMS_PER_FEED
            items = "".join(
                f"<item><title>Titel {n}</title><guid>{n}</guid><link>{site.url(f'/page/{number}-{n}', f'h{number}-{n % 4}.example')}</link></item>"
                for n in range(first, first + ITEMS_PER_FEED)
            )
            text = f"<rss version='2.0'><channel><title>Bote {number}</title>{items}</channel></rss>"
            return web.Response(text=text, content_type="application/rss+xml")

        return answer

    async def page(request: web.Request) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        text = story_page(name).replace("</article>", f"</article>{padding}")
        return web.Response(text=text, content_type="text/html")

    for number in range(flood.feeds):
        site.routes[f"/feed/{number}"] = feed(number)
    site.fallback = page


async def _empty(_request: web.Request) -> web.StreamResponse:
    return web.Response(text="<rss version='2.0'><channel/></rss>", content_type="application/rss+xml")


@asynccontextmanager
async def _service(service: str, url: str, folder: Path, site: Site, port: int) -> AsyncIterator[None]:
    """A running service, stopped as SIGTERM stops it; its log lies in the folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COPYTASTER_")}
    env = {
        **inherited,
        "COPYTASTER_REDIS_URL": url,
        "COPYTASTER_FEEDS_FILE": str(folder / "feeds.toml"),
        "COPYTASTER_CONTACT": "desk@nordpost.example",
        "COPYTASTER_FETCH_ALLOW_NETWORKS": "127.0.0.0/8",
        "COPYTASTER_FETCH_ALLOW_PORTS": str(site.port),
        "COPYTASTER_FETCH_RESOLVE": "*.example=127.0.0.1",
        "COPYTASTER_HOST_SPACING_SECONDS": "0.01",
        "COPYTASTER_EXTRACT_WORKERS": "2",
        "COPYTASTER_HEALTH_PORT": str(port),
        "COPYTASTER_LOG_JSON": "true",
    }
    command = [sys.executable, "-m", "copytaster.cli.main", "serve", service]
    with (folder / f"{service}.log").open("w") as log:
        running = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=env, stderr=log, stdout=log)
        try:
            yield
            running.terminate()
            assert await asyncio.wait_for(running.wait(), 40) == 0
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()


async def _flood(redis: Redis, course: Course, flood: Flood, port: int) -> None:
    """Look on until the fetcher has waited for so many seconds; give up when it does not begin to."""
    started = time.monotonic()
    ends = started + START_SECONDS
    while time.monotonic() < ends:
        await asyncio.sleep(LOOK_SECONDS)
        await _look(redis, course)
        if course.held_after_seconds is None and await redis.exists(KEYS.key("held")):
            course.held_after_seconds = round(time.monotonic() - started, 1)
            ends = time.monotonic() + flood.seconds
            async with (
                ClientSession() as session,
                session.get(f"http://127.0.0.1:{port}/health/ready") as answer,
            ):
                course.ready_said = await answer.text()


async def _look(redis: Redis, course: Course) -> None:
    facts = await redis.info("memory")
    errors = await redis.info("errorstats")
    course.peak_percent = max(course.peak_percent, 100 * facts["used_memory"] / max(facts["maxmemory"], 1))
    course.oom_errors = int(dict(errors.get("errorstat_OOM", {})).get("count", 0))


async def _drain(redis: Redis, course: Course, seconds: float) -> None:
    """Look on until nothing is in flight and the fetcher goes on, or the time is up; then read the ledger."""
    deadline = time.monotonic() + seconds
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await _look(redis, course)
        found = lines(await read(redis, KEYS))
        line = total(found.values())
        course.seen, course.published = line.of(Fate.SEEN), line.of(Fate.PUBLISHED)
        course.dropped, course.in_flight = line.dropped, line.in_flight
        course.imbalance = imbalance(found.values())
        held = await redis.exists(KEYS.key("held"))
        if (line.in_flight == 0 and not held) or time.monotonic() > deadline:
            return
