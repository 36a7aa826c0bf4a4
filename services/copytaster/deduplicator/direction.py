"""Which of two derived texts was made from the other, and by what one can tell.

A source link beats everything, then a credit to the agency that published the other text, then containment (an excerpt was made
from what contains it), then the time of publication. Where nothing tells, the link stays undirected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from copytaster.deduplicator.features import Features
from copytaster.text.agencies import agency_of_domain
from copytaster.text.urls import BadUrl, url_key

CREDITING_ROLES: Final = frozenset({"originator", "translator_of", "distributor"})
"""Roles that make an agency a source of the text; a quoted agency or a photo credit does not (design 8)."""

DIRECTED: Final = frozenset(
    {"exact_copy", "near_copy", "excerpt_of", "rewrite_of", "translation_of", "compiled_from"}
)
"""Relations in which one of the two texts was made from the other."""

_OTHER_WAY: Final = {"a_from_b": "b_from_a", "b_from_a": "a_from_b", "none": "none"}

LEAST_LEAD_MS: Final = 60_000
"""A minute: feeds state times to the minute, so anything less says nothing about who was first."""


@dataclass(frozen=True, slots=True)
class Direction:
    """`a_from_b`, `b_from_a` or `none`, with what speaks for it."""

    side: str
    basis: tuple[str, ...]


def direction_of(a: Features, b: Features, relation: str) -> Direction:
    """The direction of a derivation; all evidence that agrees with the strongest piece is named.

    A round-up was made from what it uses, so there the longer text derives from the shorter one.
    """
    if relation not in DIRECTED:
        return Direction("none", ())
    if relation == "compiled_from":
        return Direction(_OTHER_WAY[_by_length(a, b)], ("containment",))
    told = {
        "source_link": _by_link(a, b),
        "credit": _by_credit(a, b),
        "containment": _by_length(a, b) if relation == "excerpt_of" else "none",
        "time": _by_time(a, b),
    }
    side = next((found for found in told.values() if found != "none"), "none")
    return Direction(side, tuple(name for name, found in told.items() if found == side != "none"))


def shared_agencies(a: Features, b: Features) -> frozenset[str]:
    """The agencies that both texts credit as their origin, when neither is the agency's own publication."""
    both = credited_agencies(a) & credited_agencies(b)
    return both - {own_agency(a.record.outlet), own_agency(b.record.outlet)} if both else both


def credited_agencies(story: Features) -> frozenset[str]:
    """The agencies that a story names as the origin of its text."""
    return frozenset(
        credit.agency for credit in story.record.credits if credit.agency and credit.role in CREDITING_ROLES
    )


@lru_cache(maxsize=1 << 12)
def own_agency(outlet: str) -> str | None:
    """The agency whose own site the outlet is, or None."""
    return agency_of_domain(outlet) if outlet else None


def names_as_source(story: Features, other: Features) -> bool:
    """Whether the story gives the other's address as its source."""
    wanted = _key(other.record.url)
    return bool(wanted) and any(_key(url) == wanted for url in story.record.source_urls)


def _by_link(a: Features, b: Features) -> str:
    a_names_b = names_as_source(a, b)
    b_names_a = names_as_source(b, a)
    if a_names_b == b_names_a:
        return "none"
    return "a_from_b" if a_names_b else "b_from_a"


@lru_cache(maxsize=1 << 12)
def _key(url: str) -> str:
    try:
        return url_key(url) if url else ""
    except BadUrl:
        return ""


def _by_credit(a: Features, b: Features) -> str:
    a_credits_b = own_agency(b.record.outlet) in credited_agencies(a)
    b_credits_a = own_agency(a.record.outlet) in credited_agencies(b)
    if a_credits_b == b_credits_a:
        return "none"
    return "a_from_b" if a_credits_b else "b_from_a"


def _by_length(a: Features, b: Features) -> str:
    if a.content_words == b.content_words:
        return "none"
    return "a_from_b" if a.content_words < b.content_words else "b_from_a"


def _by_time(a: Features, b: Features) -> str:
    ours, theirs = a.record.published_ms, b.record.published_ms
    if ours is None or theirs is None or abs(ours - theirs) < LEAST_LEAD_MS:
        return "none"
    return "a_from_b" if ours > theirs else "b_from_a"
