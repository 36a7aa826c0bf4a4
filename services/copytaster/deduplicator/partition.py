"""From pair scores to clusters: average link over a component, in integers, the same for any order of the stories.

Single link welds sibling stories through one mistaken pair (research/linking.md, wire table). Here two groups join while the mean
of all their pair scores is high enough; pairs of which nothing is known count as strangers. An excerpt resembles its source and
not every edit of it, so one that is left alone at the end may join the cluster of its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from copytaster.deduplicator.candidates import bucket_order

JOIN_MILLI: Final = 780
"""Mean confidence from which two groups are one news point, where no policy says otherwise (its threshold `join` tells why)."""

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
    excerpts: Iterable[Pair] = (),
    alone: Iterable[str] = (),
    join_milli: int = JOIN_MILLI,
) -> list[frozenset[str]]:
    """The clusters of one component, ordered by their least names; every node is in exactly one.

    `scores` holds the pair scores in thousandths under `pair(a, b)`; missing pairs count 0. `excerpts` are pairs where
    one text is a part of the other; nodes `alone` (round-ups) join nothing.
    """
    solitary = frozenset(alone)
    kept = frozenset(nodes) - solitary
    parts_of = frozenset(pair(*both) for both in excerpts)
    clusters: list[frozenset[str]] = [frozenset((node,)) for node in solitary & frozenset(nodes)]
    linked = [both for both, score in scores.items() if score > 0 and both[0] in kept and both[1] in kept]
    for component in components(sorted(kept), linked):
        for part in _bounded(component, scores):
            joined = _AverageLink(part, scores, join_milli).run()
            clusters += _attach(joined, scores, parts_of)
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
    """A group under construction: its members and the sums of its scores to the others."""

    members: list[str]
    order: tuple[int, str]
    sums: dict[int, int] = field(default_factory=dict)
    version: int = 0


class _AverageLink:
    """Joins the two groups with the highest mean above their threshold until there are none; ties by hash.

    Means are compared exactly: as integers with 64 binary places, which tells apart any two fractions of groups below 65,000
    stories. The heap keeps outdated entries; a version tells them. Quadratic in the stories of a component, times a logarithm.
    """

    def __init__(
        self,
        nodes: frozenset[str],
        scores: Mapping[Pair, int],
        join_milli: int,
    ) -> None:
        self._join = join_milli
        names = sorted(nodes)
        self._groups = {place: _Group([name], bucket_order(name)) for place, name in enumerate(names)}
        places = {name: place for place, name in enumerate(names)}
        for both, score in scores.items():
            if score > 0 and both[0] in places and both[1] in places:
                self._note(places[both[0]], places[both[1]], score)
        self._heap: list[tuple[int, tuple[int, str], tuple[int, str], int, int, int, int]] = []
        for one, group in self._groups.items():
            for other in group.sums:
                if one < other:
                    self._push(one, other)

    def run(self) -> list[frozenset[str]]:
        """The groups that remain."""
        while self._heap and len(self._groups) > 1:
            *_, one, other, one_version, other_version = heappop(self._heap)
            if self._is_current(one, one_version) and self._is_current(other, other_version):
                self._merge(one, other)
        return [frozenset(group.members) for group in self._groups.values()]

    def _note(self, one: int, other: int, score: int) -> None:
        for side, far in ((one, other), (other, one)):
            self._groups[side].sums[far] = score

    def _is_current(self, place: int, version: int) -> bool:
        group = self._groups.get(place)
        return group is not None and group.version == version

    def _push(self, one: int, other: int) -> None:
        """Put a pair of groups on the heap if its mean is high enough, the lower place first."""
        one, other = min(one, other), max(one, other)
        near, far = self._groups[one], self._groups[other]
        total, size = near.sums[other], len(near.members) * len(far.members)
        if total >= size * self._join:
            mean = (total << 64) // size
            heappush(self._heap, (-mean, near.order, far.order, one, other, near.version, far.version))

    def _merge(self, one: int, other: int) -> None:
        kept, gone = self._groups[one], self._groups.pop(other)
        kept.members = sorted(kept.members + gone.members)
        kept.order = bucket_order(kept.members[0])
        kept.version += 1
        del kept.sums[other]
        for neighbour, total in gone.sums.items():
            if neighbour != one:
                del self._groups[neighbour].sums[other]
                both = kept.sums.get(neighbour, 0) + total
                self._groups[neighbour].sums[one] = kept.sums[neighbour] = both
        for neighbour in kept.sums:
            self._push(one, neighbour)


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
