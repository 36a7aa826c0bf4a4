"""Trees of whole numbers: what they sum to, what each measure contributed, and the confidence made of it."""

from __future__ import annotations

from itertools import product

import pytest

from copytaster.deduplicator.forest import Forest, read_forest
from copytaster.deduplicator.policy import load

STORED = {
    "measures": ["shared", "apart"],
    "bias": -500_000,
    "trees": [
        [[0, 300, 1, 2, 100_000], [-1_000_000], [1, 24, 3, 4, 900_000], [2_000_000], [-300_000]],
        [[0, 600, 1, 2, 50_000], [0], [400_000]],
    ],
    "calibration": {
        "same_language": [[-1, 1], [0, 400_000], [1_000_000, 999_999]],
        "cross_language": [[0, 7]],
    },
}


@pytest.fixture
def forest() -> Forest:
    """Two trees over two measures."""
    return read_forest(STORED)


def test_the_answers_lead_to_one_leaf_of_every_tree(forest: Forest) -> None:
    """A value equal to the limit takes the low side; the leaves and the bias add up."""
    assert forest.raw({"shared": 300, "apart": 0}) == -500_000 - 1_000_000
    assert forest.raw({"shared": 301, "apart": 24}) == -500_000 + 2_000_000
    assert forest.raw({"shared": 900, "apart": 25}) == -500_000 - 300_000 + 400_000


def test_what_the_measures_contributed_adds_up_to_the_score(forest: Forest) -> None:
    """All moves, the means of the trees and the bias are the raw score, whatever the values."""
    means = sum(tree[0][-1] for tree in STORED["trees"])  # type: ignore[attr-defined]

    for shared, apart in product((0, 301, 700), (0, 30)):
        scores = {"shared": shared, "apart": apart}
        assert sum(forest.contributions(scores).values()) + means - 500_000 == forest.raw(scores)


def test_a_measure_that_moved_nothing_is_not_told(forest: Forest) -> None:
    """Where no tree asked for it, a measure has no part in the decision."""
    assert set(forest.contributions({"shared": 0, "apart": 99})) == {"shared"}


def test_confidence_rises_with_the_score_and_stays_within_bounds(forest: Forest) -> None:
    """Between the knots by interpolation, beyond them constant; a table of its own across languages."""
    values = [forest.confidence_micro(raw, cross=False) for raw in range(-2_000_000, 2_000_001, 50_000)]

    assert values == sorted(values)
    assert (values[0], forest.confidence_micro(500_000, cross=False), values[-1]) == (1, 699_999, 999_999)
    assert forest.confidence_micro(123, cross=True) == 7


def test_a_measure_that_is_missing_is_an_error(forest: Forest) -> None:
    """Evidence of another kind is never read as nought."""
    with pytest.raises(KeyError):
        forest.raw({"shared": 1})


def test_more_agreement_never_lowers_the_score_of_the_shipped_forests() -> None:
    """Every measure of agreement, raised alone from none to full, leaves the score as it is or lifts it."""
    against = {
        "apart",
        "hours",
        "days_differ",
        "weekdays_differ",
        "unsaid",
        "agency_differs",
        "one_outlet",
        "untold",
        "states_differ",
        "background",
    }
    for shipped in (load().sentences, load().words):
        middle = dict.fromkeys(shipped.names, 400)
        for name in shipped.names:
            low, high = (shipped.raw({**middle, name: value}) for value in (0, 1000))
            turned = name.startswith(tuple(against))
            assert name == "cross" or (high <= low if turned else high >= low), name
