"""How hard it blows: which blows come in which order, and what they did. Pure."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Blow(StrEnum):
    """One thing that goes wrong."""

    KILL = "kill_service"
    KILL_SERVER = "kill_server"
    FREEZE = "freeze_service"
    CUT = "cut_all_connections"
    TRICK = "strike_at_commit"
    POISON = "poison"
    CORRECT = "correct_articles"


@dataclass(frozen=True, slots=True)
class Weather:
    """A storm: its least length, its blows, and what the newsroom publishes meanwhile.

    `points` give some two items each; they come out within `release_share` of the storm.
    """

    seconds: float
    points: int
    seed: int
    kills: int
    server_kills: int
    freezes: int
    cuts: int
    tricks: int
    poisonings: int = 3
    corrections: int = 1
    release_share: float = 0.7

    def order(self, dice: random.Random) -> Iterator[Blow]:
        """The blows in the order in which they come; corrections once half of the storm is over, when there is news."""
        blows = [
            *[Blow.KILL] * self.kills,
            *[Blow.KILL_SERVER] * self.server_kills,
            *[Blow.FREEZE] * self.freezes,
            *[Blow.CUT] * self.cuts,
            *[Blow.TRICK] * self.tricks,
            *[Blow.POISON] * self.poisonings,
        ]
        dice.shuffle(blows)
        middle = len(blows) // 2
        yield from blows[:middle]
        yield from [Blow.CORRECT] * self.corrections
        yield from blows[middle:]

    @property
    def blow_count(self) -> int:
        """How many blows `order` gives."""
        parts = (self.kills, self.server_kills, self.freezes, self.cuts, self.tricks)
        return sum(parts) + self.poisonings + self.corrections


@dataclass(slots=True)
class Damage:
    """What the storm did."""

    service_kills: Counter[str] = field(default_factory=Counter)
    tricks: Counter[str] = field(default_factory=Counter)
    server_kills: int = 0
    freezes: int = 0
    cuts: int = 0

    @property
    def kills(self) -> int:
        """Services killed, the exits at a commit included."""
        exits = sum(count for name, count in self.tricks.items() if name.startswith("exit"))
        return self.service_kills.total() + exits
