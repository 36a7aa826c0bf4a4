"""The life of cluster ids: minted once, kept by the larger part, resolving for ever."""

from __future__ import annotations

import random
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from copytaster.deduplicator.clusters import MERGED, ClusterChange, ClusterState, derive

SEEN = {name: place for place, name in enumerate("abcdefghij")}


def _derive(previous: dict[str, ClusterState], *parts: str, updated: str = "") -> list[ClusterChange]:
    minted = (f"new{number}" for number in count(1))
    return derive(
        previous, [frozenset(part) for part in parts], SEEN, lambda: next(minted), frozenset(updated)
    )


def _told(changes: list[ClusterChange]) -> list[tuple[str, str, str]]:
    return [(change.cluster, change.op, "".join(sorted(change.members))) for change in changes]


def _state(members: str, revision: int = 1) -> ClusterState:
    return ClusterState(frozenset(members), revision=revision)


def test_a_first_story_opens_a_cluster() -> None:
    """A new part gets a minted id and the first revision."""
    (change,) = _derive({}, "a")

    assert (change.cluster, change.op, change.revision, change.added) == (
        "new1",
        "created",
        1,
        frozenset("a"),
    )


def test_a_story_joins_and_the_id_stays() -> None:
    """The part that holds the former members goes on under their id."""
    (change,) = _derive({"x": _state("a", revision=4)}, "ab")

    assert (change.cluster, change.op, change.revision, change.added) == ("x", "joined", 5, frozenset("b"))


def test_nothing_changed_tells_nothing() -> None:
    """The same members again are no event; a new version of one is an update."""
    assert _derive({"x": _state("ab")}, "ab") == []
    assert _told(_derive({"x": _state("ab")}, "ab", updated="a")) == [("x", "updated", "ab")]


def test_two_clusters_become_one() -> None:
    """The one that brings more members survives; the loser names it, and is told first."""
    changes = _derive({"x": _state("a"), "y": _state("bc")}, "abc")

    assert _told(changes) == [("x", "merged", ""), ("y", "merged", "abc")]
    assert (changes[0].state, changes[0].merged_into) == (MERGED, "y")
    assert changes[1].merged_from == ("x",)


def test_equal_clusters_merge_into_the_one_with_the_earliest_story() -> None:
    """A tie goes to the cluster whose earliest story was seen first."""
    changes = _derive({"x": _state("cd"), "y": _state("ab")}, "abcd")

    assert {change.cluster: change.merged_into for change in changes} == {"x": "y", "y": None}


def test_a_cluster_splits_and_the_larger_part_keeps_its_id() -> None:
    """The smaller part is born with a new id and says where it came from."""
    changes = _derive({"x": _state("abc")}, "ab", "c")

    assert _told(changes) == [("x", "split", "ab"), ("new1", "created", "c")]
    assert changes[0].split_into == ("new1",)
    assert changes[1].split_from == "x"


def test_an_even_split_leaves_the_id_with_the_earliest_story() -> None:
    """A tie among the parts goes to the part with the earliest story."""
    changes = _derive({"x": _state("abcd")}, "cd", "ab")

    assert _told(changes) == [("x", "split", "ab"), ("new1", "created", "cd")]


def test_a_story_moves_to_another_cluster() -> None:
    """The one it left says so, the one it joined too; no id ends."""
    changes = _derive({"x": _state("abc"), "y": _state("de")}, "ab", "cde")

    assert {(change.cluster, change.op) for change in changes} == {("x", "left"), ("y", "joined")}


def test_a_cluster_whose_stories_are_all_gone_closes() -> None:
    """Withdrawn stories leave an empty, closed cluster without a successor."""
    (change,) = _derive({"x": _state("a")})

    assert (change.op, change.state, change.members, change.merged_into) == (
        "left",
        "closed",
        frozenset(),
        None,
    )


def test_an_ended_cluster_does_not_come_back() -> None:
    """A merged cluster among the previous ones is passed over."""
    ended = ClusterState(frozenset(), state=MERGED, merged_into="y")

    assert _told(_derive({"x": ended, "y": _state("a")}, "ab")) == [("y", "joined", "ab")]


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_through_any_history_every_story_has_one_cluster_and_every_id_resolves(seeds: list[int]) -> None:
    """Random partitions one after another: the living clusters are the last partition, the ended lead to living ones."""
    minted = (f"id{number}" for number in count(1))
    states: dict[str, ClusterState] = {}
    parts: list[frozenset[str]] = []
    for seed in seeds:
        draw = random.Random(seed)
        groups: dict[int, set[str]] = {}
        for story in SEEN:
            groups.setdefault(draw.randrange(4), set()).add(story)
        parts = [frozenset(group) for group in groups.values()]
        for change in derive(states, parts, SEEN, lambda: next(minted)):
            states[change.cluster] = change.to_state()

    living = {name: state.members for name, state in states.items() if state.state != MERGED}
    assert sorted(map(sorted, living.values())) == sorted(map(sorted, parts))
    for name in states:
        target = name
        for _ in range(len(states)):
            target = states[target].merged_into or target
        assert target in living
