"""Who copied from whom inside a cluster: every story under the one that it was most surely made from. Pure.

Of all links that say "a was made from b" each story keeps one: by the strongest basis (a source link before a credit, before
containment, before time), then by confidence. A link that would close a circle is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from copytaster.deduplicator.cards import Card
from copytaster.deduplicator.decide import COPIES, PairDecision
from copytaster.deduplicator.origin import SOURCE_BASIS


@dataclass(frozen=True, slots=True)
class Edge:
    """What joins a story to the one above it (or, for the first of a family, to the one it merges with most surely)."""

    other: str
    relation: str
    direction: str
    basis: tuple[str, ...]
    confidence_milli: int | None


@dataclass(frozen=True, slots=True)
class Node:
    """A story in the tree, at its depth; a first story of a family has depth 0 and may have an edge beside it."""

    card: Card
    depth: int
    edge: Edge | None


def copy_tree(cards: Iterable[Card], decisions: Iterable[PairDecision]) -> list[Node]:
    """The members of a cluster in the order of the tree, families one after another, the earliest first.

    `decisions` are kept pairs; those about other stories are passed over. Stories of the same words without a kept pair hang under
    the earliest of them, with no confidence, for nobody had to measure any.
    """
    by_id = {card.story: card for card in cards}
    inside = [one for one in decisions if one.a in by_id and one.b in by_id]
    above = _parents(by_id, [*_directed(inside), *_twins(by_id.values())])
    beside = _beside(by_id, inside, above)
    children: dict[str, list[str]] = {}
    for story, edge in above.items():
        children.setdefault(edge.other, []).append(story)
    waiting = [(story, 0) for story in _latest_first(by_id, by_id.keys() - above.keys())]
    nodes = []
    while waiting:
        story, depth = waiting.pop()
        nodes.append(Node(by_id[story], depth, above.get(story) or beside.get(story)))
        waiting += [(child, depth + 1) for child in _latest_first(by_id, children.get(story, ()))]
    return nodes


def _latest_first(by_id: Mapping[str, Card], stories: Iterable[str]) -> list[str]:
    return sorted(stories, key=lambda story: (by_id[story].time_ms, story), reverse=True)


def _directed(decisions: Sequence[PairDecision]) -> list[tuple[str, Edge]]:
    """Every story with an edge to what it was made from, as the links say."""
    found = []
    for decision in decisions:
        if decision.relation in COPIES and decision.direction != "none":
            one = decision.oriented()
            edge = Edge(one.b, one.relation, one.direction, one.direction_basis, one.confidence_milli)
            found.append((one.a, edge))
    return found


def _twins(cards: Iterable[Card]) -> list[tuple[str, Edge]]:
    groups: dict[str, list[Card]] = {}
    for card in cards:
        if card.text_key:
            groups.setdefault(card.text_key, []).append(card)
    found = []
    for group in groups.values():
        first = min(group, key=lambda card: (card.time_ms, card.story))
        edge = Edge(first.story, "exact_copy", "a_from_b", ("time",), None)
        found += [(card.story, edge) for card in group if card is not first]
    return found


def _parents(by_id: Mapping[str, Card], edges: Sequence[tuple[str, Edge]]) -> dict[str, Edge]:
    """At most one edge a story, the strongest first, none that closes a circle."""

    def strength(one: tuple[str, Edge]) -> tuple[object, ...]:
        story, edge = one
        basis = min((SOURCE_BASIS.index(name) for name in edge.basis if name in SOURCE_BASIS), default=9)
        return (basis, -(edge.confidence_milli or 0), by_id[edge.other].time_ms, edge.other, story)

    above: dict[str, Edge] = {}
    for story, edge in sorted(edges, key=strength):
        if story not in above and not _is_under(edge.other, story, above):
            above[story] = edge
    return above


def _is_under(story: str, top: str, above: Mapping[str, Edge]) -> bool:
    """Whether `story` is `top` or hangs somewhere under it."""
    while story != top and story in above:
        story = above[story].other
    return story == top


def _beside(
    by_id: Mapping[str, Card], decisions: Sequence[PairDecision], above: Mapping[str, Edge]
) -> dict[str, Edge]:
    """For every first story of a family, but for the earliest of all, the surest undirected link that keeps it in the cluster."""
    found: dict[str, Edge] = {}
    for decision in sorted(decisions, key=lambda one: (-one.confidence_micro, one.a, one.b)):
        if not decision.merges:
            continue
        for one in (decision, decision.mirrored()):
            later = (by_id[one.a].time_ms, one.a) > (by_id[one.b].time_ms, one.b)
            if later and one.a not in above and one.a not in found:
                found[one.a] = Edge(one.b, one.relation, "none", (), one.confidence_milli)
    return found
