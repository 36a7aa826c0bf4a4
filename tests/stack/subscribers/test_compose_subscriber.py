"""deploy/compose.subscriber.yml: a container of another project on the stack's network, with a user of its own."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import redis

from tests.stack.subscribers.recording import Recorded, play
from tests.support import ROOT, wait_until_sync

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

BUILD_SECONDS: Final = 400
"""One image without any cached layer: 20 s on two idle cores and a near package index, so many times that."""

RULES: Final = (
    "resetkeys",
    "~copytaster:{main}:stories",
    "~copytaster:{main}:clusters",
    "-@all",
    "+xreadgroup",
    "+xautoclaim",
    "+xack",
    "+xgroup|create",
    "+client|setinfo",
    "+hello",
)
"""All that the example asks of its user: to read the public streams through groups of its own."""


@dataclass(frozen=True, slots=True)
class Site:
    """A Redis on a network of its own, as the stack's would be, and the project that joins it."""

    docker: str
    folder: Path
    name: str = field(default_factory=lambda: f"copytaster-subscriber-{secrets.token_hex(4)}")

    def run(self, *arguments: str, timeout_seconds: float = 60) -> str:
        """Standard output of a docker command; fails the test with its errors."""
        done = subprocess.run(
            [self.docker, *arguments],
            cwd=ROOT,
            env={**os.environ, **self._settings()},
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
        assert done.returncode == 0, (
            f"docker {' '.join(arguments)}\n{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
        )
        return done.stdout

    def compose(self, *arguments: str, timeout_seconds: float = 60) -> str:
        """`docker compose` over the example, whatever settings the person has in .env."""
        files = ("--env-file", os.devnull, "--file", "deploy/compose.subscriber.yml")
        return self.run(
            "compose", "--ansi", "never", *files, "--project-name", self.name, *arguments,
            timeout_seconds=timeout_seconds,
        )  # fmt: skip

    def server(self) -> redis.Redis:
        """A client of the container's server, from the host, with all rights."""
        address = self.run("port", self.name, "6379/tcp").splitlines()[0]
        return redis.Redis(host="127.0.0.1", port=int(address.rsplit(":", 1)[1]))

    def container(self) -> str:
        """The id of the subscriber's one container."""
        [found] = self.compose("ps", "--all", "--quiet", "subscriber").split()
        return found

    def lines(self) -> list[str]:
        """What the subscriber has printed so far, before and after a restart."""
        return self.run("logs", self.container()).splitlines()

    def inspect(self) -> dict[str, Any]:
        """What `docker inspect` says of the subscriber's container."""
        [found] = json.loads(self.run("inspect", self.container()))
        return dict(found)

    def _settings(self) -> dict[str, str]:
        return {
            "DOCKER_NETWORK": self.name,
            "REDIS_USERNAME": "subscriber",
            "REDIS_PASSWORD_FILE": str(self.folder / "password"),
        }


@pytest.fixture(scope="module")
def site(docker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The network with `redis` on it; all of it, and the subscriber, is taken away afterwards."""
    site = Site(docker, tmp_path_factory.mktemp("site"))
    try:
        site.run("network", "create", site.name)
        place = ("--network", site.name, "--network-alias", "redis", "--publish", "127.0.0.1::6379")
        site.run("run", "--detach", "--name", site.name, *place, "redis:8")
        yield site
    finally:
        (site.folder / "password").touch()
        site.compose("down", "--volumes", "--timeout", "5", timeout_seconds=120)
        subprocess.run([docker, "rm", "--force", "--volumes", site.name], check=False, capture_output=True)
        subprocess.run([docker, "network", "rm", site.name], check=False, capture_output=True)


def test_another_projects_container_reads_the_streams_with_a_user_that_may_do_nothing_else(
    site: Site, recording: list[Recorded]
) -> None:
    """It prints every event once, with the password from a file, and goes on where it stopped after a restart."""
    password = secrets.token_hex(8)
    (site.folder / "password").write_text(password + "\n")
    server, half = site.server(), len(recording) // 2
    wait_until_sync(lambda: _answers(server), description="Redis answers")
    server.execute_command("ACL", "SETUSER", "subscriber", "on", f">{password}", *RULES)
    play(server, recording[:half])

    site.compose("build", timeout_seconds=BUILD_SECONDS)
    site.compose("up", "--detach", timeout_seconds=120)
    wait_until_sync(
        lambda: len(site.lines()) >= half, description="half of it", timeout_seconds=60, poll_seconds=0.5
    )
    site.compose("kill", "subscriber")
    play(server, recording[half:])
    site.compose("start", "subscriber")
    wait_until_sync(
        lambda: len(site.lines()) >= len(recording), description="all", timeout_seconds=60, poll_seconds=0.5
    )

    assert sorted(site.lines()) == sorted(f"{event.key} {event.says}" for event in recording)
    assert server.acl_log() == []
    container = site.inspect()
    assert container["Config"]["User"] == "10001:10001"
    assert container["HostConfig"]["ReadonlyRootfs"] is True
    assert password not in json.dumps(container)


def _answers(server: redis.Redis) -> bool:
    try:
        return bool(server.ping())
    except redis.ConnectionError:
        return False
