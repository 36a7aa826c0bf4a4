"""The roles of a text's credits, settled over the whole text: one originator is enough, and a photo credit never is one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from copytaster.text.agencies import agencies
from copytaster.text.credits.model import (
    CITED_URL,
    DISTRIBUTOR,
    ORIGINATOR,
    PHOTO,
    QUOTED,
    TRANSLATOR_OF,
    Credit,
)

EARLY_SHARE: Final = 0.7
"""An agency that reports in the first part of a text with no other credit is its source; measured on the labelled
texts, where later attributions mostly belong to one statement."""

MAX_LIST_CHARS: Final = 40
"""Between the first and the last agency of one enumeration."""

LONG_TEXT_CHARS: Final = 400
"""In a flash of a few lines every line is near the end."""

_REPORTING: Final = frozenset({"attributed", "reports", "parenthesis"})
"""What an agency was told, or that it is named, belongs to one statement of a text."""


def settle_roles(found: list[Credit], text_chars: int) -> list[Credit]:
    """At most one credit for an agency in a role, in the order of `found` (texts first, each in its own order).

    Without a dateline, credit line or source label, the first agency that the text says it follows becomes the
    originator, with lower confidence. An originator's own inline mentions are left out.
    """
    ordered = [_picture_source(_released(credit), text_chars) for credit in found]
    ordered = _without_cited(ordered)
    if not any(c.role in {ORIGINATOR, TRANSLATOR_OF} for c in ordered):
        ordered = _promoted(ordered, text_chars)
    origins = {c.agency for c in ordered if c.role == ORIGINATOR}
    best: dict[tuple[str | None, str, str], Credit] = {}
    for credit in ordered:
        if credit.role == QUOTED and credit.agency in origins:
            continue
        key = _key(credit)
        if key not in best or credit.confidence > best[key].confidence:
            best[key] = credit
    return [credit for credit in ordered if best.get(_key(credit)) is credit]


def _without_cited(ordered: list[Credit]) -> list[Credit]:
    """`(laut TASS, Reuters)` below a text that gives one statement to Reuters by name: the rest is TASS's."""
    quoted = {c.agency for c in ordered if c.role == QUOTED}
    lines = {c.agency for c in ordered if c.role == ORIGINATOR}
    if not lines - quoted:
        return ordered
    return [
        c
        for c in ordered
        if not (
            c.role == ORIGINATOR
            and c.rule == "credit_line"
            and c.agency in quoted
            and _listed_later(c, ordered)
        )
    ]


def _listed_later(credit: Credit, ordered: list[Credit]) -> bool:
    """Whether a credit line names another agency first."""
    near = (
        c for c in ordered if c.rule == credit.rule and c.role == ORIGINATOR and c.agency != credit.agency
    )
    return any((c.begin or 0) < (credit.begin or 0) <= (c.end or 0) + MAX_LIST_CHARS for c in near)


def _released(credit: Credit) -> Credit:
    """A service for press releases passes on what others wrote: it is the distributor, however it is named."""
    service = credit.agency is not None and agencies()[credit.agency].kind == "press_release"
    if service and credit.role in {ORIGINATOR, QUOTED, PHOTO}:
        return replace(credit, role=DISTRIBUTOR, rule=f"released_{credit.rule}")
    return credit


def _picture_source(credit: Credit, text_chars: int) -> Credit:
    """A source label or `© dpa` in the first half of a text stands under a picture or chart: stories end with theirs."""
    early = credit.field == "text" and (credit.begin or 0) < text_chars / 2 and text_chars > LONG_TEXT_CHARS
    if credit.rule in {"source_label", "copyright_line"} and early:
        return replace(credit, role=PHOTO, rule="picture_source", confidence=0.6)
    return credit


def _key(credit: Credit) -> tuple[str | None, str, str]:
    return (credit.agency, credit.role, credit.quote if credit.role == CITED_URL else "")


def _promoted(ordered: list[Credit], text_chars: int) -> list[Credit]:
    first = next(
        (
            c
            for c in ordered
            if c.role == QUOTED and c.rule in _REPORTING and (c.begin or 0) <= EARLY_SHARE * text_chars
        ),
        None,
    )
    if first is None or first.role == PHOTO:
        return ordered
    promoted = replace(first, role=ORIGINATOR, rule=f"follows_{first.rule}", confidence=0.7)
    return [promoted if c is first else c for c in ordered]
