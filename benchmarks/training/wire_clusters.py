"""Clusters of the wire set with forests that did not see the topic: what the policy would do with news it was not trained on.

All other texts of the evaluation data lie in the same index as noise. A pair is judged by the forest of the fold of its first wire
text, so no text of the topic was learned from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.clusters import cluster_figures
from benchmarks.linking_data import LinkingData
from copytaster.deduplicator.decide import PairDecision, judged
from copytaster.deduplicator.evidence import PairEvidence, measure
from copytaster.deduplicator.features import Features
from copytaster.deduplicator.grouping import MAX_COMPLETED, group, missing_pairs
from copytaster.deduplicator.partition import Pair, components
from copytaster.deduplicator.policy import Policy


@dataclass(slots=True)
class WireRun:
    """The wire texts among all others, with the evidence of every pair that was ever asked for."""

    known: LinkingData
    candidates: Sequence[Pair]
    ready: Mapping[str, Features]
    policies: Sequence[Policy]
    fold_of: Mapping[str, int]
    evidence: dict[Pair, PairEvidence] = field(default_factory=dict)
    wire: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.wire = frozenset(text["id"] for text in self.known.wire)

    def figures(self) -> dict[str, Any]:
        """Pairwise and B-cubed figures of the wire texts."""
        wanted = [both for both in self.candidates if both[0] in self.wire or both[1] in self.wire]
        decisions = {both: self.decide(both) for both in wanted}
        merging = [both for both, decision in decisions.items() if decision.merges]
        for component in components(sorted(self.ready), merging):
            if 1 < len(component) <= MAX_COMPLETED:
                decisions |= {both: self.decide(both) for both in missing_pairs(component, decisions)}
        grouping = group([self.ready[name] for name in sorted(self.ready)], decisions, self.policies[0])
        return cluster_figures(self.known, grouping.parts)

    def decide(self, both: Pair) -> PairDecision:
        """The decision about a pair by the policy that did not see its topic."""
        a, b = self.ready[both[0]], self.ready[both[1]]
        if both not in self.evidence:
            self.evidence[both] = measure(a, b)
        text = both[0] if both[0] in self.wire else both[1]
        return judged(a, b, self.evidence[both], self.policies[self.fold_of[self.known.topics[text]]])
