"""The processes of a news day and what they are told: three fetchers, an extractor, their settings, their feeds file."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from copytaster.fetcher.pace import BUSY_RATE
from tests.newsday.plan import Day, Size
from tests.support import ROOT

COPYTASTER: Final = ("-m", "copytaster.cli.main")
REAL_FETCHER: Final = (*COPYTASTER, "serve", "fetcher")
SHORT_LEASES: Final = ("-m", "tests.newsday.fetcher")
FETCHERS: Final = 3


@dataclass(frozen=True, slots=True)
class Course:
    """How the day goes: its size, the fetchers' command, when one is killed, when Redis is, how long stragglers may take."""

    size: Size
    fetcher: tuple[str, ...]
    kills: tuple[float, ...]
    restarts: tuple[float, ...]
    calm_seconds: float
    looks: str


class Crew:
    """The fetchers and the extractor; what was killed is started again."""

    def __init__(self, env: Mapping[str, str], folder: Path, course: Course) -> None:
        commands = {f"fetcher-{number}": course.fetcher for number in range(FETCHERS)}
        self._commands = {**commands, "extractor-0": (*COPYTASTER, "serve", "extractor")}
        self._env = env
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def tend(self) -> None:
        """Start what does not run."""
        for name, command in self._commands.items():
            process = self._running.get(name)
            if process is None or process.poll() is not None:
                with (self._folder / f"{name}.log").open("ab") as log:
                    self._running[name] = subprocess.Popen(
                        [sys.executable, *command], env=self._env, cwd=ROOT, stdout=log, stderr=log
                    )

    def kill(self, fetcher: int) -> None:
        """Kill one fetcher without a word."""
        process = self._running[f"fetcher-{fetcher}"]
        process.kill()
        process.wait(timeout=20)

    def end(self) -> None:
        """Kill all."""
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait(timeout=20)


def environment(day: Day, url: str, port: int, folder: Path, course: Course) -> dict[str, str]:
    """The settings of all processes."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COPYTASTER_")}
    return {
        **inherited,
        "COPYTASTER_REDIS_URL": url,
        "COPYTASTER_FEEDS_FILE": str(folder / "feeds.toml"),
        "COPYTASTER_HEALTH_PORT": "0",
        "COPYTASTER_CONTACT": "newsday@nordpost.example",
        "COPYTASTER_FETCH_ALLOW_NETWORKS": "127.0.0.0/8",
        "COPYTASTER_FETCH_ALLOW_PORTS": str(port),
        "COPYTASTER_FETCH_RESOLVE": ",".join(f"{host.name}={host.address}" for host in day.hosts),
        "COPYTASTER_FETCH_CONCURRENCY": "64",
        "COPYTASTER_HOST_SPACING_SECONDS": str(course.size.spacing_seconds),
        # A feed with an item a day is polled at the interval of the day, one with more as often as the budget allows.
        "COPYTASTER_POLL_INTERVAL_SECONDS": str(
            max(course.size.interval_seconds / math.sqrt(BUSY_RATE), 1.0)
        ),
        "COPYTASTER_POLLS_PER_SECOND": str(course.size.feeds / course.size.interval_seconds),
        "COPYTASTER_REFETCH_AFTER_SECONDS": course.looks,
        "COPYTASTER_EXTRACT_WORKERS": "1",
        # Long, for a machine that is busy with the day itself.
        "COPYTASTER_EXTRACT_TIMEOUT_SECONDS": "60",
        "COPYTASTER_LOG_JSON": "true",
    }


def feeds_file(day: Day, port: int) -> str:
    """The feeds of the day, as the file that the fetchers apply."""
    entries = (f'[[feeds]]\nurl = "http://{feed.host.name}:{port}{feed.path}"\n' for feed in day.feeds)
    return "\n".join(entries)
