"""Which sentences of two stories say the same, by their words and by their vectors, and how that is spread over both.

One sentence proves nothing: a text on the same people has sentences as close as a translation has (research: 0.65 against 0.54 for
some language pairs). What carries is how much of both texts corresponds, in which order, and whether the openings do. All values
are whole thousandths.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from copytaster.deduplicator.features import Features, Sentence
from copytaster.deduplicator.vectors import cosines_milli

Grid = NDArray[np.int64]
"""A row for every sentence of a, a column for every one of b; thousandths."""

CLOSE = 500
"""From here two sentences correspond: unrelated sentences of one language reach it in one of a thousand cases."""

VERY_CLOSE = 700

LEAST_STEP = 350
"""What a correspondence needs to count in an alignment: below lies what any two sentences on one subject have."""

MOST_SENTENCES = 12
"""Counts of sentences above this are not told apart: the text is long, and all of it corresponds."""

MAX_SENTENCE_WEIGHT = 400
"""A longer sentence weighs no more, in eighths of a bit: lists of names would outweigh the news."""


def correspond(a: Features, b: Features, *, cross: bool) -> dict[str, int]:
    """The measures of correspondence; empty when a story has no vectors."""
    if a.vectors is None or b.vectors is None or not len(a.vectors) or not len(b.vectors):
        return {}
    ours, theirs = a.sentences[: len(a.vectors)], b.sentences[: len(b.vectors)]
    meaning = cosines_milli(a.vectors, b.vectors)
    both = 1000 - (1000 - meaning) * (1000 - _shared_words(a, b, ours, theirs, cross)) // 1000
    weights = _weights(ours, a), _weights(theirs, b)
    openings = [at for at in a.opening if at < len(ours)], [at for at in b.opening if at < len(theirs)]
    measured = _by_meaning(meaning, weights, openings)
    measured |= _by_both(both, weights, openings)
    measured |= _in_order(meaning, both)
    measured |= _terms_told(a, b, meaning, openings)
    return measured


def _weights(sentences: Sequence[Sentence], story: Features) -> NDArray[np.int64]:
    return np.array(
        [1 + min(MAX_SENTENCE_WEIGHT, sum(story.weights[key] for key in s.stems)) for s in sentences],
        dtype=np.int64,
    )


def _shared_words(
    a: Features, b: Features, ours: Sequence[Sentence], theirs: Sequence[Sentence], cross: bool
) -> Grid:
    """The weighted terms that two sentences share, against the geometric mean of what both have."""
    holders: dict[int, list[int]] = {}
    for place, sentence in enumerate(theirs):
        for key in sentence.forms if cross else sentence.stems:
            holders.setdefault(key, []).append(place)
    shared = [[0] * len(theirs) for _ in ours]
    for row, sentence in zip(shared, ours, strict=True):
        for key in sentence.forms if cross else sentence.stems:
            for place in holders.get(key, ()):
                row[place] += a.weights[key]
    totals = [
        np.array(
            [sum(story.weights[key] for key in (s.forms if cross else s.stems)) for s in sentences],
            dtype=np.int64,
        )
        for story, sentences in ((a, ours), (b, theirs))
    ]
    roots = np.maximum(np.sqrt(np.multiply.outer(*totals).astype(np.float64)).astype(np.int64), 1)
    grid: Grid = np.minimum(1000, 1000 * np.array(shared, dtype=np.int64) // roots)
    return grid


Weights = tuple[NDArray[np.int64], NDArray[np.int64]]
Places = tuple[list[int], list[int]]


def _by_meaning(grid: Grid, weights: Weights, openings: Places) -> dict[str, int]:
    best_a, best_b = grid.max(axis=1), grid.max(axis=0)
    told = {"meaning_title": _at(grid, openings)}
    told |= _least_most("meaning_opening", *_opening(grid, weights, openings))
    told |= _least_most("meaning_head", _first(best_a, openings[0]), _first(best_b, openings[1]))
    told |= _least_most("meaning_best", _mean(best_a, weights[0]), _mean(best_b, weights[1]))
    told |= _least_most("meaning_close", *_shares(best_a, best_b, weights, CLOSE))
    told |= _least_most("meaning_very_close", *_shares(best_a, best_b, weights, VERY_CLOSE))
    told["meaning_spread"] = max(
        0, (int(best_a.mean()) + int(best_b.mean())) // 2 - int(grid.sum()) // grid.size
    )
    return told


def _by_both(grid: Grid, weights: Weights, openings: Places) -> dict[str, int]:
    best_a, best_b = grid.max(axis=1), grid.max(axis=0)
    told = {"told_title": _at(grid, openings)}
    told |= _least_most("told_opening", *_opening(grid, weights, openings))
    told |= _least_most("told_head", _first(best_a, openings[0]), _first(best_b, openings[1]))
    told |= _least_most("told_best", _mean(best_a, weights[0]), _mean(best_b, weights[1]))
    told |= _least_most("told_close", *_shares(best_a, best_b, weights, CLOSE))
    told |= _least_most("told_very_close", *_shares(best_a, best_b, weights, VERY_CLOSE))
    told |= _least_most(
        "told_anywhere",
        _mean(best_a[openings[0]], weights[0][openings[0]]),
        _mean(best_b[openings[1]], weights[1][openings[1]]),
    )
    told["told_least"] = min(
        int(best_a[openings[0]].min()) if openings[0] else 0,
        int(best_b[openings[1]].min()) if openings[1] else 0,
    )
    told |= _least_most("told_quarter", _quarter(best_a), _quarter(best_b))
    return told


def _in_order(meaning: Grid, both: Grid) -> dict[str, int]:
    """How far the texts run side by side: translations keep the order of sentences, reports of one cast do not."""
    least, most = min(both.shape), max(both.shape)
    path = _alignment(both)
    pairs = _mutual(both)
    rising = _longest_rising([other for _, other in pairs])
    return {
        "order_least": path // most,
        "order_most": path // least,
        "order_sum": min(path, 1000 * MOST_SENTENCES),
        "order_meaning": _alignment(meaning) // most,
        "order_pairs": 1000 * min(len(pairs), MOST_SENTENCES),
        "order_share": 1000 * len(pairs) // least,
        "order_rising": 1000 * min(rising, MOST_SENTENCES),
    }


def _alignment(grid: Grid) -> int:
    """The highest sum over pairs of sentences that rise in both texts, each counted from `LEAST_STEP` to 1000."""
    gains = np.maximum(grid - LEAST_STEP, 0) * 1000 // (1000 - LEAST_STEP)
    row = np.zeros(grid.shape[1] + 1, dtype=np.int64)
    for gain in gains:
        row[1:] = np.maximum(row[1:], row[:-1] + gain)
        row = np.maximum.accumulate(row)
    return int(row[-1])


def _mutual(grid: Grid) -> list[tuple[int, int]]:
    """The pairs of sentences that are each other's best partner, in a's order."""
    forth, back = grid.argmax(axis=1), grid.argmax(axis=0)
    return [
        (row, int(column))
        for row, column in enumerate(forth)
        if back[column] == row and grid[row, column] > LEAST_STEP
    ]


def _longest_rising(places: Sequence[int]) -> int:
    ends: list[int] = []
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)


def _terms_told(a: Features, b: Features, grid: Grid, openings: Places) -> dict[str, int]:
    """How many names and numbers of the openings stand in, or beside, the sentence of the other text that says the same."""
    forth, back = grid.argmax(axis=1), grid.argmax(axis=0)
    best_a, best_b = grid.max(axis=1), grid.max(axis=0)
    told: dict[str, int] = {}
    for name, kind_a, kind_b in (("names", a.names, b.names), ("numbers", a.numbers, b.numbers)):
        one = _told_terms(a, b, kind_a, openings[0], forth, best_a)
        other = _told_terms(b, a, kind_b, openings[1], back, best_b)
        told |= _least_most(f"told_{name}", one, other)
    return told


def _told_terms(
    story: Features, other: Features, kind: dict[int, str], places: Sequence[int], partner: Grid, best: Grid
) -> int:
    """-1000 where the opening has no such term: nothing can be said then."""
    total = found = 0
    for place in places:
        keys = [key for key in story.sentences[place].forms if key in kind]
        total += sum(story.weights[key] for key in keys)
        if keys and best[place] > LEAST_STEP:
            at = int(partner[place])
            near = frozenset[int]().union(*(s.forms for s in other.sentences[max(0, at - 1) : at + 2]))
            found += sum(story.weights[key] for key in keys if key in near)
    return 1000 * found // total if total else -1000


def _least_most(name: str, one: int, other: int) -> dict[str, int]:
    return {f"{name}_min": min(one, other), f"{name}_max": max(one, other)}


def _at(grid: Grid, openings: Places) -> int:
    return int(grid[openings[0][0], openings[1][0]]) if openings[0] and openings[1] else 0


def _first(best: Grid, opening: list[int]) -> int:
    return int(best[opening[0]]) if opening else 0


def _opening(grid: Grid, weights: Weights, openings: Places) -> tuple[int, int]:
    """Opening against opening, both ways."""
    if not openings[0] or not openings[1]:
        return 0, 0
    part = grid[np.ix_(*openings)]
    return (
        _mean(part.max(axis=1), weights[0][openings[0]]),
        _mean(part.max(axis=0), weights[1][openings[1]]),
    )


def _mean(values: Grid, weights: NDArray[np.int64]) -> int:
    total = int(weights.sum())
    return int((values * weights).sum()) // total if total else 0


def _shares(best_a: Grid, best_b: Grid, weights: Weights, limit: int) -> tuple[int, int]:
    return tuple(  # type: ignore[return-value]
        1000 * int(weight[best >= limit].sum()) // int(weight.sum())
        for best, weight in zip((best_a, best_b), weights, strict=True)
    )


def _quarter(best: Grid) -> int:
    """What three quarters of the sentences reach."""
    return int(np.sort(best)[len(best) // 4])
