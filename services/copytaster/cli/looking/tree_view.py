"""The copy tree of a cluster as a person or a program reads it. Reads the kept pairs of its members; draws nothing from the stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from redis.asyncio import Redis

from copytaster.cli.plain import clock, instant, one_line, short
from copytaster.deduplicator.cards import Card
from copytaster.deduplicator.io.clusters import stored_cards
from copytaster.deduplicator.pairs import KeptPair, unpack
from copytaster.deduplicator.tree import Edge, Node, copy_tree
from copytaster.keys import Keys
from copytaster_schemas import ClusterChanged
from copytaster_schemas.base import format_instant
from copytaster_schemas.identity import short_id, urn_of


async def tree_of(redis: Redis, keys: Keys, cluster: str) -> list[Node]:
    """The tree of a living cluster, from what is kept of its members and their pairs."""
    cards = stored_cards(await redis.hgetall(keys.key("cluster", short_id(cluster))))
    pairs = await _pairs(redis, keys, list(cards))
    current = [
        pair.decision
        for pair in pairs
        if pair.is_current({name: card.version for name, card in cards.items()})
    ]
    return copy_tree(cards.values(), current)


async def _pairs(redis: Redis, keys: Keys, stories: Sequence[str]) -> list[KeptPair]:
    async with redis.pipeline(transaction=False) as pipe:
        for story in stories:
            pipe.hgetall(keys.key("pairs", short_id(story)))
        rows = await pipe.execute()
    found = (
        unpack(story, urn_of(other.decode()), packed)
        for story, row in zip(stories, rows, strict=True)
        for other, packed in row.items()
    )
    return list({pair.key: pair for pair in found}.values())


def lines(nodes: Sequence[Node], latest: ClusterChanged | None) -> Iterator[str]:
    """One line a story, indented under what it was made from; first the origin, if an agency is credited that was never fetched."""
    if latest is not None and latest.origin.agency and not latest.origin.seen:
        yield f"{one_line(latest.origin.agency)} (credited, not fetched)"
    for node in nodes:
        mark = "  " * node.depth + ("└ " if node.depth else "")
        yield one_line_kept(f"{mark}{_story(node.card)}{_edge(node)}")


def one_line_kept(text: str) -> str:
    """The line made fit for a terminal, with its indentation."""
    indent = len(text) - len(text.lstrip(" "))
    return " " * indent + one_line(text)


def _story(card: Card) -> str:
    title = f" {card.title}" if card.title else ""
    return (
        f"{clock(instant(card.time_ms))} {card.outlet} [{card.language or '?'}]{title}  {short(card.story)}"
    )


def _edge(node: Node) -> str:
    edge = node.edge
    if edge is None:
        return ""
    sure = "same words" if edge.confidence_milli is None else f"{edge.confidence_milli / 1000:.2f}"
    if node.depth:
        by = f", by {' and '.join(edge.basis)}" if edge.basis else ""
        return f"  ({edge.relation}, {sure}{by})"
    return f"  ({edge.relation} with {short(edge.other)}, {sure})"


def as_json(cluster: str, nodes: Sequence[Node], latest: ClusterChanged | None) -> dict[str, Any]:
    """The tree as data: its stories in order, each with its depth and the link that put it there."""
    shown: dict[str, Any] = {"cluster": cluster, "stories": [_node_json(node) for node in nodes]}
    if latest is not None:
        shown["origin"] = latest.origin.to_dict()
        shown["counts"] = latest.counts.to_dict()
    return shown


def _node_json(node: Node) -> dict[str, Any]:
    card = node.card
    shown = {
        "story": card.story,
        "version": card.version,
        "depth": node.depth,
        "outlet": card.outlet,
        "language": card.language,
        "time": format_instant(instant(card.time_ms)),
        "title": card.title,
        "url": card.url,
        "link": _edge_json(node.edge) if node.edge else None,
    }
    return {name: value for name, value in shown.items() if value not in (None, "")}


def _edge_json(edge: Edge) -> dict[str, Any]:
    shown = {
        "story": edge.other,
        "relation": edge.relation,
        "direction": edge.direction,
        "directionBasis": list(edge.basis),
        "confidence": None if edge.confidence_milli is None else edge.confidence_milli / 1000,
    }
    return {name: value for name, value in shown.items() if value is not None}
