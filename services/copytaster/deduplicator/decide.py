"""The decision about a pair: which relation, how sure, in which direction, on what evidence.

`compare` is a pure function of two records' features and the policy, and it is symmetric: `compare(b, a)` says the same with the
sides swapped. Merging needs more than a high score. Within a language one text must be made from the other (the copy rule);
across languages the openings must tell the same names and numbers. Everything else is at most related.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from copytaster.deduplicator.direction import LEAST_LEAD_MS, direction_of, names_as_source, shared_agencies
from copytaster.deduplicator.evidence import PairEvidence, measure
from copytaster.deduplicator.features import Features
from copytaster.deduplicator.forest import Forest
from copytaster.deduplicator.policy import Policy
from copytaster.deduplicator.showing import evidence_of, mirrored

MERGING: Final = frozenset(
    {"exact_copy", "near_copy", "excerpt_of", "rewrite_of", "translation_of", "common_source", "same_news"}
)
"""Relations that put two stories into one cluster (design 5)."""

COPIES: Final = frozenset(
    {"exact_copy", "near_copy", "excerpt_of", "rewrite_of", "translation_of", "common_source"}
)
"""Relations within one family: both texts go back to one text."""

SILENT: Final = frozenset({"unrelated", "abstain"})
"""Decisions that are counted and not emitted."""


@dataclass(frozen=True, slots=True)
class PairDecision:
    """What is said of a pair: a is <relation> b."""

    a: str
    b: str
    relation: str
    confidence_micro: int
    direction: str
    direction_basis: tuple[str, ...]
    scores: Mapping[str, int]
    vetoes: tuple[str, ...]
    evidence: Mapping[str, Any]

    @property
    def merges(self) -> bool:
        """Whether the two belong into one cluster, as far as this pair alone says."""
        return self.relation in MERGING

    @property
    def confidence_milli(self) -> int:
        """The confidence that both report the same news point, in thousandths."""
        return self.confidence_micro // 1000

    @property
    def confidence(self) -> float:
        """The same between 0 and 1, for showing; no decision is taken on it."""
        return self.confidence_micro / 1_000_000

    def mirrored(self) -> PairDecision:
        """The same decision read from b to a."""
        sides = {"a_from_b": "b_from_a", "b_from_a": "a_from_b"}
        return PairDecision(
            self.b,
            self.a,
            self.relation,
            self.confidence_micro,
            sides.get(self.direction, "none"),
            self.direction_basis,
            self.scores,
            self.vetoes,
            mirrored(self.evidence),
        )

    def oriented(self) -> PairDecision:
        """The decision read from the story that was made from the other, so that "a is <relation> b" can be said."""
        return self.mirrored() if self.direction == "b_from_a" else self


def compare(a: Features, b: Features, policy: Policy) -> PairDecision:
    """The decision about two stories.

    `excerpt_of`, `compiled_from` and the like are directed: where the evidence says that b was made from a, the decision keeps
    the order of the arguments and `direction` says `b_from_a`.
    """
    if (b.record.id, b.record.version) < (a.record.id, a.record.version):
        return compare(b, a, policy).mirrored()
    return judged(a, b, measure(a, b), policy)


def judged(a: Features, b: Features, evidence: PairEvidence, policy: Policy) -> PairDecision:
    """The decision on evidence that was measured already; `a` is the one whose id comes first."""
    forest = _forest(evidence, policy)
    vetoes = _vetoes(a, b, evidence, policy)
    learned = forest.confidence_micro(forest.raw(evidence.scores), cross=evidence.cross_language)
    confidence = _confidence(learned, vetoes, policy.thresholds)
    relation = _relation(a, b, evidence, confidence, vetoes, policy)
    direction = direction_of(a, b, relation)
    shown: Mapping[str, Any] = {}
    if relation not in SILENT:
        shown = evidence_of(a, b, evidence, vetoes, contributions(evidence, policy))
    return PairDecision(
        a.record.id,
        b.record.id,
        relation,
        confidence,
        direction.side,
        direction.basis,
        evidence.scores,
        vetoes,
        shown,
    )


def contributions(evidence: PairEvidence, policy: Policy) -> dict[str, int]:
    """What each measure moved the score by, in micro log odds."""
    return _forest(evidence, policy).contributions(evidence.scores)


def _forest(evidence: PairEvidence, policy: Policy) -> Forest:
    """The forest for pairs with sentence vectors on both sides, or the one that knows words alone."""
    return policy.sentences if evidence.has_vectors else policy.words


def _vetoes(a: Features, b: Features, evidence: PairEvidence, policy: Policy) -> tuple[str, ...]:
    """Plain reasons why a pair may not merge, whatever its score."""
    limits, scores = policy.thresholds, evidence.scores
    found = []
    if scores["content"] < limits["content"]:
        found.append("no_content")
    # What is left of two walls is alike, their headlines are not.
    if scores["content"] < limits["thin_content"] and scores["headline_min"] < limits["thin_headline"]:
        found.append("thin")
    # The forecast of the 8th and that of the 16th are one form letter, and two news points.
    if (
        scores["days_differ"]
        and scores["weekdays_differ"]
        and scores["passage_min"] < limits["exact_passage"]
    ):
        found.append("other_day")
    # A strike called and the same strike over are two news points, and each has figures of its own.
    if (
        scores["states_differ"]
        and scores["unsaid_max"] >= limits["state_unsaid"]
        and scores["copy"] < limits["copy"]
    ):
        found.append("other_state")
    if _is_repeated_alert(a, b, scores, limits):
        found.append("repeated_alert")
    if not a.known_language or not b.known_language:
        found.append("unknown_language")
    return tuple(found)


def _confidence(scored: int, vetoes: tuple[str, ...], limits: Mapping[str, int]) -> int:
    """The calibrated confidence, lowered where a plain reason speaks against the pair."""
    if "no_content" in vetoes:
        return 0
    return (
        min(scored, limits["vetoed_confidence"])
        if {"thin", "other_day", "other_state", "repeated_alert"} & {*vetoes}
        else scored
    )


def _relation(
    a: Features, b: Features, evidence: PairEvidence, confidence: int, vetoes: tuple[str, ...], policy: Policy
) -> str:
    if "no_content" in vetoes or "thin" in vetoes:
        return "abstain"
    merging = _merging_relation(a, b, evidence, confidence, vetoes, policy.thresholds)
    if merging:
        return merging
    limits, scores = policy.thresholds, evidence.scores
    if (
        scores["passage_max"] >= limits["compiled_passage"]
        and scores["passage_min"] < limits["compiled_rest"]
    ):
        return "compiled_from"
    told_elsewhere = scores["copy"] == 0 and scores["passage_max"] >= limits["related_passage"]
    if confidence >= limits["abstain_confidence"] and not told_elsewhere:
        return "abstain"
    if confidence >= limits["related_confidence"] or told_elsewhere:
        return "related"
    return "unrelated"


def _merging_relation(
    a: Features,
    b: Features,
    evidence: PairEvidence,
    confidence: int,
    vetoes: tuple[str, ...],
    limits: Mapping[str, int],
) -> str | None:
    """The relation of a pair that belongs together, or None.

    A copy needs less confidence, since nothing but a copy has that much of another text; a plain reason against the pair
    excludes all but copies, and another day those too.
    """
    scores = evidence.scores
    if "other_day" in vetoes:
        return None
    is_copy = scores["copy"] >= limits["copy"]
    if is_copy and confidence >= limits["copy_confidence"]:
        return _kind_of_copy(a, b, scores, limits)
    if (
        not evidence.cross_language
        and _is_late_part(a, b, scores, limits)
        and confidence >= limits["part_confidence"]
    ):
        return "excerpt_of"
    if vetoes or confidence < limits["merge_confidence"]:
        return None
    return _kind_of_retelling(evidence, limits)


def _kind_of_retelling(evidence: PairEvidence, limits: Mapping[str, int]) -> str:
    """Whether one text retells the other sentence by sentence, in order, or both report the same on their own."""
    scores = evidence.scores
    if evidence.has_vectors:
        follows = (
            scores["told_best_max"] >= limits["retold"] and scores["order_most"] >= limits["retold_order"]
        )
    else:
        follows = scores["aligned_max"] >= limits["retold_words"]
    if not follows:
        return "same_news"
    return "translation_of" if evidence.cross_language else "rewrite_of"


def _is_repeated_alert(
    a: Features, b: Features, scores: Mapping[str, int], limits: Mapping[str, int]
) -> bool:
    """Whether the shorter text came first and lies word for word in the longer one, which opens with something else.

    Then the longer one repeats it as background: a follow-up or a round-up.
    """
    if scores["copy"] >= limits["copy"] or scores["passage_max"] < limits["part_passage"]:
        return False
    short, long = (a, b) if a.content_words < b.content_words else (b, a)
    ours, theirs = short.record.published_ms, long.record.published_ms
    return (
        scores["length"] <= limits["excerpt_length"]
        and ours is not None
        and theirs is not None
        and theirs - ours >= LEAST_LEAD_MS
    )


def _is_late_part(a: Features, b: Features, scores: Mapping[str, int], limits: Mapping[str, int]) -> bool:
    """Whether the shorter text lies whole, word for word, in a longer one that was published before it.

    That is an excerpt from the middle. Were the longer text the later one, it could be a follow-up or a round-up that repeats a
    short alert as background, so nothing is said then.
    """
    if scores["passage_max"] < limits["part_passage"] or scores["length"] > limits["excerpt_length"]:
        return False
    short, long = (a, b) if a.content_words < b.content_words else (b, a)
    ours, theirs = short.record.published_ms, long.record.published_ms
    if ours is None or theirs is None:
        return False
    return short.content_words >= limits["part_words"] and ours - theirs >= LEAST_LEAD_MS


def _kind_of_copy(a: Features, b: Features, scores: Mapping[str, int], limits: Mapping[str, int]) -> str:
    if scores["passage_min"] >= limits["exact_passage"] and scores["headline_min"] >= limits["exact_passage"]:
        return "exact_copy"
    if scores["length"] <= limits["excerpt_length"] and scores["aligned_max"] >= limits["excerpt_aligned"]:
        return "excerpt_of"
    if shared_agencies(a, b) and not (names_as_source(a, b) or names_as_source(b, a)):
        return "common_source"
    return "near_copy" if scores["passage_max"] >= limits["near_passage"] else "rewrite_of"
