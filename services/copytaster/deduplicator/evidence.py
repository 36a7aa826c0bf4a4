"""The evidence that two stories report one news point, measured from their features in thousandths.

Every measure is symmetric or comes as the smaller and the larger of both directions, so the order of the two stories cannot
change a decision. Headline, standfirst and lede (the opening) are measured apart from the background, because stories of one
cast repeat the background word for word. The module measures; `decide` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from copytaster.deduplicator.alignment import Match, best_matches, covered_milli, share_of
from copytaster.deduplicator.correspondence import correspond
from copytaster.deduplicator.direction import credited_agencies, own_agency
from copytaster.deduplicator.features import Features, total_weight

MUCH_WEIGHT: Final = 1_500
"""Shared rarity, in eighths of a bit, that counts as full evidence: some 25 rare names and numbers."""

ENOUGH_WEIGHT: Final = 4_000
"""The weight of a news item of two or three sentences; with less on one side hardly anything can be said."""

HEADLINE_WEIGHT: Final = 32
"""A name or number of less than one in 16 training topics (4 bits) says what a headline is about."""

UNKNOWN_HOURS: Final = 24
"""What counts as the distance in time where a time of publication is missing: it speaks neither way."""

MOST_HOURS: Final = 14 * 24
"""The window of comparison (design 5)."""

FAR_APART_MS: Final = 5 * 24 * 3_600_000
"""Copies of a news text mostly appear within five days; what lies beyond counts as this far."""

RARE_WEIGHT: Final = 40
"""A term used in less than one of 32 training topics (5 bits)."""


@dataclass(frozen=True, slots=True)
class PairEvidence:
    """What two stories share; `scores` holds the measures by name, the matches lie with them for the spans.

    `has_vectors` says whether the measures of `correspondence` are among the scores.
    """

    scores: Mapping[str, int]
    a_matches: tuple[Match, ...]
    b_matches: tuple[Match, ...]
    cross_language: bool
    has_vectors: bool


def measure(a: Features, b: Features) -> PairEvidence:
    """All measures of a pair: thousandths, but for hours and counts."""
    cross = a.record.language != b.record.language
    a_matches = best_matches(a, b, cross=cross)
    b_matches = best_matches(b, a, cross=cross)
    scores = _passage_scores(a, b)
    scores |= _both(
        "aligned", share_of(range(len(a_matches)), a_matches), share_of(range(len(b_matches)), b_matches)
    )
    scores |= _both("opening", share_of(a.opening, a_matches), share_of(b.opening, b_matches))
    scores |= _both("headline", share_of(a.opening[:1], a_matches), share_of(b.opening[:1], b_matches))
    scores |= _strong(a_matches, b_matches)
    scores |= _opening_to_opening(a, b, cross)
    scores |= _opening_names(a, b)
    scores |= _opening_numbers(a, b)
    scores |= _when(a, b)
    scores |= _overlap("names", a.names, b.names, a, b)
    scores |= _overlap("numbers", a.numbers, b.numbers, a, b)
    scores |= _whole(a, b, cross)
    scores["length"] = _length(a, b)
    scores["copy"] = 0 if cross else _copy(scores)
    # A copy may be printed days later; for everything else distance in time speaks against one news point.
    scores["apart"] = scores["apart"] * (1000 - scores["copy"]) // 1000
    scores["content"] = min(1000, 1000 * min(_content(a), _content(b)) // ENOUGH_WEIGHT)
    scores["cross"] = 1000 if cross else 0
    scores["hours"] = _hours(a, b)
    scores |= _agencies(a, b)
    scores |= _untold_headline(a, b)
    scores["one_outlet"] = 1000 if a.record.outlet and a.record.outlet == b.record.outlet else 0
    scores |= _states(a, b)
    told = correspond(a, b, cross=cross)
    scores |= _surplus(scores, told)
    return PairEvidence(scores | told, tuple(a_matches), tuple(b_matches), cross, bool(told))


def _hours(a: Features, b: Features) -> int:
    """Hours between the two publications."""
    if a.record.published_ms is None or b.record.published_ms is None:
        return UNKNOWN_HOURS
    return min(MOST_HOURS, abs(a.record.published_ms - b.record.published_ms) // 3_600_000)


def _states(a: Features, b: Features) -> dict[str, int]:
    """Whether the openings say the same of the course of things (ahead, begun, over, agreed, refused), or each something else."""
    ours, theirs = _named(a, "states"), _named(b, "states")
    both = bool(ours and theirs)
    shared = bool(ours & theirs)
    return {"states_agree": 1000 * shared, "states_differ": 1000 * (both and not shared)}


def _surplus(scores: Mapping[str, int], told: Mapping[str, int]) -> dict[str, int]:
    """By how much the whole corresponds better than the openings do: the mark of stories that share their background."""
    surplus = {
        "background_words": max(0, scores["aligned_max"] - scores["opening_min"]),
        "background_passages": max(0, scores["passage_max"] - scores["news_max"]),
    }
    if told:
        surplus["background_meaning"] = max(0, told["meaning_best_max"] - told["meaning_opening_min"])
        surplus["background_told"] = max(0, told["told_best_max"] - told["told_opening_min"])
    return surplus


def _untold_headline(a: Features, b: Features) -> dict[str, int]:
    """The names and numbers of one headline that the other story has nowhere, both ways: their weight and its share."""

    def untold(story: Features, other: Features) -> tuple[int, int]:
        forms = story.sentences[story.opening[0]].forms if story.opening else frozenset[int]()
        told = [
            key
            for key in forms
            if (key in story.names or key in story.numbers) and story.weights[key] >= HEADLINE_WEIGHT
        ]
        missing = total_weight((key for key in told if key not in other.weights), story.weights)
        return missing, _share(missing, total_weight(told, story.weights))

    (one, one_share), (other, other_share) = untold(a, b), untold(b, a)
    return _both("untold_weight", one, other) | _both("untold", one_share, other_share)


def _agencies(a: Features, b: Features) -> dict[str, int]:
    """Whether both texts come from one agency, or each from another."""
    ours, theirs = (
        credited_agencies(story) | ({own_agency(story.record.outlet)} - {None}) for story in (a, b)
    )
    both = bool(ours and theirs)
    shared = bool(ours & theirs)
    return {"agency_shared": 1000 * shared, "agency_differs": 1000 * (both and not shared)}


def _both(name: str, one: int, other: int) -> dict[str, int]:
    return {f"{name}_min": min(one, other), f"{name}_max": max(one, other)}


def _passage_scores(a: Features, b: Features) -> dict[str, int]:
    if a.shingle_keys.isdisjoint(b.shingle_keys):
        return {"passage_min": 0, "passage_max": 0}
    return _both("passage", covered_milli(a, b), covered_milli(b, a))


def _strong(a_matches: list[Match], b_matches: list[Match]) -> dict[str, int]:
    def share(matches: list[Match], limit: int) -> int:
        total = sum(match.weight for match in matches)
        return (
            1000 * sum(match.weight for match in matches if match.share_milli >= limit) // total
            if total
            else 0
        )

    return _both("half", share(a_matches, 500), share(b_matches, 500)) | _both(
        "most", share(a_matches, 750), share(b_matches, 750)
    )


def _opening_to_opening(a: Features, b: Features, cross: bool) -> dict[str, int]:
    ours, theirs = (
        frozenset[int]().union(
            *((story.sentences[at].forms if cross else story.sentences[at].stems) for at in story.opening)
        )
        for story in (a, b)
    )
    shared = total_weight(ours & theirs, a.weights)
    one, other = total_weight(ours, a.weights), total_weight(theirs, b.weights)
    return _both("news", _share(shared, one), _share(shared, other))


def _opening_names(a: Features, b: Features) -> dict[str, int]:
    """The share of the rare names and numbers of one opening that the other story has anywhere, both ways."""

    def share(story: Features, other: Features) -> int:
        keys = frozenset[int]().union(*(story.sentences[at].forms for at in story.opening))
        rare = [
            key
            for key in keys
            if (key in story.names or key in story.numbers) and story.weights[key] >= RARE_WEIGHT
        ]
        total = total_weight(rare, story.weights)
        return _share(total_weight((key for key in rare if key in other.weights), story.weights), total)

    return _both("cast", share(a, b), share(b, a))


def _opening_numbers(a: Features, b: Features) -> dict[str, int]:
    """The share of the rare numbers of one opening that the other story has nowhere, both ways; 0 where there are none."""

    def missing(story: Features, other: Features) -> int:
        keys = frozenset[int]().union(*(story.sentences[at].forms for at in story.opening))
        rare = [key for key in keys if key in story.numbers and story.weights[key] >= RARE_WEIGHT]
        total = total_weight(rare, story.weights)
        return _share(total_weight((key for key in rare if key not in other.weights), story.weights), total)

    return _both("unsaid", missing(a, b), missing(b, a))


def _when(a: Features, b: Features) -> dict[str, int]:
    """Contradictions of time: other days and weekdays named in the openings, and how far apart the stories appeared."""
    scores = {}
    for name, ours, theirs in (
        ("days", _named(a, "days"), _named(b, "days")),
        ("weekdays", _named(a, "weekdays"), _named(b, "weekdays")),
    ):
        scores[f"{name}_agree"] = 1000 if ours & theirs else 0
        scores[f"{name}_differ"] = 1000 if ours and theirs and not ours & theirs else 0
    if a.record.published_ms is None or b.record.published_ms is None:
        return scores | {"apart": 0}
    apart_ms = abs(a.record.published_ms - b.record.published_ms)
    return scores | {"apart": min(1000, 1000 * apart_ms // FAR_APART_MS)}


def _named(story: Features, kind: str) -> frozenset[object]:
    return frozenset[object]().union(*(getattr(story.sentences[at], kind) for at in story.opening))


def _content(story: Features) -> int:
    return sum(total_weight(sentence.stems, story.weights) for sentence in story.sentences)


def _overlap(
    name: str, ours: Mapping[int, str], theirs: Mapping[int, str], a: Features, b: Features
) -> dict[str, int]:
    shared = total_weight(ours.keys() & theirs.keys(), a.weights)
    one, other = total_weight(ours, a.weights), total_weight(theirs, b.weights)
    return _both(name, _share(shared, one), _share(shared, other)) | {
        f"{name}_much": min(1000, 1000 * shared // MUCH_WEIGHT)
    }


def _whole(a: Features, b: Features, cross: bool) -> dict[str, int]:
    ours, theirs = (
        frozenset[int]().union(
            *((sentence.forms if cross else sentence.stems) for sentence in story.sentences)
        )
        for story in (a, b)
    )
    shared = total_weight(ours & theirs, a.weights)
    return _both(
        "whole",
        _share(shared, total_weight(ours, a.weights)),
        _share(shared, total_weight(theirs, b.weights)),
    )


def _copy(scores: Mapping[str, int]) -> int:
    """How surely one text was made from the other: the weakest of three ramps over what siblings never reach.

    On the open wire set the openings of reprints and edits have at least 0.37 (smaller) and 0.61 (larger direction) of their
    terms in the other text, those of sibling stories at most 0.52 and 0.66; the aligned share is 0.65 against 0.73. No sibling
    comes near in all three: the highest has 0.46 of the ramps.
    A text that is nearly whole in the other, word for word, may have a looser opening (siblings share at most 0.68).
    """
    opening = _ramp(scores["opening_min"], 250, 450)
    aligned = min(opening, _ramp(scores["opening_max"], 550, 750), _ramp(scores["aligned_max"], 500, 700))
    verbatim = min(opening, _ramp(scores["opening_max"], 450, 650), _ramp(scores["passage_max"], 600, 750))
    return max(aligned, verbatim)


def _ramp(value: int, low: int, high: int) -> int:
    return max(0, min(1000, 1000 * (value - low) // (high - low)))


def _length(a: Features, b: Features) -> int:
    short, long = sorted((a.content_words, b.content_words))
    return _share(short, long)


def _share(part: int, whole: int) -> int:
    return 1000 * part // whole if whole else 0
