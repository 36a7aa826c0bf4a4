"""From pair scores to clusters: whatever the order, no chains, no siblings, excerpts with their source."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytaster.deduplicator.partition import (
    MAX_COMPONENT,
    Pair,
    components,
    pair,
    partition,
)


def _block(*names: str, score: int = 1000) -> dict[Pair, int]:
    return {pair(a, b): score for a in names for b in names if a < b}


def test_everything_alike_is_one_cluster() -> None:
    """All pairs merge, so there is one part."""
    assert partition(list("abcd"), _block(*"abcd")) == [frozenset("abcd")]


def test_strangers_stay_alone() -> None:
    """Without any score every node is its own part, and none is lost."""
    assert partition(list("cba"), {}) == [frozenset("a"), frozenset("b"), frozenset("c")]


def test_a_chain_is_not_welded() -> None:
    """Five stories that each resemble only the next do not become one cluster."""
    chain = {pair(a, b): 980 for a, b in zip("abcd", "bcde", strict=True)}

    assert max(map(len, partition(list("abcde"), chain))) == 2


def test_one_mistaken_pair_does_not_weld_two_siblings() -> None:
    """Two clusters of copies with a single false link between them stay two."""
    scores = _block("a1", "a2", "a3") | _block("b1", "b2", "b3") | {pair("a1", "b1"): 1000}

    found = partition(["a1", "a2", "a3", "b1", "b2", "b3"], scores)

    assert found == [frozenset({"a1", "a2", "a3"}), frozenset({"b1", "b2", "b3"})]


def test_an_excerpt_joins_the_cluster_of_its_source() -> None:
    """An excerpt that resembles one member of a large cluster belongs to it, though the mean is low."""
    names = [f"c{number}" for number in range(6)]
    scores = _block(*names) | {pair("excerpt", "c0"): 900}

    found = partition([*names, "excerpt"], scores, excerpts=[("excerpt", "c0")])

    assert found == [frozenset({*names, "excerpt"})]


def test_a_round_up_joins_none() -> None:
    """A node that stands alone is in no cluster, whatever its scores."""
    scores = _block("a", "b", "digest")

    assert partition(["a", "b", "digest"], scores, alone=["digest"]) == [
        frozenset("ab"),
        frozenset({"digest"}),
    ]


def test_a_mean_is_never_rounded_up() -> None:
    """Two pairs of 969 and 970 are below a threshold of 970, by half a thousandth."""
    scores = {pair("a", "b"): 1000, pair("a", "c"): 970, pair("b", "c"): 969}

    assert partition(list("abc"), scores, join_milli=970) == [frozenset("ab"), frozenset("c")]


def test_a_large_component_is_cut_by_the_ladder() -> None:
    """A component beyond the limit falls apart at the first rung where its parts are small enough."""
    halves = [[f"{side}{number:03d}" for number in range(MAX_COMPONENT // 2 + 1)] for side in "xy"]
    scores = {pair(a, b): 995 for half in halves for a, b in itertools.pairwise(half)}
    scores[pair(halves[0][0], halves[1][0])] = 640

    found = partition([*halves[0], *halves[1]], scores, join_milli=600)

    assert all(len({name[0] for name in part}) == 1 for part in found)
    assert sum(map(len, found)) == len(halves[0]) + len(halves[1])


def test_components_hold_every_node_once() -> None:
    """Nodes without an edge are components of their own."""
    assert components("edcba", [("a", "c"), ("c", "e")]) == [frozenset("ace"), frozenset("b"), frozenset("d")]


@given(st.integers(0, 10_000), st.integers(2, 9))
@settings(max_examples=60, deadline=None)
def test_the_order_of_nodes_and_pairs_does_not_matter(seed: int, size: int) -> None:
    """Any permutation of the same nodes and scores gives the same clusters."""
    draw = random.Random(seed)
    names = [f"s{number}" for number in range(size)]
    scores = {pair(a, b): draw.choice((0, 500, 700, 960, 990, 1000)) for a in names for b in names if a < b}
    copies = [both for both, score in scores.items() if score == 1000]
    expected = partition(names, scores, excerpts=copies[:1])

    items = list(scores.items())
    draw.shuffle(items)
    draw.shuffle(names)

    assert partition(names, dict(items), excerpts=[(b, a) for a, b in copies[:1]]) == expected


@pytest.mark.parametrize("size", [400])
def test_many_copies_are_one_cluster_without_delay(size: int) -> None:
    """Four hundred reprints of one text join within the time of a test."""
    names = [f"r{number:03d}" for number in range(size)]

    assert partition(names, _block(*names)) == [frozenset(names)]
