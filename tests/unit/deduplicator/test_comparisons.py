"""What is said of a story: of many exact copies few are linked, and yet all hang together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import permutations, product
from typing import Final

import pytest

from copytaster.deduplicator.comparisons import compared
from copytaster.deduplicator.decide import PairDecision, compare
from copytaster.deduplicator.partition import components
from copytaster.deduplicator.policy import load
from tests.unit.deduplicator.stories import STRIKE_CALLED, read, record

STORIES: Final = {
    name: record(name, STRIKE_CALLED, published=f"2026-03-01T1{hour}:00:00+00:00")
    for hour, name in enumerate(("first", "second", "third", "fourth"))
}
TIMES: Final = {name: story.time_ms for name, story in STORIES.items()}
DECISIONS: Final = {
    (a, b): compare(read(STORIES[a]), read(STORIES[b]), load())
    for a, b in product(STORIES, repeat=2)
    if a != b
}


def linked(name: str, others: Collection[str]) -> set[str]:
    """Whom the comparison of `name` with the others names."""
    decisions: Sequence[PairDecision] = [DECISIONS[name, other] for other in others if other != name]
    said = compared(STORIES[name], decisions, dict.fromkeys(STORIES, 1), TIMES, revision=1, policy="test")
    return {uri for link in said.links for uri in (link.a.uri, link.b.uri)} - {name}


@pytest.mark.parametrize("early", range(len(STORIES) + 1))
def test_copies_hang_together_in_whatever_order_they_are_compared(early: int) -> None:
    """The first `early` see those compared before them; then all are in the index, and the rest see all."""
    for order in permutations(STORIES):
        seen = [order[: place + 1] if place < early else order for place in range(len(order))]
        links = [
            (name, other) for name, others in zip(order, seen, strict=True) for other in linked(name, others)
        ]

        assert len(components(STORIES, links)) == 1, (order, links)


def test_a_copy_names_the_earliest_and_its_neighbours_in_time_alone() -> None:
    """So that a thousand reprints need some thousand links."""
    assert linked("first", STORIES) == {"second"}
    assert linked("third", STORIES) == {"first", "second", "fourth"}
    assert linked("fourth", STORIES) == {"first", "third"}
