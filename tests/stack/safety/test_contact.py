"""Without COPYTASTER_CONTACT nobody is polled: a healthy fetcher that says why, and commands that remind of it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from copytaster.keys import Keys
from tests.stack.fetcher.desk import rss
from tests.stack.fetcher.site import free_port, running_site
from tests.support import wait_until

KEYS = Keys("main")
COPYTASTER = (sys.executable, "-m", "copytaster.cli.main")


def environment(**settings: str) -> dict[str, str]:
    """The environment without any setting of ours but these."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COPYTASTER_")}
    return {**inherited, **settings}


async def ended(*arguments: str, **settings: str) -> tuple[int | None, str]:
    """Exit code and standard error of a command."""
    process = await asyncio.create_subprocess_exec(
        *COPYTASTER,
        *arguments,
        env=environment(**settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, said.decode()


async def test_a_fetcher_without_a_contact_is_healthy_and_polls_nobody(
    valkey_url: str, redis_client: Redis, tmp_path: Path
) -> None:
    """The feed is listed and due, the site is not asked, one warning names the setting, the health check passes."""
    port = free_port()
    async with running_site() as site:
        site.text("/feed.xml", rss(site, ["/one"]))
        feeds = tmp_path / "feeds.toml"
        feeds.write_text(f'[[feeds]]\nurl = "{site.url("/feed.xml")}"\n')
        process = await asyncio.create_subprocess_exec(
            *COPYTASTER,
            "serve",
            "fetcher",
            env=environment(
                COPYTASTER_REDIS_URL=valkey_url,
                COPYTASTER_FEEDS_FILE=str(feeds),
                COPYTASTER_FETCH_ALLOW_NETWORKS="127.0.0.0/8",
                COPYTASTER_FETCH_ALLOW_PORTS=str(site.port),
                COPYTASTER_FETCH_RESOLVE="*.example=127.0.0.1",
                COPYTASTER_HEALTH_PORT=str(port),
                COPYTASTER_LOG_JSON="true",
            ),
            stderr=asyncio.subprocess.PIPE,
        )

        async def healthy() -> bool:
            return (await ended("healthcheck", "--port", str(port)))[0] == 0

        try:
            await wait_until(healthy, description="the fetcher is healthy", timeout_seconds=30)
            due = await redis_client.zcard(KEYS.key("feeds", "due"))
        finally:
            process.terminate()
            _, log = await asyncio.wait_for(process.communicate(), 40)

    lines = [json.loads(line) for line in log.splitlines()]
    [warning] = [line for line in lines if line["event"] == "polling.refused"]
    assert (process.returncode, due, site.paths()) == (0, 1, [])
    assert warning["level"] == "warning"
    assert "COPYTASTER_CONTACT" in warning["reason"]
    assert "feeds.awaited" not in {line["event"] for line in lines}


@pytest.mark.parametrize(
    ("contact", "reminded"), [("", True), ("desk@nordpost.example", False)], ids=["without", "with"]
)
async def test_adding_a_feed_reminds_of_the_contact(valkey_url: str, contact: str, reminded: bool) -> None:
    """The feed is added either way."""
    code, said = await ended(
        *("feeds", "add", "https://nordpost.example/feed.xml", "--no-check"),
        COPYTASTER_REDIS_URL=valkey_url,
        COPYTASTER_CONTACT=contact,
    )

    assert (code, "COPYTASTER_CONTACT" in said) == (0, reminded)


async def test_importing_feeds_reminds_of_the_contact(valkey_url: str, tmp_path: Path) -> None:
    """One line, after the feeds were listed."""
    opml = tmp_path / "my.opml"
    opml.write_text(
        '<opml version="2.0"><body><outline text="A" xmlUrl="https://nordpost.example/a.xml"/></body></opml>'
    )

    code, said = await ended("feeds", "import", str(opml), COPYTASTER_REDIS_URL=valkey_url)

    assert code == 0
    assert "COPYTASTER_CONTACT" in said


async def test_run_refuses_feeds_without_a_contact(tmp_path: Path) -> None:
    """Exit code 2 and one line, before anything is started or any folder is made."""
    feeds = tmp_path / "feeds.toml"
    feeds.write_text('[[feeds]]\nurl = "https://nordpost.example/feed.xml"\n')
    data = tmp_path / "data"

    code, said = await ended("run", "--feeds", str(feeds), "--data", str(data), "--port", "0")

    [line] = said.splitlines()
    assert code == 2
    assert "COPYTASTER_CONTACT" in line
    assert not data.exists()
