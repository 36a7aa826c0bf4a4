"""A copier as its own process, for tests: its log, its health, its end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import redis

from tests.stack.streams.builders import TARGET
from tests.support import ROOT


def free_port() -> int:
    """A port of the loopback that nobody listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Copier:
    """A running copier process with its log."""

    def __init__(self, url: str, folder: Path, **settings: str) -> None:
        self.health_port = free_port()
        self.log = folder / f"copier-{self.health_port}.log"
        env = {
            **os.environ,
            "COPYTASTER_REDIS_URL": url,
            "COPYTASTER_DESK": "test",
            "COPYTASTER_HEALTH_PORT": str(self.health_port),
            "COPYTASTER_CLAIM_IDLE_SECONDS": "1",
            **settings,
        }
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "tests.stack.streams.copier"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=log, stdout=log)

    def lines(self) -> list[dict[str, object]]:
        """The log so far, parsed; every line has to be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def events(self) -> list[object]:
        """The event names of the log so far."""
        return [line["event"] for line in self.lines()]

    def status(self, route: str) -> int:
        """HTTP status of a health route; 0 while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}{route}", timeout=2) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


@contextlib.contextmanager
def copier(url: str, folder: Path, **settings: str) -> Iterator[Copier]:
    """A copier that is killed at the end, whatever happened."""
    running = Copier(url, folder, **settings)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait(timeout=10)


def copied(client: redis.Redis) -> int:
    """How many entries came out so far."""
    return int(client.xlen(TARGET))
