"""From pair scores to clusters: average link over a component, in integers, the same for any order of the stories.

Single link welds sibling stories through one mistaken pair (research/linking.md, wire table). Here two groups join while the mean
of all their pair scores is high enough; pairs of which nothing is known count as strangers. Copies of one text need a lower mean,
for an excerpt resembles its source and not every edit of it; what is left alone at the end may join the cluster of its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from copytaster.deduplicator.candidates import bucket_order

JOIN_MILLI: Final = 970
"""Mean pair score from which two groups are one news point: the least without a false cluster on the open wire set, with scores
from models that had not seen the topic."""

COPY_JOIN_MILLI: Final = 600
"""The same where at least one pair merges by itself; between 0.3 and 0.7 nothing changes on the open wire set."""

MAX_COMPONENT: Final = 500
"""A larger component is cut by `LADDER` first, so that its cost stays bounded (issue: the deduplicator)."""

LADDER: Final = (600, 700, 800, 900, 950, 980, 990)
"""Least scores that are tried in turn on a component that is too large."""

Pair = tuple[str, str]


def pair(one: str, other: str) -> Pair:
    """The two names in order: the key of everything about a pair."""
    return (one, other) if one < other else (other, one)


def components(nodes: Iterable[str], edges: Iterable[Pair]) -> list[frozenset[str]]:
    """The connected components of a graph, each node in exactly one, in the order of their least names."""
    leader = {node: node for node in nodes}

    def find(node: str) -> str:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for one, other in edges:
        first, second = sorted((find(one), find(other)))
        leader[second] = first
    groups: dict[str, set[str]] = {}
    for node in leader:
        groups.setdefault(find(node), set()).add(node)
    return [frozenset(groups[name]) for name in sorted(groups)]


def partition(
    nodes: Sequence[str],
    scores: Mapping[Pair, int],
    *,
    copies: Iterable[Pair] = (),
    excerpts: Iterable[Pair] = (),
    alone: Iterable[str] = (),
    join_milli: int = JOIN_MILLI,
    copy_join_milli: int = COPY_JOIN_MILLI,
) -> list[frozenset[str]]:
    """The clusters of one component, ordered by their least names; every node is in exactly one.

    `scores` holds the pair scores in thousandths under `pair(a, b)`; missing pairs count 0. `copies` are pairs where one text was
    made from the other, `excerpts` those among them where one is a part; nodes `alone` (round-ups) join nothing.
    """
    solitary = frozenset(alone)
    kept = sorted(node for node in set(nodes) if node not in solitary)
    copied = frozenset(pair(*both) for both in copies)
    clusters: list[frozenset[str]] = [frozenset((node,)) for node in sorted(solitary & set(nodes))]
    linked = [both for both, score in scores.items() if score > 0 and not solitary & set(both)]
    for component in components(kept, (both for both in linked if set(both) <= set(kept))):
        for part in _bounded(component, scores):
            joined = _average_link(part, scores, copied, join_milli, copy_join_milli)
            clusters += _attach(joined, scores, frozenset(pair(*both) for both in excerpts))
    return sorted(clusters, key=min)


def _bounded(component: frozenset[str], scores: Mapping[Pair, int]) -> list[frozenset[str]]:
    """The component, or its parts at the first rung of the ladder where none is too large (at the last rung, as they are)."""
    parts = [component]
    for rung in LADDER:
        if all(len(part) <= MAX_COMPONENT for part in parts):
            break
        edges = [both for both, score in scores.items() if score >= rung and component.issuperset(both)]
        parts = components(sorted(component), edges)
    return parts


@dataclass(slots=True)
class _Group:
    """A group under construction with the sums of its scores to the others, and which of them hold a copy of it."""

    members: list[str]
    sums: dict[int, int] = field(default_factory=dict)
    copied: set[int] = field(default_factory=set)


def _average_link(
    nodes: frozenset[str],
    scores: Mapping[Pair, int],
    copied: frozenset[Pair],
    join_milli: int,
    copy_join_milli: int,
) -> list[frozenset[str]]:
    names = sorted(nodes)
    groups = {place: _Group([name]) for place, name in enumerate(names)}
    places = {name: place for place, name in enumerate(names)}
    for both, score in scores.items():
        if score > 0 and both[0] in places and both[1] in places:
            one, other = places[both[0]], places[both[1]]
            groups[one].sums[other] = groups[other].sums[one] = score
            if both in copied:
                groups[one].copied.add(other)
                groups[other].copied.add(one)
    while (best := _best(groups, join_milli, copy_join_milli)) is not None:
        _merge(groups, *best)
    return [frozenset(group.members) for group in groups.values()]


def _best(groups: dict[int, _Group], join_milli: int, copy_join_milli: int) -> tuple[int, int] | None:
    """The two groups with the highest mean above their threshold; ties by the hash of their least members.

    Means are compared as fractions, so no rounding decides.
    """
    found: tuple[int, int] | None = None
    top, top_size, top_order = 0, 1, ((0, ""), (0, ""))
    for one, group in groups.items():
        for other, total in group.sums.items():
            if other < one:
                continue
            size = len(group.members) * len(groups[other].members)
            least = copy_join_milli if other in group.copied else join_milli
            if total < least * size or total * top_size < top * size:
                continue
            order = (bucket_order(group.members[0]), bucket_order(groups[other].members[0]))
            if found is None or total * top_size > top * size or order < top_order:
                found, top, top_size, top_order = (one, other), total, size, order
    return found


def _merge(groups: dict[int, _Group], one: int, other: int) -> None:
    kept, gone = groups[one], groups.pop(other)
    kept.members = sorted(kept.members + gone.members)
    for neighbour, total in gone.sums.items():
        if neighbour != one:
            groups[neighbour].sums.pop(other)
            groups[neighbour].sums[one] = kept.sums[neighbour] = kept.sums.get(neighbour, 0) + total
    for neighbour in gone.copied - {one}:
        groups[neighbour].copied.discard(other)
        groups[neighbour].copied.add(one)
        kept.copied.add(neighbour)
    kept.sums.pop(other, None)
    kept.copied.discard(other)


def _attach(
    clusters: list[frozenset[str]], scores: Mapping[Pair, int], excerpts: frozenset[Pair]
) -> list[frozenset[str]]:
    """The clusters after every text that stayed alone joined the cluster of its best source, if it is an excerpt of one."""
    home = {node: cluster for cluster in clusters for node in cluster}
    joining: dict[frozenset[str], set[str]] = {}
    for node in sorted(node for cluster in clusters if len(cluster) == 1 for node in cluster):
        best = max(
            (
                (scores.get(pair(node, other), 0), bucket_order(other))
                for other in home
                if len(home[other]) > 1 and pair(node, other) in excerpts
            ),
            default=None,
        )
        if best is not None:
            joining.setdefault(home[best[1][1]], set()).add(node)
    moved = {node for nodes in joining.values() for node in nodes}
    return [cluster | joining.get(cluster, set()) for cluster in clusters if not cluster <= moved]
