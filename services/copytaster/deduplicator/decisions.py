"""What operators decided about stories and clusters: which decisions are in force, what they want, which contradict each other.

Pure. A decision names stories, not versions, so it outlives re-extraction, a new policy and `relink`. Its urn follows from what it
says: the same decision made twice is one decision. An undo is the next revision of the decision that it takes back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from copytaster.deduplicator.constraints import Constraint
from copytaster.deduplicator.partition import components
from copytaster_schemas import DecisionMade
from copytaster_schemas.identity import NAMESPACE

MOST_OTHERS: Final = 1_000
"""Stories that a split keeps away from those that leave: 1,000 urns are 48 KiB of the 64 KiB that an event may have."""


def decision_urn(op: str, stories: Iterable[str], clusters: Iterable[str] = ()) -> str:
    """The urn of a decision: the same for the same words in any order."""
    parts = (op, *sorted(set(stories)), "in", *sorted(set(clusters)))
    return uuid.uuid5(NAMESPACE, "\n".join(("decision", *parts))).urn


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it stands now: its last word, and the event that made it."""

    made: DecisionMade
    revision: int
    undone: DecisionMade | None = None

    @property
    def urn(self) -> str:
        """Its name."""
        return self.made.decision

    @property
    def in_force(self) -> bool:
        """Whether nobody took it back."""
        return self.undone is None


def standing(events: Iterable[DecisionMade]) -> dict[str, Decision]:
    """Every decision ever made, by urn, in the order of the first word on each; `events` in the order of their stream."""
    found: dict[str, Decision] = {}
    for event in events:
        before = found.get(event.decision)
        if before is not None and event.revision <= before.revision:
            continue  # redelivered
        if event.op == "undo":
            if before is not None:
                found[event.decision] = Decision(before.made, event.revision, event)
        else:
            found[event.decision] = Decision(event, event.revision)
    return found


def constraint_of(made: DecisionMade) -> Constraint | None:
    """What a decision wants of a partition; None for one that this version does not know."""
    stories = tuple(made.stories)
    match made.op:
        case "pin" | "merge":
            return Constraint(made.decision, made.op, together=stories)
        case "forbid":
            return Constraint(made.decision, made.op, apart=tuple((story,) for story in stories))
        case "split":
            return Constraint(made.decision, made.op, together=stories, apart=(stories, tuple(made.others)))
    return None


def in_force(decisions: Mapping[str, Decision]) -> list[Constraint]:
    """The constraints of all decisions that nobody took back."""
    wanted = (constraint_of(decision.made) for decision in decisions.values() if decision.in_force)
    return [constraint for constraint in wanted if constraint is not None]


def contradicting(
    new: Constraint, others: Sequence[Constraint], fellows: Iterable[Sequence[str]] = ()
) -> list[str]:
    """The urns of the decisions in force that stand against `new`, sorted; empty if it can be granted with all of them.

    What others want together counts through any number of steps. `fellows` are groups of stories that `new` would bring together
    with those it names, for example the members of two clusters that are to be merged.
    """
    everything = [*others, new]
    groups = [sorted(one.together) for one in everything] + [sorted(group) for group in fellows]
    bound = [both for group in groups for both in pairwise(group)]
    names = frozenset[str]().union(*(one.stories for one in everything), *fellows)
    against: set[str] = set()
    for component in components(sorted(names), bound):
        for ban in everything:
            if ban.forbids(component):
                against |= _blamed(ban, component, new, others)
    return sorted(against - {new.decision})


def _blamed(
    ban: Constraint, component: frozenset[str], new: Constraint, others: Sequence[Constraint]
) -> set[str]:
    """The decisions to name for one contradiction: the ban, or, if that is the new one, those that hold its stories together."""
    if ban.decision != new.decision:
        return {ban.decision}
    return {other.decision for other in others if len(component.intersection(other.together)) > 1}
