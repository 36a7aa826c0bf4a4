"""Rides a storm out: blows, poison and corrections while the newsroom publishes, then a calm, then the books.

The ground that it is ridden on (processes here, or the containers of the compose stack) is a `Ground`.
"""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import redis
from redis.exceptions import RedisError

from copytaster.keys import Keys
from copytaster_schemas import NotAnEvent, Story, parse_event
from tests.chaos.fleet import COPYTASTER
from tests.chaos.oracle import PUBLIC, Truth, findings
from tests.chaos.poison import pour
from tests.chaos.pressroom.press import Piece, edition, host
from tests.chaos.proxy import Trick
from tests.chaos.servers import Server
from tests.chaos.weather import Blow, Damage, Weather
from tests.support import ROOT

KEYS: Final = Keys("main")
GROUPS: Final = ("articles", "stories", "links")
CORRECTED_AT_ONCE: Final = 20
SLOWEST: Final = 4
"""A pause between two blows takes at most so many times what the weather says."""
TOLD_SECONDS: Final = 60
"""For so long the corrections wait for stories to correct, where the storm has let few through."""


class Ground(Protocol):
    """Where the services run, and how they are struck there."""

    @property
    def server(self) -> Server:
        """The server, to be killed."""

    names: Collection[str]

    @property
    def environ(self) -> dict[str, str]:
        """The settings of a command."""

    def client(self) -> redis.Redis:
        """A client of the server."""

    def tend(self) -> None:
        """Start what is not running."""

    def kill(self, name: str) -> bool:
        """Kill a service; False if it was not running."""

    def freeze(self, name: str) -> None:
        """Stop a service for longer than its leases."""

    def cut(self, name: str) -> None:
        """Cut the connections of a service, or of all."""

    def trick(self, name: str, trick: Trick) -> None:
        """Strike at the next commit of a service."""

    def tricks_played(self) -> dict[str, int]:
        """How often each trick found its commit."""

    def correct(self, numbers: Collection[int]) -> None:
        """Let the newsroom correct articles."""


@dataclass(slots=True)
class Ride:
    """A storm in progress, and afterwards what it did and what was found."""

    ground: Ground
    weather: Weather
    damage: Damage = field(default_factory=Damage)
    corrected: set[int] = field(default_factory=set)
    poison: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[str, int] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    """Entries that were ever put on a stream, what was trimmed of `articles` included."""
    findings: list[str] = field(default_factory=list)
    ledger: dict[str, Any] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)

    def out(self, *, calm_seconds: float) -> None:
        """Blow, wait for the calm (at most so long), compare."""
        dice = random.Random(self.weather.seed)
        self.pieces = edition(self.weather.points)
        pause_seconds = self.weather.seconds / (self.weather.blow_count + 1)
        for blow in self.weather.order(dice):
            self._pause(pause_seconds)
            self._strike(blow, dice)
        self.damage.tricks.update(self.ground.tricks_played())
        if not self._calm(calm_seconds):
            self.findings.append(f"no calm within {calm_seconds:g} s")
        self._compare()

    def _pause(self, seconds: float) -> None:
        """Let `seconds` pass, and more of them, up to a limit, until the services have told something since the last blow.

        A storm that strikes faster than a busy machine starts services strikes nobody at work.
        """
        began, told = time.monotonic(), self._length()
        while (passed := time.monotonic() - began) < SLOWEST * seconds:
            self.ground.tend()
            if passed >= seconds and self._length() > told:
                return
            time.sleep(0.25)

    def _length(self) -> int:
        """The entries on the public streams; 0 while the server does not answer."""
        try:
            with self.ground.client() as client:
                return sum(client.xlen(KEYS.stream(name)) for name in PUBLIC)
        except RedisError:
            return 0

    def _strike(self, blow: Blow, dice: random.Random) -> None:
        name = dice.choice(sorted(self.ground.names))
        if blow is Blow.KILL:
            self.damage.service_kills[name.partition("-")[0]] += self.ground.kill(name)
        elif blow is Blow.KILL_SERVER:
            self.ground.server.kill()
            self.damage.server_kills += 1
        elif blow is Blow.FREEZE:
            self.ground.freeze(name)
            self.damage.freezes += 1
        elif blow is Blow.TRICK:
            self.ground.trick(name, dice.choice(list(Trick)))
        elif blow is Blow.CUT:
            self.ground.cut(name)
            self.damage.cuts += 1
        else:
            with self.ground.client() as client:
                self._strike_with(client, blow, dice)

    def _strike_with(self, client: redis.Redis, blow: Blow, dice: random.Random) -> None:
        if blow is Blow.POISON:
            for stream, ids in pour(client, KEYS).items():
                self.poison[stream] += ids
        else:
            deadline = time.monotonic() + TOLD_SECONDS
            while len(told := sorted(self._told(client))) < CORRECTED_AT_ONCE and time.monotonic() < deadline:
                self.ground.tend()
                time.sleep(0.5)
            chosen = dice.sample(told, min(CORRECTED_AT_ONCE, len(told)))
            self.corrected.update(chosen)
            self.ground.correct(chosen)

    def _told(self, client: redis.Redis) -> Iterator[int]:
        """The numbers of the articles whose story is published."""
        numbers = {(host(piece.outlet), piece.path): piece.number for piece in self.pieces}
        for _, fields in client.xrange(KEYS.stream("stories")):
            try:
                story = parse_event(fields)[1]
            except NotAnEvent:
                continue
            if isinstance(story, Story):
                place = urlsplit(story.url or "")
                yield numbers[place.hostname or "", place.path]

    def _calm(self, seconds: float) -> bool:
        """Whether everything that has to come out is out and no group has anything left, within the time."""
        deadline = time.monotonic() + seconds
        with self.ground.client() as client:
            while time.monotonic() < deadline:
                self.ground.tend()
                try:
                    if self._all_out(client):
                        return True
                except RedisError:
                    pass
                time.sleep(0.5)
        return False

    def _all_out(self, client: redis.Redis) -> bool:
        articles = sum(piece.point is not None for piece in self.pieces) + len(self.corrected)
        lengths = {name: client.xlen(KEYS.stream(name)) - len(self.poison[name]) for name in PUBLIC}
        return (
            lengths["stories"] >= articles
            and lengths["links"] >= articles
            and lengths["drops"] >= len(self.pieces) - articles + len(self.corrected)
            and lengths["dead"] >= sum(map(len, self.poison.values()))
            and not any(_left(client, name) for name in GROUPS)
        )

    def _compare(self) -> None:
        truth = Truth(self.pieces, self.corrected, self.poison)
        with self.ground.client() as client:
            streams = {name: client.xrange(KEYS.stream(name)) for name in PUBLIC}
            self.added = {name: _added(client, name) for name in (*PUBLIC, "articles")}
        poison = {f"{stream}/{entry}" for stream, ids in self.poison.items() for entry in ids}
        self.entries = {name: len(streams[name]) for name in PUBLIC}
        self.findings += findings(truth, streams, poison)
        self.ledger = self._balance()
        if not self.ledger.get("balanced"):
            self.findings.append(f"the ledger does not balance: {self.ledger}")

    def _balance(self) -> dict[str, Any]:
        command = [*COPYTASTER, "ledger", "--json"]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.ground.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        try:
            ledger: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            return {"error": done.stderr[-500:]}
        return {name: ledger[name] for name in ("balanced", "imbalance", "totals") if name in ledger}


def _added(client: redis.Redis, stream: str) -> int:
    """How many entries were ever put on the stream, those that are trimmed by now included."""
    key = KEYS.stream(stream)
    return int(client.xinfo_stream(key)["entries-added"]) if client.exists(key) else 0


def _left(client: redis.Redis, stream: str) -> int:
    groups = client.xinfo_groups(KEYS.stream(stream))
    return sum(int(group["pending"]) + int(group["lag"] or 0) for group in groups)
