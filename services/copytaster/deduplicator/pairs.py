"""How a decided pair is kept between two events: versions, relation, confidence, direction. Pure; evidence is not kept.

The same value lies with both stories. It is valid only while both stories still have the versions that were compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from copytaster.deduplicator.decide import PairDecision
from copytaster.deduplicator.partition import Pair, pair
from copytaster_schemas import Link


@dataclass(frozen=True, slots=True)
class KeptPair:
    """A decision about two named versions; `versions` in the order of the decision's a and b, a < b."""

    versions: tuple[int, int]
    decision: PairDecision

    @property
    def key(self) -> Pair:
        """The two urns in order."""
        return (self.decision.a, self.decision.b)

    def is_current(self, versions: Mapping[str, int]) -> bool:
        """Whether both stories still have the compared versions."""
        return tuple(versions.get(story) for story in self.key) == self.versions


def kept(decision: PairDecision, versions: Mapping[str, int]) -> KeptPair:
    """The pair in canonical order, without its evidence."""
    ordered = decision if (decision.a, decision.b) == pair(decision.a, decision.b) else decision.mirrored()
    bare = PairDecision(
        ordered.a,
        ordered.b,
        ordered.relation,
        ordered.confidence_micro,
        ordered.direction,
        ordered.direction_basis,
        {},
        (),
        {},
    )
    return KeptPair((versions[bare.a], versions[bare.b]), bare)


def of_link(link: Link) -> KeptPair:
    """The pair that a published link tells of."""
    decision = PairDecision(
        link.a.uri,
        link.b.uri,
        link.relation,
        round(link.confidence * 1000) * 1000,
        link.direction,
        tuple(link.direction_basis),
        {},
        (),
        {},
    )
    return kept(decision, {link.a.uri: link.a.version, link.b.uri: link.b.version})


def pack(pair_: KeptPair) -> str:
    """A compact JSON array; `unpack` gives an equal value."""
    decision = pair_.decision
    row = [
        *pair_.versions,
        decision.relation,
        decision.confidence_micro,
        decision.direction,
        decision.direction_basis,
    ]
    return json.dumps(row, separators=(",", ":"))


def unpack(one: str, other: str, packed: bytes | str) -> KeptPair:
    """The pair that `pack` wrote, for the two stories under which it lay."""
    a_version, b_version, relation, confidence_micro, direction, basis = json.loads(packed)
    a, b = pair(one, other)
    decision = PairDecision(a, b, relation, confidence_micro, direction, tuple(basis), {}, (), {})
    return KeptPair((a_version, b_version), decision)
