"""The life of clusters: which ids go on, which are new, which end in another, when the partition changes.

An id is minted once. It stays with the part that holds most of its former members (ties to the part with the earliest story) and an
id that ended names its successor for ever. `derive` is pure: it mints through a callable and reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

OPEN: Final = "open"
CLOSED: Final = "closed"
MERGED: Final = "merged"


@dataclass(frozen=True, slots=True)
class ClusterState:
    """A cluster as it was last told: its members, state and revision."""

    members: frozenset[str]
    state: str = OPEN
    revision: int = 0
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class ClusterChange:
    """One change of one cluster, complete after it: `op` is created, joined, left, updated, merged, split, closed or reopened."""

    cluster: str
    op: str
    state: str
    revision: int
    members: frozenset[str]
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    merged_into: str | None = None
    merged_from: tuple[str, ...] = ()
    split_from: str | None = None
    split_into: tuple[str, ...] = ()

    def to_state(self) -> ClusterState:
        """What has to be kept for the next change."""
        return ClusterState(self.members, self.state, self.revision, self.merged_into)


@dataclass(slots=True)
class _Plan:
    """The old clusters that feed each new part, and the id that the part will bear."""

    part: frozenset[str]
    heirs: list[str] = field(default_factory=list)
    name: str = ""


def derive(
    previous: Mapping[str, ClusterState],
    parts: Sequence[frozenset[str]],
    first_seen: Mapping[str, int],
    mint: Callable[[], str],
    updated: frozenset[str] = frozenset(),
) -> list[ClusterChange]:
    """The changes that lead from the previous clusters to the parts, in the order in which they must be told.

    `previous` are the clusters that share a story with the parts (ended and empty ones are ignored); `first_seen` gives each story's
    first sight in milliseconds (missing: last of all); stories in `updated` changed without moving. A part that an old id
    goes on with is told after the ids that it takes in; new ids are minted in the order of the parts' earliest stories.
    """
    living = {name: state for name, state in previous.items() if state.state != MERGED and state.members}
    plans = [_Plan(part) for part in sorted(parts, key=lambda part: _age(part, first_seen)) if part]
    _inherit(living, plans, first_seen)
    for plan in plans:
        plan.name = plan.name or mint()
    home = {story: plan for plan in plans for story in plan.part}
    borne = {plan.name for plan in plans}
    gone = sorted(living.keys() - borne, key=lambda name: _age(living[name].members, first_seen))
    changes = [_ended(name, living[name], home) for name in gone]
    for plan in plans:
        changes += _continued(plan, living, plans, updated)
    return changes


def closed(cluster: str, state: ClusterState) -> ClusterChange:
    """The change of an open cluster that got no news for its window; its members stay what they were."""
    return ClusterChange(
        cluster=cluster, op="closed", state=CLOSED, revision=state.revision + 1, members=state.members
    )


def _age(stories: frozenset[str], first_seen: Mapping[str, int]) -> tuple[int, str]:
    return min(((first_seen.get(story, 1 << 62), story) for story in stories), default=(1 << 62, ""))


def _inherit(living: Mapping[str, ClusterState], plans: list[_Plan], first_seen: Mapping[str, int]) -> None:
    """Give each part at most one old id: an id goes where most of its members went, a part keeps the id that brings most."""
    claims: dict[int, list[tuple[int, tuple[int, str], str]]] = {}
    for name, state in living.items():
        held = [(len(state.members & plan.part), place) for place, plan in enumerate(plans)]
        most = max((count for count, _ in held), default=0)
        if most == 0:
            continue
        # The plans are ordered by their earliest story, so the first of those with most members wins a tie.
        place = next(place for count, place in held if count == most)
        claims.setdefault(place, []).append((-most, _age(state.members, first_seen), name))
    for place, wanted in claims.items():
        plans[place].heirs = [name for _, _, name in sorted(wanted)]
        plans[place].name = plans[place].heirs[0]


def _ended(name: str, state: ClusterState, home: Mapping[str, _Plan]) -> ClusterChange:
    """The last word on an id: where its story went, or, when all its stories are gone, that it is empty."""
    successors = [home[story].name for story in sorted(state.members) if story in home]
    into = next(
        (plan.name for plan in home.values() if name in plan.heirs), successors[0] if successors else None
    )
    return ClusterChange(
        cluster=name,
        op="merged" if into else "left",
        state=MERGED if into else CLOSED,
        revision=state.revision + 1,
        members=frozenset(),
        removed=state.members,
        merged_into=into,
    )


def _continued(
    plan: _Plan,
    living: Mapping[str, ClusterState],
    plans: Sequence[_Plan],
    updated: frozenset[str],
) -> list[ClusterChange]:
    before = living.get(plan.name)
    if before is None:
        return [_created(plan, living)]
    added, removed = plan.part - before.members, before.members - plan.part
    taken_in = tuple(name for name in plan.heirs if name != plan.name)
    born = [other for other in plans if other.name not in living and _parent(other, living) == plan.name]
    if not (added or removed or taken_in or born or plan.part & updated):
        return []
    return [
        ClusterChange(
            cluster=plan.name,
            op=_op(before.state, added, removed, taken_in, bool(born)),
            state=OPEN,
            revision=before.revision + 1,
            members=plan.part,
            added=added,
            removed=removed,
            merged_from=taken_in,
            split_into=tuple(other.name for other in born),
        )
    ]


def _op(
    state: str, added: frozenset[str], removed: frozenset[str], taken_in: tuple[str, ...], has_split: bool
) -> str:
    if taken_in:
        return "merged"
    if has_split:
        return "split"
    if state == CLOSED:
        return "reopened"
    if added:
        return "joined"
    return "left" if removed else "updated"


def _created(plan: _Plan, living: Mapping[str, ClusterState]) -> ClusterChange:
    return ClusterChange(
        cluster=plan.name,
        op="created",
        state=OPEN,
        revision=1,
        members=plan.part,
        added=plan.part,
        split_from=_parent(plan, living),
    )


def _parent(plan: _Plan, living: Mapping[str, ClusterState]) -> str | None:
    """The old cluster from which most stories of a new part come, or None when they are all new."""
    shares = sorted((-len(state.members & plan.part), name) for name, state in living.items())
    return shares[0][1] if shares and shares[0][0] < 0 else None
