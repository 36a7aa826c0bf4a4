"""The labelled pairs as examples to learn from, and the figures of forests that had not seen them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.clusters import precision_at_recall
from benchmarks.linking_data import LabelledPair, LinkingData
from benchmarks.training.folds import FOLDS, Folds, folds_of
from benchmarks.training.forests import Matrix, calibrate, learn, measures
from copytaster.deduplicator.decide import judged
from copytaster.deduplicator.evidence import UNKNOWN_HOURS, PairEvidence, measure
from copytaster.deduplicator.features import Features
from copytaster.deduplicator.policy import Policy

PAIRS_PER_LABEL: Final = 600
"""Each set and label weighs as much as this many pairs: otherwise 2,800 ecbplus pairs would drown the 250 translations."""

SET_WEIGHTS: Final = {"wire": 2.0, "copies_and_traps": 3.0}
"""The wire set is what the product is for; the traps are few."""

UNDATED_SHARE: Final = 0.5
"""Every wire pair is learned from twice, once as if a time of publication were missing, with this share of its weight: otherwise
a forest learns that pairs without times come from sets of copies."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A forest as the policy file has it, and for every fold the forest that did not see it."""

    forest: dict[str, Any]
    of_folds: list[dict[str, Any]]


class Examples:
    """The labelled pairs with their evidence, weights and folds."""

    def __init__(self, known: LinkingData, ready: Mapping[str, Features]) -> None:
        self.ready = ready
        self.pairs: Sequence[LabelledPair] = known.pairs
        self.folds: Folds = folds_of(known.pairs, known.topics)
        self.same = np.array([pair.same for pair in known.pairs])
        self.weights = pair_weights(known.pairs)
        self.evidence: list[PairEvidence] = [measure(ready[pair.a], ready[pair.b]) for pair in known.pairs]

    def forest(self, name: str) -> Learned:
        """A forest with its calibration, and the forests of the folds."""
        usable, names, table = self.table(name)
        of_folds = [self.learn(names, table, self.folds.training(fold) & usable) for fold in range(FOLDS)]
        raw = np.zeros(len(table))
        for fold, learned in enumerate(of_folds):
            rows = self.folds.judged(fold)
            raw[rows] = raw_scores(learned, table[rows])
        final = self.learn(names, table, usable)
        cross = np.array([evidence.cross_language for evidence in self.evidence])
        final["calibration"] = {
            side: calibrate(raw[rows], self.same[rows], self.weights[rows])
            for side, rows in (("same_language", usable & ~cross), ("cross_language", usable & cross))
        }
        for learned in of_folds:
            learned["calibration"] = final["calibration"]
        return Learned(final, of_folds)

    def figures(self, policies: Sequence[Policy], *, vectors: bool) -> dict[str, Any]:
        """The figures of whole decisions, plain reasons included, each by the policy of the fold that did not see the pair."""
        confidence = np.zeros(len(self.pairs))
        for place in np.flatnonzero(evenly_chosen(self.pairs)).tolist():
            pair, evidence = self.pairs[place], self.evidence[place]
            if not vectors:
                evidence = replace(evidence, has_vectors=False)
            policy = policies[self.folds.first[place]]
            decision = judged(self.ready[pair.a], self.ready[pair.b], evidence, policy)
            confidence[place] = decision.confidence
        return cross_validated_figures(self.pairs, self.same, confidence)

    def table(self, name: str) -> tuple[NDArray[np.bool_], tuple[str, ...], Matrix]:
        """Which pairs a forest may use, its measures, and their values."""
        wanted = [evidence.scores for evidence in self.evidence]
        usable = np.array([evidence.has_vectors or name == "words" for evidence in self.evidence])
        if name == "words":
            shared = set.intersection(*(set(row) for row in wanted))
            names = tuple(column for column in measures(wanted) if column in shared)
        else:
            names = measures([row for row, good in zip(wanted, usable, strict=True) if good])
        return (
            usable,
            names,
            np.array([[row.get(column, 0) for column in names] for row in wanted], dtype=float),
        )

    def learn(self, names: Sequence[str], table: Matrix, rows: NDArray[np.bool_]) -> dict[str, Any]:
        """A forest from these pairs, the wire pairs taken once more as if undated."""
        again = rows & np.array([pair.set == "wire" for pair in self.pairs])
        undated = table[again].copy()
        undated[:, names.index("hours")] = UNKNOWN_HOURS
        undated[:, names.index("apart")] = 0
        return learn(
            names,
            np.vstack([table[rows], undated]),
            np.concatenate([self.same[rows], self.same[again]]),
            np.concatenate([self.weights[rows], UNDATED_SHARE * self.weights[again]]),
        )


def raw_scores(stored: dict[str, Any], table: Matrix) -> Matrix:
    """What a forest gives for rows of measures, all rows at once: the same sums as `Forest.raw`."""
    total = np.full(len(table), float(stored["bias"]))
    for tree in stored["trees"]:
        rows = [(-1, 0, 0, 0, row[0]) if len(row) == 1 else tuple(row) for row in tree]
        feature, limit, low, high, mean = np.array(rows).T
        place = np.zeros(len(table), dtype=int)
        while (asking := feature[place] >= 0).any():
            value = table[np.arange(len(table)), np.maximum(feature[place], 0)]
            place = np.where(asking, np.where(value <= limit[place], low[place], high[place]), place)
        total += mean[place]
    return total


def cross_validated_figures(
    pairs: Sequence[LabelledPair], same: NDArray[np.bool_], confidence: Matrix
) -> dict[str, Any]:
    """Recall of every set at two rates of false merges over the negatives of all, precision among the traps, calibration error.

    The precision is the best at which 0.95 of the copies among `copies_and_traps` are found; the error is that of ten bins.
    """
    chosen = evenly_chosen(pairs)
    negatives = np.sort(confidence[chosen & ~same])[::-1]
    sets = np.array([pair.set for pair in pairs])
    figures: dict[str, Any] = {}
    for rate in (0.003, 0.01):
        limit = negatives[int(rate * len(negatives))]
        figures[f"recall_at_{rate:.1%}"] = {
            str(name): round(float((confidence[chosen & same & (sets == name)] > limit).mean()), 3)
            for name in sorted(set(sets[chosen & same]))
        }
    found = chosen & (sets == "copies_and_traps")
    figures["copies_and_traps_precision_at_recall_0.95"] = precision_at_recall(
        zip(confidence[found].tolist(), same[found].tolist(), strict=True), 0.95
    )
    order = np.argsort(confidence[chosen], kind="stable")
    bins = np.array_split(order, 10)
    truth = same[chosen]
    gaps = [abs(float(truth[rows].mean()) - float(confidence[chosen][rows].mean())) for rows in bins]
    figures["calibration_error"] = round(sum(gaps) / len(gaps), 4)
    return figures


def evenly_chosen(pairs: Sequence[LabelledPair]) -> NDArray[np.bool_]:
    """At most `PAIRS_PER_LABEL` pairs of every set and label, chosen by hash (research/linking.md)."""
    taken: Counter[tuple[str, bool]] = Counter()
    chosen = np.zeros(len(pairs), dtype=bool)
    for place in sorted(
        range(len(pairs)), key=lambda at: sha256(f"{pairs[at].a} {pairs[at].b}".encode()).digest()
    ):
        taken[pairs[place].set, pairs[place].same] += 1
        chosen[place] = taken[pairs[place].set, pairs[place].same] <= PAIRS_PER_LABEL
    return chosen


def pair_weights(pairs: Sequence[LabelledPair]) -> Matrix:
    """The weight of each pair in training: sets of any size count alike."""
    sizes = Counter((pair.set, pair.same) for pair in pairs)
    return np.array(
        [
            min(1.0, PAIRS_PER_LABEL / sizes[pair.set, pair.same]) * SET_WEIGHTS.get(pair.set, 1.0)
            for pair in pairs
        ]
    )
