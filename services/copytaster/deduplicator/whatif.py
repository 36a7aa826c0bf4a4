"""What the clusters would be under another policy: decides all kept stories anew and compares with the clusters as they are. Pure.

The operators' decisions count as they do in the service. Members whose texts are gone cannot be decided anew; they stay with most of
their cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from copytaster.deduplicator.bulk import Progress, candidate_pairs
from copytaster.deduplicator.clusters import ClusterChange
from copytaster.deduplicator.decide import PairDecision, compare
from copytaster.deduplicator.features import features
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.pairs import kept
from copytaster.deduplicator.partition import Pair, pair
from copytaster.deduplicator.rearrange import Neighbourhood, rearrange
from copytaster.deduplicator.record import StoryRecord
from copytaster_schemas import Reason

MOST_REASONS: Final = 3
"""Pairs shown for one change, those whose confidence moved most."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The changes that would follow, and every pair decision they rest on."""

    changes: list[ClusterChange]
    decisions: Mapping[Pair, PairDecision]
    clusters_now: int
    clusters_then: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A pair that explains a change: what was said of it (None: nothing), and what would be."""

    pair: Pair
    before: PairDecision | None
    after: PairDecision | None

    @property
    def shift_milli(self) -> int:
        """By how much the confidence would move, in thousandths."""
        before, after = (one.confidence_milli if one else 0 for one in (self.before, self.after))
        return abs(after - before)


def what_if(
    records: Sequence[StoryRecord], around: Neighbourhood, matcher: Matcher, tell: Progress
) -> WhatIf:
    """The changes of the clusters in `around` if all `records` were linked under the matcher's policy, by the clusterer's own function.

    `around` has the clusters with their cards and the decisions in force; its records and pairs are set here. New clusters are called
    new-1, new-2 and so on.
    """
    known = {}
    for done, record in enumerate(records):
        known[record.id] = features(record, matcher.policy)
        tell("reading", done + 1, len(records))
    wanted = candidate_pairs(known, matcher.policy)
    versions = {record.id: record.version for record in records}
    around.records = {record.id: record for record in records}
    around.pairs = {}
    for done, both in enumerate(wanted):
        decision = compare(known[both[0]], known[both[1]], matcher.policy)
        around.pairs[both] = kept(decision, versions)
        tell("comparing", done + 1, len(wanted))
    numbers = count(1)
    found = rearrange(around, Reason(code="relinked"), matcher, lambda: f"new-{next(numbers)}")
    decisions = {both: pair_.decision for both, pair_ in around.pairs.items()}
    decisions |= {pair_.key: pair_.decision for pair_ in found.decided}
    changes = [change for change, _ in found.changes if change.added or change.removed]
    closing = sum(change.merged_into is not None for change in changes)
    born = sum(change.op == "created" for change in changes)
    now = sum(bool(state.members) for state in around.clusters.values())
    return WhatIf(changes, decisions, now, now - closing + born)


def reasons(change: ClusterChange, found: WhatIf, before: Mapping[Pair, PairDecision]) -> list[Moved]:
    """The pairs between what comes or goes and the rest that explain a change best."""
    rest = change.members - change.added
    crossing = {pair(one, other) for one in change.added for other in rest}
    crossing |= {pair(one, other) for one in change.removed for other in change.members}
    moved = [Moved(both, before.get(both), found.decisions.get(both)) for both in crossing]
    told = [one for one in moved if one.shift_milli]
    return sorted(told, key=lambda one: (-one.shift_milli, one.pair))[:MOST_REASONS]
