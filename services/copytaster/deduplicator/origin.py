"""Where the news of a cluster comes from, and how many sources it really has.

Twelve reprints of one report are one source. Families (texts that derive from one another) are counted as one origin each, families
that credit the same agency as one together, and an agency that is credited but was never fetched is an origin too. A photo
credit never counts (design 8).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from copytaster.deduplicator.direction import CREDITING_ROLES, own_agency
from copytaster.deduplicator.partition import Pair, components
from copytaster.deduplicator.record import StoryRecord

SOURCE_BASIS: Final = ("source_link", "credit", "containment", "time")
"""What may show the origin, strongest first."""

CONFIDENCE_MILLI: Final = {
    "agency_seen": 900,
    "source_link": 900,
    "credit": 800,
    "containment": 650,
    "time": 500,
}
"""How sure each kind of evidence makes an origin: an order of trust, not a measured rate (calibrated with the operators' decisions
later); `time` is what remains when nothing else tells."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """A link inside a family: `source` is the story the other was made from, or empty where the link is undirected."""

    a: str
    b: str
    source: str
    basis: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a cluster in the form of design 3."""

    story: str | None
    agency: str | None
    seen: bool
    confidence_milli: int
    basis: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As published: camelCase, absent values left out, confidence between 0 and 1."""
        shown: dict[str, Any] = {"story": self.story, "agency": self.agency, "seen": self.seen}
        shown |= {"confidence": self.confidence_milli / 1000, "basis": list(self.basis)}
        return {name: value for name, value in shown.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of what a cluster holds."""

    members: int
    outlets: int
    families: int
    independent: int
    languages: int

    def to_dict(self) -> dict[str, int]:
        """As published."""
        return {
            "members": self.members,
            "outlets": self.outlets,
            "families": self.families,
            "independent": self.independent,
            "languages": self.languages,
        }


@dataclass(frozen=True, slots=True)
class Lineage:
    """Origin and counts of a cluster, and the family (its earliest member) of every story."""

    origin: Origin
    counts: Counts
    family_of: Mapping[str, str]


def lineage(members: Sequence[StoryRecord], derivations: Iterable[Derivation]) -> Lineage:
    """Origin, counts and families of a cluster from its records and the family links among them."""
    by_id = {record.id: record for record in members}
    inside = [link for link in derivations if link.a in by_id and link.b in by_id]
    families = components(sorted(by_id), ((link.a, link.b) for link in inside))
    first_of = [(family, _earliest(family, by_id).id) for family in families]
    family_of = {story: first for family, first in first_of for story in family}
    counts = Counts(
        members=len(by_id),
        outlets=len({record.outlet for record in by_id.values()}),
        families=len(families),
        independent=_independent(families, by_id),
        languages=len({record.language for record in by_id.values() if record.language}),
    )
    return Lineage(_origin(families, by_id, inside), counts, family_of)


def family_links(pairs: Iterable[Pair]) -> list[Derivation]:
    """Undirected family links for pairs of which only the names are known."""
    return [Derivation(a, b, "", ()) for a, b in pairs]


def _earliest(family: Iterable[str], by_id: Mapping[str, StoryRecord]) -> StoryRecord:
    return min((by_id[story] for story in family), key=lambda record: (record.time_ms, record.id))


def _credited(record: StoryRecord) -> set[str]:
    return {credit.agency for credit in record.credits if credit.agency and credit.role in CREDITING_ROLES}


def _agencies(family: Iterable[str], by_id: Mapping[str, StoryRecord]) -> Counter[str]:
    """The agencies that a family's text may come from: those credited, and those whose own site is a member's outlet."""
    found: Counter[str] = Counter()
    for story in family:
        own = own_agency(by_id[story].outlet)
        found.update(_credited(by_id[story]) | ({own} if own else set()))
    return found


def _independent(families: Sequence[frozenset[str]], by_id: Mapping[str, StoryRecord]) -> int:
    """Families, where those of one agency, of one outlet or of one owner count once."""
    owners: list[set[str]] = []
    for family in families:
        agencies = _agencies(family, by_id)
        earliest = _earliest(family, by_id)
        owner = {f"agency:{name}" for name in agencies} or {f"owner:{earliest.family or earliest.id}"}
        overlapping = [known for known in owners if known & owner]
        owners = [known for known in owners if not known & owner]
        owners.append(owner.union(*overlapping))
    return len(owners)


def _origin(
    families: Sequence[frozenset[str]], by_id: Mapping[str, StoryRecord], links: Sequence[Derivation]
) -> Origin:
    """The origin of the largest family (ties: the earliest): the agency's own story, the story others were made from, the first."""
    family = min(families, key=lambda group: (-len(group), _earliest(group, by_id).time_ms, min(group)))
    agencies = _agencies(family, by_id)
    agency = min(agencies, key=lambda name: (-agencies[name], name)) if agencies else None
    own = [by_id[story] for story in family if agency and own_agency(by_id[story].outlet) == agency]
    if own:
        first = min(own, key=lambda record: (record.time_ms, record.id))
        return Origin(first.id, agency, True, CONFIDENCE_MILLI["agency_seen"], ("credit",))
    if agency:
        # The agency's own report was never fetched: it is the origin all the same, and no member may pose as it.
        return Origin(None, agency, False, CONFIDENCE_MILLI["credit"], ("credit",))
    source, basis = _common_source(family, links)
    if source:
        return Origin(source, None, True, max(CONFIDENCE_MILLI[name] for name in basis), basis)
    first = _earliest(family, by_id)
    return Origin(first.id, None, True, CONFIDENCE_MILLI["time"], ("time",))


def _common_source(family: frozenset[str], links: Sequence[Derivation]) -> tuple[str | None, tuple[str, ...]]:
    """The one story of the family that others were made from and that was made from none, with what shows it."""
    directed = [link for link in links if link.source in family]
    made = {link.b if link.source == link.a else link.a for link in directed}
    roots = Counter(link.source for link in directed if link.source not in made)
    if not roots:
        return None, ()
    best = min(roots, key=lambda story: (-roots[story], story))
    basis = {name for link in directed if link.source == best for name in link.basis}
    return best, tuple(name for name in SOURCE_BASIS if name in basis)
