"""How well clusters fit the truth of the demo newsroom: which copies are held, and what was merged that must not be. Pure.

For the demo's closing summary and for the tests of the whole way from feeds to clusters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from copytaster.newsroom.model import Catalogue

COPIES: Final = ("verbatim", "edited", "excerpt")
"""Kinds that must be found: their wording is their source's."""

DERIVED: Final = (*COPIES, "rewrite", "translation")


@dataclass(frozen=True, slots=True)
class Count:
    """How many texts of a kind stand in the cluster of their source, of how many there are."""

    joined: int
    total: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is right and wrong with a set of clusters; everything by article id."""

    by_kind: Mapping[str, Count]
    apart: tuple[tuple[str, str], ...]
    """(copy, source) pairs of the kinds COPIES that stand in different clusters."""
    mixed: tuple[tuple[str, ...], ...]
    """Clusters that hold more than one news point: each a merged look-alike."""
    absent: tuple[str, ...]
    """Articles that are in no cluster."""

    @property
    def holds(self) -> bool:
        """Every copy is with its source and no cluster mixes news points; rewrites and translations may be apart."""
        return not (self.apart or self.mixed or self.absent)


def judge(catalogue: Catalogue, clusters: Sequence[Collection[str]]) -> Verdict:
    """The verdict on `clusters`, each a collection of article ids; ids that the catalogue lacks are ignored."""
    place = {
        one: number for number, cluster in enumerate(clusters) for one in cluster if one in catalogue.articles
    }
    derived = [article for article in catalogue.articles.values() if article.derived_from]
    together = {
        one.id: one.id in place and place[one.id] == place.get(one.derived_from or "") for one in derived
    }
    return Verdict(
        by_kind={
            kind: Count(
                joined=sum(together[one.id] for one in derived if one.kind == kind),
                total=sum(one.kind == kind for one in derived),
            )
            for kind in DERIVED
        },
        apart=tuple(
            (one.id, one.derived_from or "")
            for one in derived
            if one.kind in COPIES and not together[one.id] and {one.id, one.derived_from} <= place.keys()
        ),
        mixed=tuple(tuple(sorted(cluster)) for cluster in clusters if len(_points(catalogue, cluster)) > 1),
        absent=tuple(sorted(catalogue.articles.keys() - place.keys())),
    )


def _points(catalogue: Catalogue, cluster: Collection[str]) -> set[str]:
    return {catalogue.articles[one].point for one in cluster if one in catalogue.articles}
