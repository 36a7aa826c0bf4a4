"""Whether the ledger balances: what was counted against what lies in queues and streams. Pure; no I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from copytaster.streams.ledger.counting import Fate, Place, parse_field

ENDS: Final = tuple(fate for fate in Fate if fate is not Fate.SEEN)


class Stage(StrEnum):
    """Where an unfinished item lies."""

    WANTED = "wanted"
    """Its page is to be fetched, or is being fetched."""
    ARTICLES = "articles"
    """Its page is fetched; the extractor has not finished it."""
    DEAD = "dead"
    """Its entry could not be processed and waits for a person."""


@dataclass(frozen=True, slots=True)
class Lying:
    """An item that was found: where it is counted, at which stage, and its article id or entry id there."""

    place: Place
    stage: Stage
    name: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counts and findings of one instant; `counts` by place, fate and code."""

    now_ms: int
    counts: Mapping[Place, Mapping[tuple[Fate, str], int]]
    lying: Sequence[Lying] = ()


@dataclass(slots=True)
class Line:
    """The items of one place, or of several added up."""

    counts: Counter[tuple[Fate, str]] = field(default_factory=Counter)
    found: Counter[Stage] = field(default_factory=Counter)

    def of(self, fate: Fate) -> int:
        """How many items have this fate, whatever the code."""
        return sum(number for (held, _), number in self.counts.items() if held is fate)

    @property
    def dropped(self) -> dict[str, int]:
        """The drops by code, the most frequent first."""
        codes = Counter({code: n for (fate, code), n in self.counts.items() if fate is Fate.DROPPED and n})
        return dict(codes.most_common())

    @property
    def in_flight(self) -> int:
        """Seen and not ended, by the counts."""
        return self.of(Fate.SEEN) - sum(self.of(fate) for fate in ENDS)

    @property
    def missing(self) -> int:
        """Items in flight that lie nowhere; negative for items that lie somewhere although they ended."""
        return self.in_flight - self.found[Stage.WANTED] - self.found[Stage.ARTICLES]

    @property
    def missing_dead(self) -> int:
        """Items counted as dead that are not on `dead`; negative for dead entries that are not counted."""
        return self.of(Fate.DEAD) - self.found[Stage.DEAD]

    def add(self, other: Line) -> None:
        """Add another line to this one."""
        self.counts.update(other.counts)
        self.found.update(other.found)


@dataclass(frozen=True, slots=True)
class Fault:
    """Items of one place that are counted otherwise than they lie; `items` are article ids or entry ids, where known."""

    place: Place
    number: int
    """Positive: counted and not found. Negative: found and not counted."""
    stage: Stage | None
    """Where they got lost, or where they lie too many; None where nobody can tell."""
    items: tuple[str, ...] = ()

    @property
    def lost(self) -> bool:
        """Whether items are missing."""
        return self.number > 0


def parse_hour(hour: str, fields: Mapping[str, int]) -> dict[Place, Counter[tuple[Fate, str]]]:
    """The counts of an hour's hash by place; a field of another form is left out."""
    found: defaultdict[Place, Counter[tuple[Fate, str]]] = defaultdict(Counter)
    for name, number in fields.items():
        try:
            feed_id, fate, code = parse_field(name)
        except ValueError:
            continue
        found[Place(feed_id, hour)][fate, code] += number
    return dict(found)


def lines(snapshot: Snapshot) -> dict[Place, Line]:
    """The line of each place that is counted or where something lies, by hour and feed."""
    found: defaultdict[Place, Line] = defaultdict(Line)
    for place, counts in snapshot.counts.items():
        found[place].counts.update(counts)
    for one in snapshot.lying:
        found[one.place].found[one.stage] += 1
    return {place: found[place] for place in sorted(found, key=lambda place: (place.hour, place.feed_id))}


def total(some: Iterable[Line]) -> Line:
    """All lines added up."""
    result = Line()
    for line in some:
        result.add(line)
    return result


def imbalance(some: Iterable[Line]) -> int:
    """How many items are counted otherwise than they lie, over all places; 0 = balanced."""
    return sum(abs(line.missing) + abs(line.missing_dead) for line in some)


def faults(snapshot: Snapshot) -> list[Fault]:
    """The places that do not balance; where items lie too many, the items that lie there."""
    found = []
    for place, line in lines(snapshot).items():
        if line.missing > 0:
            found.append(Fault(place, line.missing, None))
        elif line.missing < 0:
            stages = [stage for stage in (Stage.WANTED, Stage.ARTICLES) if line.found[stage]]
            here = _names(snapshot, place, stages)
            found.append(Fault(place, line.missing, stages[0] if len(stages) == 1 else None, here))
        if line.missing_dead:
            here = _names(snapshot, place, [Stage.DEAD]) if line.missing_dead < 0 else ()
            found.append(Fault(place, line.missing_dead, Stage.DEAD, here))
    return found


def _names(snapshot: Snapshot, place: Place, stages: Sequence[Stage]) -> tuple[str, ...]:
    return tuple(one.name for one in snapshot.lying if one.place == place and one.stage in stages)
