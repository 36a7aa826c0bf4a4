"""From the decisions about candidate pairs to clusters: completes the pairs of every component, then asks the partition.

A component holds the stories that merging links connect. All its pairs are scored by the linker's own function before it is cut, so
the result is a function of the records alone. The clusterer of the service and the bulk run use this module alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from copytaster.deduplicator.decide import COPIES, PairDecision, compare
from copytaster.deduplicator.features import Features
from copytaster.deduplicator.origin import Derivation
from copytaster.deduplicator.partition import Pair, components, pair, partition
from copytaster.deduplicator.policy import Policy

MAX_COMPLETED: Final = 200
"""Components up to this size have all their pairs scored (19,900); of larger ones only the candidate pairs are known."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """The clusters of a set of stories, every decision taken for them, and the family links among them."""

    parts: list[frozenset[str]]
    decisions: dict[Pair, PairDecision]
    derivations: list[Derivation]


def group(stories: Sequence[Features], decisions: Mapping[Pair, PairDecision], policy: Policy) -> Grouping:
    """The clusters of the stories, given the decisions about their candidate pairs (keys by `pair`)."""
    by_id = {story.record.id: story for story in stories}
    known = dict(decisions)
    parts: list[frozenset[str]] = []
    merging = (both for both, decision in known.items() if decision.merges)
    for component in components(sorted(by_id), list(merging)):
        if len(component) == 1:
            parts.append(component)
            continue
        if len(component) <= MAX_COMPLETED:
            for both in missing_pairs(component, known):
                known[both] = compare(by_id[both[0]], by_id[both[1]], policy)
        parts += cut(component, known, policy)
    return Grouping(sorted(parts, key=min), known, derivations(known))


def missing_pairs(component: Iterable[str], known: Mapping[Pair, PairDecision]) -> list[Pair]:
    """The pairs of a component that nobody has decided yet, in order."""
    return [pair(*both) for both in combinations(sorted(component), 2) if pair(*both) not in known]


def cut(
    component: frozenset[str], known: Mapping[Pair, PairDecision], policy: Policy
) -> list[frozenset[str]]:
    """The clusters of one component."""
    inside = {
        both: decision for both, decision in known.items() if both[0] in component and both[1] in component
    }
    return partition(
        sorted(component),
        {both: link_score(decision) for both, decision in inside.items()},
        excerpts=[both for both, decision in inside.items() if decision.relation == "excerpt_of"],
        join_milli=policy.thresholds["join"],
    )


def link_score(decision: PairDecision) -> int:
    """What a decision counts when groups are averaged: its confidence, whatever it is called."""
    return decision.confidence_milli


def derivations(known: Mapping[Pair, PairDecision]) -> list[Derivation]:
    """The family links among decided pairs, with the source where the direction is known."""
    found = []
    for decision in known.values():
        if decision.relation in COPIES:
            source = {"a_from_b": decision.b, "b_from_a": decision.a}.get(decision.direction, "")
            found.append(Derivation(decision.a, decision.b, source, decision.direction_basis))
    return found
