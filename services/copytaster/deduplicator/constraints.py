"""What operators decided, as it acts on a partition: stories that stay together, and stories that stay apart.

A ban is never broken. A wish that stories be together is granted unless a ban stands against it; what is not granted is reported,
never silently dropped. The outcome is a function of the parts, the scores and the decisions, whatever their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from copytaster.deduplicator.candidates import bucket_order
from copytaster.deduplicator.partition import Pair, components, pair


@dataclass(frozen=True, slots=True)
class Constraint:
    """One decision that is in force: `together` are stories of one cluster, no cluster holds stories of two of the groups `apart`."""

    decision: str
    op: str
    together: tuple[str, ...] = ()
    apart: tuple[tuple[str, ...], ...] = ()

    @property
    def stories(self) -> frozenset[str]:
        """All stories that it speaks of."""
        return frozenset(self.together).union(*self.apart)

    def of_heads(self, head: Callable[[str], str]) -> Constraint:
        """The same decision about the stories that stand for those it names."""
        return replace(
            self,
            together=tuple(map(head, self.together)),
            apart=tuple(tuple(map(head, group)) for group in self.apart),
        )

    def forbids(self, stories: Iterable[str]) -> bool:
        """Whether `stories` hold members of two groups that are to be apart."""
        held = frozenset(stories)
        return sum(not held.isdisjoint(group) for group in self.apart) > 1


def forbidden(stories: Iterable[str], constraints: Iterable[Constraint]) -> bool:
    """Whether any of the decisions stands against these stories in one cluster."""
    held = frozenset(stories)
    return any(constraint.forbids(held) for constraint in constraints)


def cut(
    parts: Sequence[frozenset[str]], scores: Mapping[Pair, int], constraints: Iterable[Constraint]
) -> list[frozenset[str]]:
    """The parts, those that hold what must be apart cut: each story goes with those of the banned ones that it resembles most.

    Every story stays in exactly one part. Stories that are to be together are not torn from one another unless a ban wants it.
    """
    ordered = in_order(constraints)
    bans = [constraint for constraint in ordered if constraint.apart]
    wishes = [constraint for constraint in ordered if len(constraint.together) > 1]
    return [group for part in parts for group in _cut(part, scores, bans, wishes)]


def united(
    parts: Sequence[frozenset[str]], constraints: Iterable[Constraint]
) -> tuple[list[frozenset[str]], tuple[str, ...]]:
    """The parts after all wishes that stories be together, in the order of their least names; and the decisions not granted whole."""
    ordered = in_order(constraints)
    bans = [constraint for constraint in ordered if constraint.apart]
    groups, unmet = list(parts), []
    for wish in (constraint for constraint in ordered if len(constraint.together) > 1):
        groups, granted = _unite(groups, wish, bans)
        if not granted:
            unmet.append(wish.decision)
    return sorted(groups, key=min), tuple(unmet)


def in_order(constraints: Iterable[Constraint]) -> list[Constraint]:
    """The decisions in the one order in which they act, which is that of a hash and not that of their coming."""
    return sorted(constraints, key=lambda constraint: bucket_order(constraint.decision))


def _unite(
    groups: list[frozenset[str]], wish: Constraint, bans: Sequence[Constraint]
) -> tuple[list[frozenset[str]], bool]:
    """The groups after one wish, and whether it was granted whole; as much of it as the bans allow is done."""
    wanted = frozenset(wish.together)
    touched = sorted((group for group in groups if group & wanted), key=min)
    if len(touched) < 2:
        return groups, True
    joined: list[frozenset[str]] = []
    for group in touched:
        place = next((at for at, other in enumerate(joined) if not forbidden(other | group, bans)), None)
        if place is None:
            joined.append(group)
        else:
            joined[place] |= group
    return [group for group in groups if not group & wanted] + joined, len(joined) == 1


def _cut(
    part: frozenset[str],
    scores: Mapping[Pair, int],
    bans: Sequence[Constraint],
    wishes: Sequence[Constraint],
) -> list[frozenset[str]]:
    """The part, or, if it holds what must be apart, the groups into which it falls."""
    broken = [ban for ban in bans if ban.forbids(part)]
    if not broken:
        return [part]
    named = frozenset[str]().union(*(ban.stories for ban in broken)) & part
    units = sorted(_units(part, broken, wishes), key=lambda unit: min(map(bucket_order, unit)))
    groups: list[frozenset[str]] = []
    for unit in (unit for unit in units if unit & named):
        allowed = [at for at, group in enumerate(groups) if not forbidden(group | unit, broken)]
        best = max(allowed, key=lambda at: (_mean(unit, groups[at], scores), -at), default=None)
        if best is None or not _mean(unit, groups[best], scores):
            groups.append(unit)
        else:
            groups[best] |= unit
    return list(_attached(groups, [unit for unit in units if not unit & named], scores))


def _units(
    part: frozenset[str], bans: Sequence[Constraint], wishes: Sequence[Constraint]
) -> Iterator[frozenset[str]]:
    """The stories of a part, those that a wish binds as one, unless a ban stands between them."""
    bound = [both for wish in wishes for both in combinations(sorted(part.intersection(wish.together)), 2)]
    for unit in components(sorted(part), bound):
        if forbidden(unit, bans):
            yield from (frozenset((story,)) for story in unit)
        else:
            yield unit


def _attached(
    groups: Sequence[frozenset[str]], rest: Sequence[frozenset[str]], scores: Mapping[Pair, int]
) -> list[frozenset[str]]:
    """The groups with the rest: whoever is nearest to a group joins it first, so that chains hold; ties by hash."""
    grown, waiting = list(groups), list(rest)
    while waiting:
        place, at = max(
            ((place, at) for place in range(len(waiting)) for at in range(len(grown))),
            key=lambda both: (_mean(waiting[both[0]], grown[both[1]], scores), -both[0], -both[1]),
        )
        grown[at] |= waiting.pop(place)
    return grown


def _mean(unit: frozenset[str], group: frozenset[str], scores: Mapping[Pair, int]) -> int:
    """The mean pair score between two groups, in millionths so that no two differ by rounding alone."""
    total = sum(scores.get(pair(one, other), 0) for one in unit for other in group)
    return total * 1000 // (len(unit) * len(group))
