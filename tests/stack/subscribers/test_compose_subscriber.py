"""deploy/compose.subscriber.yml: a container of another project on the stack's network, with a user of its own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import redis

from tests.stack.subscribers.conftest import let_in
from tests.stack.subscribers.programs import code_block
from tests.stack.subscribers.recording import Recorded, play
from tests.support import ROOT, unavailable, wait_until_sync

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

GUIDE: Final = "docs/subscribing.md"

BUILD_SECONDS: Final = 400
"""One image without any cached layer: 20 s on two idle cores and a near package index, so many times that."""


@dataclass(frozen=True, slots=True)
class Site:
    """A Redis on a network of its own, as the stack's would be, and the project that joins it."""

    docker: str
    name: str = field(default_factory=lambda: f"copytaster-subscriber-{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: secrets.token_hex(8))

    def run(self, *arguments: str, timeout_seconds: float = 60) -> str:
        """Standard output of a docker command; fails the test with its errors."""
        done = subprocess.run(
            [self.docker, *arguments],
            cwd=ROOT,
            env={**os.environ, "DOCKER_NETWORK": self.name},
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


@pytest.fixture(scope="module")
def site(docker: str) -> Iterator[Site]:
    """The network with `redis` on it and the volume for the password; all is taken away afterwards, the subscriber too."""
    site = Site(docker)
    try:
        site.run("network", "create", site.name)
        site.run("volume", "create", f"{site.name}-subscriber")
        place = ("--network", site.name, "--network-alias", "redis", "--publish", "127.0.0.1::6379")
        secret = ("--volume", f"{site.name}-subscriber:/run/subscriber")
        site.run("run", "--detach", "--name", site.name, *place, *secret, "redis:8")
        yield site
    finally:
        site.compose("down", "--volumes", "--timeout", "5", timeout_seconds=120)
        for kind in (("rm", "--force", "--volumes", site.name), ("network", "rm", site.name)):
            subprocess.run([docker, *kind], check=False, capture_output=True)
        subprocess.run([docker, "volume", "rm", f"{site.name}-subscriber"], check=False, capture_output=True)


@pytest.fixture(scope="module")
def server(site: Site) -> redis.Redis:
    """A client with all rights, after the user `subscriber` of the stack was made and its password put into the volume."""
    server = site.server()
    wait_until_sync(lambda: _answers(server), description="Redis answers")
    let_in(server, site.password)
    site.run("exec", site.name, "sh", "-c", f"echo {site.password} >/run/subscriber/password")
    return server


def test_another_projects_container_reads_the_streams_as_the_user_subscriber(
    site: Site, server: redis.Redis, recording: list[Recorded]
) -> None:
    """It prints every event once, with the password from the stack's volume, and after a kill goes on where it stopped."""
    server.flushall()
    server.execute_command("ACL", "LOG", "RESET")
    half = len(recording) // 2
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
    assert site.password not in json.dumps(container)


def test_the_guides_redis_cli_for_the_stack_is_let_in_and_may_only_read(
    site: Site, server: redis.Redis, recording: list[Recorded], tmp_path: Path
) -> None:
    """The guide's two shell blocks together, as they stand; `docker compose exec redis` reaches this test's container."""
    if shutil.which("jq") is None:
        unavailable("there is no jq command; that the entries are JSON is tested without it")
    server.flushall()
    play(server, recording)
    stand_in = tmp_path / "docker"
    stand_in.write_text(
        '#!/bin/sh\n[ "$1 $2 $3 $4" = "compose exec -T redis" ] || exit 9\nshift 4\n'
        f'exec {site.docker} exec -i {site.name} "$@"\n'
    )
    stand_in.chmod(0o755)
    function, look = (code_block(GUIDE, "sh", mark) for mark in ("redis-cli() {", "--json XRANGE"))

    def shell(script: str) -> str:
        path = f"{tmp_path}:{os.environ['PATH']}"
        command, environment = ["bash", "-c", script], {**os.environ, "PATH": path}
        return subprocess.check_output(command, env=environment, text=True, timeout=30)

    changes = [event for event in recording if event.stream == "clusters"]
    assert shell(f"{function}\n{look}").splitlines() == [f"{event.key} {event.says}" for event in changes]
    assert "NOPERM" in shell(
        f"{function}\nredis-cli XTRIM 'copytaster:{{main}}:clusters' MAXLEN 0 2>&1 || true"
    )


def _answers(server: redis.Redis) -> bool:
    try:
        return bool(server.ping())
    except redis.ConnectionError:
        return False
