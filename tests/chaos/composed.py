"""The compose stack as the ground of a storm: docker-compose.yml and deploy/demo.yml, with the storm's newsroom in it."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import redis
from redis.exceptions import RedisError

from tests.chaos.fleet import CLAIM_IDLE_SECONDS, EXTRACT_SECONDS, FREEZE_SECONDS, correct_at
from tests.chaos.pressroom.server import feeds_toml
from tests.chaos.proxy import Trick
from tests.chaos.replicated import free_ports
from tests.stack.composed import DEMO, Stack, free_subnet
from tests.support import ROOT

SERVICES: Final = ("fetcher", "extractor", "deduplicator")
REPLICAS: Final = 2
PRESS_PORT: Final = 8800
CUT_SECONDS: Final = 2.0
START_SECONDS: Final = 60.0


class ComposedRedis:
    """The stack's Redis, reached as the operator at a port of the loopback."""

    def __init__(self, stack: Stack, port: int) -> None:
        self._stack = stack
        self.port = port
        self.password = stack.docker_says(
            *("run", "--rm", "--volume", f"{stack.project}_operator-secret:/secret:ro"),
            *("redis:8", "cat", "/secret/password"),
        ).strip()

    def client(self) -> redis.Redis:
        """A client as the operator."""
        return redis.Redis(port=self.port, username="operator", password=self.password, socket_timeout=10)

    def kill(self) -> None:
        """`docker kill` and start again."""
        name = f"{self._stack.project}-redis-1"
        self._stack.docker_says("kill", name)
        self._stack.docker_says("start", name)
        deadline = time.monotonic() + START_SECONDS
        with self.client() as client:
            while True:
                try:
                    client.ping()
                    return
                except RedisError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)

    def stop(self) -> None:
        """Nothing: it ends with the stack."""


class Composed:
    """The running stack."""

    def __init__(self, stack: Stack, server: ComposedRedis, press_port: int) -> None:
        self.server = server
        self._stack = stack
        self._press_port = press_port
        self.names: Collection[str] = [f"{name}-{n + 1}" for name in SERVICES for n in range(REPLICAS)]

    @property
    def environ(self) -> dict[str, str]:
        """The settings of a command, as the operator."""
        return {
            **os.environ,
            "COPYTASTER_REDIS_URL": f"redis://127.0.0.1:{self.server.port}/0",
            "COPYTASTER_REDIS_USERNAME": "operator",
            "COPYTASTER_REDIS_PASSWORD": self.server.password,
        }

    def client(self) -> redis.Redis:
        """A client of the server."""
        return self.server.client()

    def tend(self) -> None:
        """Start the containers that do not run: Docker leaves alone what was killed by hand."""
        label = f"label=com.docker.compose.project={self._stack.project}"
        gone = self._stack.docker_says(
            *("ps", "--all", "--filter", label, "--filter", "status=exited", "--format", "{{.Names}}")
        ).split()
        ours = {self._container(name) for name in self.names}
        if gone := [name for name in gone if name in ours]:
            self._stack.docker_says("start", *gone)

    def kill(self, name: str) -> bool:
        """`docker kill`; False if it was not running."""
        state = self._stack.docker_says("inspect", "--format", "{{.State.Running}}", self._container(name))
        if state.strip() != "true":
            return False
        self._stack.docker_says("kill", self._container(name))
        return True

    def freeze(self, name: str) -> None:
        """`docker pause` for longer than the leases."""
        self._stack.docker_says("pause", self._container(name))
        time.sleep(FREEZE_SECONDS)
        self._stack.docker_says("unpause", self._container(name))

    def cut(self, name: str) -> None:
        """Take a service off its network; its connections end without a word."""
        network, container = self._stack.project, self._container(name)
        self._stack.docker_says("network", "disconnect", network, container)
        time.sleep(CUT_SECONDS)
        self._stack.docker_says("network", "connect", network, container)

    def trick(self, name: str, trick: Trick) -> None:
        """Containers have no proxy between them and Redis."""
        raise NotImplementedError(f"{trick} at {name}: this ground strikes whole containers")

    def tricks_played(self) -> dict[str, int]:
        """None."""
        return {}

    def correct(self, numbers: Collection[int]) -> None:
        """Let the newsroom correct these articles."""
        correct_at(f"http://127.0.0.1:{self._press_port}", numbers)

    def _container(self, name: str) -> str:
        return f"{self._stack.project}-{name}"


@contextmanager
def composed(points: int, release_seconds: float) -> Iterator[Composed]:
    """The stack, built, up and healthy, two of each service; taken down with its data at the end."""
    docker = "docker"
    redis_port, press_port = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        feeds = Path(folder) / "feeds.toml"
        feeds.write_text(feeds_toml(PRESS_PORT), encoding="utf-8")
        feeds.chmod(0o644)
        Path(folder).chmod(0o755)
        override = Path(folder) / "compose.json"
        press = ("--points", str(points), "--release-seconds", str(release_seconds))
        override.write_text(json.dumps(_override(redis_port, press_port, press, feeds)), encoding="utf-8")
        stack = Stack(docker, free_subnet(docker), files=(*DEMO, str(override)))
        try:
            stack.build()
            stack.up(**dict.fromkeys(SERVICES, REPLICAS))
            yield Composed(stack, ComposedRedis(stack, redis_port), press_port)
        finally:
            stack.down()


def _override(redis_port: int, press_port: int, press: tuple[str, ...], feeds: Path) -> dict[str, Any]:
    """What the storm changes of the stack: its newsroom, short leases, and ports for the one who watches."""
    hasty = {
        "environment": {
            "COPYTASTER_CLAIM_IDLE_SECONDS": str(CLAIM_IDLE_SECONDS),
            "COPYTASTER_EXTRACT_TIMEOUT_SECONDS": str(EXTRACT_SECONDS),
            "COPYTASTER_ENCODER": "none",  # as in fleet.py
        }
    }
    return {
        "services": {
            "redis": {"ports": [f"127.0.0.1:{redis_port}:6379"]},
            "newsroom": {
                "command": [
                    "python",
                    "-m",
                    "pressroom",
                    "--bind",
                    "0.0.0.0",
                    "--port",
                    str(PRESS_PORT),
                    *press,
                ],
                "working_dir": "/storm",
                "volumes": [f"{ROOT / 'tests/chaos/pressroom'}:/storm/pressroom:ro"],
                "ports": [f"127.0.0.1:{press_port}:{PRESS_PORT}"],
            },
            "fetcher": {
                "environment": {**hasty["environment"], "COPYTASTER_HOST_SPACING_SECONDS": "0.1"},
                "volumes": [f"{feeds}:/etc/copytaster/feeds.toml:ro"],
            },
            "extractor": hasty,
            "deduplicator": hasty,
        }
    }
