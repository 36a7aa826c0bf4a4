"""How many true pairs the candidate step finds: what it misses, no later step can link."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from benchmarks.linking_data import LinkingData
from copytaster.deduplicator.partition import Pair, pair


def candidate_recall(known: LinkingData, candidates: Collection[Pair]) -> dict[str, dict[str, float]]:
    """Per set: how many true pairs there are and which share of them are candidates, within a language and across.

    `candidates` are those among all texts at once (`bulk.candidate_pairs`), so every text of another set takes part as noise.
    """
    wanted: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    among = frozenset(candidates)
    for labelled in known.pairs:
        if labelled.same:
            one, other = (known.records[side].language for side in (labelled.a, labelled.b))
            side = "same_language" if one == other else "cross_language"
            wanted[labelled.set][side].append(pair(labelled.a, labelled.b) in among)
    return {name: _told(sides) for name, sides in sorted(wanted.items())}


def _told(sides: Mapping[str, list[bool]]) -> dict[str, float]:
    told: dict[str, float] = {"pairs": sum(map(len, sides.values()))}
    return told | {side: round(sum(hits) / len(hits), 3) for side, hits in sorted(sides.items())}
