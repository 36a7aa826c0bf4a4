"""The services of a storm as processes of this machine, each behind a proxy of its own; what is gone is started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import redis

from tests.chaos.pressroom.server import feeds_toml
from tests.chaos.proxy import Proxies, Trick
from tests.chaos.servers import Server
from tests.support import ROOT

COPYTASTER: Final = (sys.executable, "-m", "copytaster.cli.main")
NAMES: Final = ("fetcher-1", "fetcher-2", "extractor-1", "extractor-2", "deduplicator-1", "deduplicator-2")
CLAIM_IDLE_SECONDS: Final = 2.0
EXTRACT_SECONDS: Final = 60.0
"""A page that takes longer is dropped; far more than a freeze and a busy machine add to a short page."""
FREEZE_SECONDS: Final = 3 * CLAIM_IDLE_SECONDS
"""Beyond the lease of an entry, so that it is taken over while its owner sleeps."""


class Fleet:
    """Everything but the server, on this machine."""

    def __init__(self, server: Server, press_port: int, folder: Path) -> None:
        self.server: Server = server
        self.names: Collection[str] = NAMES
        self._press_port = press_port
        self._folder = folder
        self._proxies = Proxies()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        (folder / "feeds.toml").write_text(feeds_toml(press_port), encoding="utf-8")
        self._ports = {name: self._proxies.add(name, server.port, self._killer(name)) for name in self.names}

    @property
    def environ(self) -> dict[str, str]:
        """The settings of a command that asks the server itself."""
        return {
            **os.environ,
            "COPYTASTER_REDIS_URL": f"redis://127.0.0.1:{self.server.port}/0",
            "COPYTASTER_FEEDS_FILE": str(self._folder / "feeds.toml"),
            "COPYTASTER_HEALTH_PORT": "0",
            "COPYTASTER_CONTACT": "storm@nordpost.example",
            "COPYTASTER_FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
            "COPYTASTER_FETCH_ALLOW_PORTS": str(self._press_port),
            "COPYTASTER_FETCH_RESOLVE": "*.example=127.0.0.1",
            "COPYTASTER_HOST_SPACING_SECONDS": "0.1",
            "COPYTASTER_EXTRACT_WORKERS": "1",
            "COPYTASTER_EXTRACT_TIMEOUT_SECONDS": str(EXTRACT_SECONDS),
            "COPYTASTER_CLAIM_IDLE_SECONDS": str(CLAIM_IDLE_SECONDS),
            # The storm's words are made up: to a sentence encoder, which only knows real ones, they all sound alike.
            "COPYTASTER_ENCODER": "none",
            "COPYTASTER_LOG_JSON": "true",
        }

    def client(self) -> redis.Redis:
        """A client of the server, past all proxies."""
        return redis.Redis(port=self.server.port, socket_timeout=10)

    def tend(self) -> None:
        """Start what is not running."""
        for name in self.names:
            process = self._processes.get(name)
            if process is None or process.poll() is not None:
                url = f"redis://127.0.0.1:{self._ports[name]}/0"
                with (self._folder / f"{name}.log").open("ab") as log:
                    self._processes[name] = subprocess.Popen(
                        [*COPYTASTER, "serve", name.partition("-")[0]],
                        cwd=ROOT,
                        env={**self.environ, "COPYTASTER_REDIS_URL": url},
                        stdout=log,
                        stderr=log,
                    )

    def kill(self, name: str) -> bool:
        """Kill a service; False if it was not running."""
        process = self._processes[name]
        if process.poll() is not None:
            return False
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
        return True

    def freeze(self, name: str) -> None:
        """Stop a service for longer than its leases and let it go on."""
        process = self._processes[name]
        process.send_signal(signal.SIGSTOP)
        time.sleep(FREEZE_SECONDS)
        process.send_signal(signal.SIGCONT)

    def cut(self, name: str) -> None:
        """Cut the connections of all services, whichever is named: the server knows them by number alone."""
        with self.client() as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    def trick(self, name: str, trick: Trick) -> None:
        """Strike at the next commit of a service."""
        self._proxies.arm(name, trick)

    def tricks_played(self) -> dict[str, int]:
        """How often each trick found its commit."""
        return dict(self._proxies.played)

    def correct(self, numbers: Collection[int]) -> None:
        """Let the newsroom correct these articles."""
        correct_at(f"http://127.0.0.1:{self._press_port}", numbers)

    def end(self) -> None:
        """Kill all services and close the proxies."""
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait(timeout=20)
        self._proxies.close()

    def _killer(self, name: str) -> Callable[[], None]:
        return lambda: self._processes[name].send_signal(signal.SIGKILL)


def correct_at(address: str, numbers: Collection[int]) -> None:
    """Tell the newsroom at `address` which articles to correct."""
    query = "&".join(f"number={number}" for number in numbers)
    with urllib.request.urlopen(f"{address}/correct?{query}", timeout=10) as answer:
        answer.read()


@contextmanager
def pressroom(points: int, release_seconds: float) -> Iterator[int]:
    """The storm's newsroom in a process of its own; gives its port."""
    options = ("--points", str(points), "--release-seconds", str(release_seconds))
    command = [sys.executable, "-m", "tests.chaos.pressroom", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(json.loads(process.stdout.readline())["port"])
        finally:
            process.kill()
