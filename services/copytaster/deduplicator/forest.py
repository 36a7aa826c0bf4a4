"""The learned part of a decision: small decision trees over whole-number evidence, added up.

A tree asks a few questions of the kind "is `told_opening_min` at most 412?" and ends in a number of micro log odds. Their sum is
turned into a confidence by a table of its own for pairs within a language and across two. Nothing is a float, so any machine
decides the same. What each measure contributed can be told (`contributions`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Node = tuple[int, int, int, int, int]
"""Feature (-1: a leaf), threshold, place of the child for `value <= threshold`, of the other, and the mean outcome in micro log odds."""

Knots = tuple[tuple[int, int], ...]
"""Raw score in micro log odds and confidence in millionths, both rising."""


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """Trees over named measures, and the tables that calibrate their sum."""

    names: tuple[str, ...]
    bias: int
    trees: tuple[tuple[Node, ...], ...]
    same_language: Knots
    cross_language: Knots

    def raw(self, scores: Mapping[str, int]) -> int:
        """The sum of the trees in micro log odds; KeyError when a measure is missing."""
        values = [scores[name] for name in self.names]
        return self.bias + sum(_leaf(tree, values)[4] for tree in self.trees)

    def contributions(self, scores: Mapping[str, int]) -> dict[str, int]:
        """What each measure moved the score by, in micro log odds, without those that moved nothing.

        A question moves the score from the mean outcome of all training pairs that reached it to the mean of those that went
        the same way (Saabas 2014); all moves, the trees' own means and the bias add up to `raw`.
        """
        values = [scores[name] for name in self.names]
        moved = dict.fromkeys(self.names, 0)
        for tree in self.trees:
            node = tree[0]
            while node[0] >= 0:
                following = tree[node[2] if values[node[0]] <= node[1] else node[3]]
                moved[self.names[node[0]]] += following[4] - node[4]
                node = following
        return {name: value for name, value in moved.items() if value}

    def confidence_micro(self, raw: int, *, cross: bool) -> int:
        """The confidence of a raw score in millionths, by linear interpolation between the knots."""
        knots = self.cross_language if cross else self.same_language
        if raw <= knots[0][0]:
            return knots[0][1]
        if raw >= knots[-1][0]:
            return knots[-1][1]
        after = bisect_right(knots, (raw, 1 << 60))
        (low, low_value), (high, high_value) = knots[after - 1], knots[after]
        return low_value + (high_value - low_value) * (raw - low) // (high - low)


def _leaf(tree: Sequence[Node], values: Sequence[int]) -> Node:
    node = tree[0]
    while node[0] >= 0:
        node = tree[node[2] if values[node[0]] <= node[1] else node[3]]
    return node


def read_forest(raw: Mapping[str, Any]) -> Forest:
    """The forest as a policy file has it: a leaf is `[mean]`, a question `[feature, threshold, low child, high child, mean]`."""
    trees = tuple(
        tuple((-1, 0, 0, 0, int(row[0])) if len(row) == 1 else _question(row) for row in tree)
        for tree in raw["trees"]
    )
    tables = raw["calibration"]
    return Forest(
        tuple(raw["measures"]),
        int(raw["bias"]),
        trees,
        _knots(tables["same_language"]),
        _knots(tables["cross_language"]),
    )


def _question(row: Sequence[int]) -> Node:
    feature, threshold, low, high, mean = row
    return int(feature), int(threshold), int(low), int(high), int(mean)


def _knots(rows: Sequence[Sequence[int]]) -> Knots:
    return tuple((int(at), int(value)) for at, value in rows)
