"""The evidence of a decision in the form that is published: spans, shared terms, credits, scores (design 3, link).

What is shown can be recomputed by anyone from the two named versions. Lists are cut so that an event stays small; a cut is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from copytaster.deduplicator.alignment import Match, passages
from copytaster.deduplicator.evidence import RARE_WEIGHT, PairEvidence
from copytaster.deduplicator.features import Features

MAX_SPANS: Final = 24
"""Spans shown of a link: 16 links of a story stay well below the 64 KiB of an event."""

MAX_TERMS: Final = 12
"""Names, numbers or dates shown of a kind, the rarest first."""

MAX_SCORES: Final = 16
"""Measures shown of a link: those that moved the decision most."""

MAX_CREDITS: Final = 4
"""Credits shown of each side."""

RULE_MEASURES: Final = ("copy", "passage_max", "passage_min", "content")
"""Shown always: the rules of `decide` ask for them."""

FUZZY_SHARE: Final = 500
"""A sentence counts as told again when half of its weighted terms are in its partner."""

_SIDES: Final = {"a_begin": "b_begin", "a_end": "b_end", "b_begin": "a_begin", "b_end": "a_end"}


def evidence_of(
    a: Features,
    b: Features,
    evidence: PairEvidence,
    vetoes: tuple[str, ...],
    contributions: Mapping[str, int],
) -> dict[str, Any]:
    """The measures that moved the score most and by how much (thousandths of log odds), aligned spans, shared and missing names, numbers and dates, the credits of both, and vetoes."""
    spans = _exact_spans(a, b)
    spans += _fuzzy_spans(a, b, evidence.a_matches, spans)
    spans.sort(key=_place)
    telling = sorted(contributions, key=lambda name: (-abs(contributions[name]), name))[:MAX_SCORES]
    named = dict.fromkeys((*RULE_MEASURES, *telling))
    shown: dict[str, Any] = {
        "scores": {name: evidence.scores[name] for name in named},
        "contributions": {name: contributions[name] // 1000 for name in telling},
        "spans": spans[:MAX_SPANS],
    }
    if len(spans) > MAX_SPANS:
        shown["spans_truncated"] = True
    for name, ours, theirs in (("numbers", a.numbers, b.numbers), ("names", a.names, b.names)):
        shown[name] = _terms(ours, theirs, a.weights | b.weights)
    shown["dates"] = _days(a, b)
    shown["credits"] = [
        credit.to_dict()
        for story in (a, b)
        for credit in story.record.credits[:MAX_CREDITS]
        if credit.role != "photo"
    ]
    shown["vetoes"] = list(vetoes)
    return {name: value for name, value in shown.items() if value}


def mirrored(shown: Mapping[str, Any]) -> dict[str, Any]:
    """The same evidence read from the other side."""
    swapped = dict(shown)
    if "spans" in shown:
        turned = [{_SIDES.get(name, name): value for name, value in span.items()} for span in shown["spans"]]
        swapped["spans"] = sorted(turned, key=_place)
    for name in ("numbers", "names", "dates"):
        if name in shown:
            swapped[name] = _turned(shown[name])
    return swapped


def _place(span: Mapping[str, Any]) -> tuple[int, int, int, int, str]:
    """The order of spans: their places in a, then in b."""
    return (span["a_begin"], span["b_begin"], span["a_end"], span["b_end"], span["kind"])


def _turned(terms: Mapping[str, Any]) -> dict[str, Any]:
    sides = {"only_a": "only_b", "only_b": "only_a"}
    return {sides.get(name, name): value for name, value in terms.items()}


def _exact_spans(a: Features, b: Features) -> list[dict[str, Any]]:
    return [
        {
            "a_begin": found.a_begin,
            "a_end": found.a_end,
            "b_begin": found.b_begin,
            "b_end": found.b_end,
            "kind": "exact",
        }
        for found in passages(a, b)
    ]


def _fuzzy_spans(
    a: Features, b: Features, matches: tuple[Match, ...], exact: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    found = []
    for sentence, match in zip(a.sentences, matches, strict=True):
        if match.share_milli < FUZZY_SHARE or sentence.field != "text":
            continue
        partner = b.sentences[match.partner]
        if partner.field != "text" or any(
            span["a_begin"] < sentence.end and sentence.begin < span["a_end"] for span in exact
        ):
            continue
        found.append(
            {
                "a_begin": sentence.begin,
                "a_end": sentence.end,
                "b_begin": partner.begin,
                "b_end": partner.end,
                "kind": "fuzzy",
            }
        )
    return found


def _terms(
    ours: Mapping[int, str], theirs: Mapping[int, str], weights: Mapping[int, int]
) -> dict[str, list[str]]:
    def rarest(keys: set[int], spelled: Mapping[int, str]) -> list[str]:
        rare = [key for key in keys if weights[key] >= RARE_WEIGHT]
        return [
            spelled[key] for key in sorted(rare, key=lambda key: (-weights[key], spelled[key]))[:MAX_TERMS]
        ]

    shown = {
        "shared": rarest(ours.keys() & theirs.keys(), ours),
        "only_a": rarest(ours.keys() - theirs.keys(), ours),
        "only_b": rarest(theirs.keys() - ours.keys(), theirs),
    }
    return {name: terms for name, terms in shown.items() if terms}


def _days(a: Features, b: Features) -> dict[str, list[str]]:
    ours, theirs = (
        frozenset[str]().union(*(sentence.days for sentence in story.sentences)) for story in (a, b)
    )
    shown = {
        "shared": sorted(ours & theirs)[:MAX_TERMS],
        "only_a": sorted(ours - theirs)[:MAX_TERMS],
        "only_b": sorted(theirs - ours)[:MAX_TERMS],
    }
    return {name: days for name, days in shown.items() if days}
