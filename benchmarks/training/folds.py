"""Which labelled pairs a model may learn from, and on which it is judged: five folds over topics.

Topics that share a true pair are never split, nor are those of hand-rated pairs. A pair of strangers from two topics is judged with
its first side's fold, and no model that learned from either side's topic judges it if it is held out (`Folds.training`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.linking_data import LabelledPair
from copytaster.deduplicator.partition import components

FOLDS: Final = 5

RATED_BY_HAND: Final = frozenset({"semeval", "tgcontest_ru", "tgcontest_en"})


@dataclass(frozen=True, slots=True)
class Folds:
    """The fold of every topic, and of both sides of every pair."""

    of_topic: Mapping[str, int]
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    def judged(self, fold: int) -> NDArray[np.bool_]:
        """The pairs that the model of this fold is judged on."""
        return np.equal(self.first, fold)

    def training(self, fold: int) -> NDArray[np.bool_]:
        """The pairs that the model of this fold learns from: neither side's topic is in the fold."""
        return np.not_equal(self.first, fold) & np.not_equal(self.second, fold)


def folds_of(pairs: Sequence[LabelledPair], topics: Mapping[str, str]) -> Folds:
    """Folds of about equal size for every set."""
    linked = [(topics[pair.a], topics[pair.b]) for pair in pairs if pair.same or pair.set in RATED_BY_HAND]
    groups = components(sorted(set(topics.values())), linked)
    group_of = {topic: place for place, group in enumerate(groups) for topic in group}
    sizes = Counter((pair.set.split("_")[0], group_of[topics[pair.a]]) for pair in pairs)
    filled: dict[str, list[int]] = defaultdict(lambda: [0] * FOLDS)
    fold_of: dict[int, int] = {}
    for (name, group), size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        fold = fold_of.setdefault(group, min(range(FOLDS), key=lambda at: filled[name][at]))
        filled[name][fold] += size
    of_topic = {
        topic: fold_of.get(group, sha256(topic.encode()).digest()[0] % FOLDS)
        for topic, group in group_of.items()
    }
    first, second = (
        np.array([of_topic[topics[side]] for side in sides], dtype=np.int64)
        for sides in ([pair.a for pair in pairs], [pair.b for pair in pairs])
    )
    return Folds(of_topic, first, second)
