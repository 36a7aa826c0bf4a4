"""From pair decisions to the event `story.compared`. Pure: which links are said, in which order, and which only counted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from copytaster.deduplicator.decide import SILENT, PairDecision
from copytaster.deduplicator.record import StoryRecord
from copytaster_schemas import Evidence, Link, StoryCompared, StoryVersion

MAX_LINKS: Final = 16
"""A story lists its strongest links (design 3), so that an event stays below 64 KiB."""


def compared(
    record: StoryRecord,
    decisions: Sequence[PairDecision],
    versions: Mapping[str, int],
    times: Mapping[str, int],
    *,
    revision: int,
    policy: str,
) -> StoryCompared:
    """What is said of `record`: its links, merging ones first, then by confidence.

    `decisions` have the record as `a`; `versions` and `times` (ms) have every other story. Of its exact copies the earliest is
    linked and the next ones in time: a thousand reprints need some thousand links, not half a million.
    """
    said = sorted(
        (
            decision
            for decision in _but_few_copies(record, decisions, times)
            if decision.relation not in SILENT
        ),
        key=lambda decision: (not decision.merges, -decision.confidence_micro, decision.b),
    )
    return StoryCompared(
        story=StoryVersion(uri=record.id, version=record.version),
        revision=revision,
        links=[
            link_of(decision, {**versions, record.id: record.version}, policy)
            for decision in said[:MAX_LINKS]
        ],
        links_truncated=True if len(said) > MAX_LINKS else None,
        candidates=len(decisions),
        abstained=sum(decision.relation == "abstain" for decision in decisions),
        unrelated=sum(decision.relation == "unrelated" for decision in decisions),
        policy=policy,
    )


def _but_few_copies(
    record: StoryRecord, decisions: Sequence[PairDecision], times: Mapping[str, int]
) -> Iterator[PairDecision]:
    """The decisions; of those about exact copies the earliest copy's and those of the next ones before and after the record.

    The neighbours hold the copies together in whatever order they are compared: of any two that follow one another in
    time the one that is compared last sees the other. The earliest alone would not: it may be the last to be compared,
    and would then name one of those that have found nobody.
    """
    mine = (record.time_ms, record.id)
    copies = sorted(
        (times[decision.b], decision.b) for decision in decisions if decision.relation == "exact_copy"
    )
    before = [copy for copy in copies if copy < mine]
    after = [copy for copy in copies if copy > mine]
    kept = {story for _, story in (*copies[:1], *before[-1:], *after[:1])}
    for decision in decisions:
        if decision.relation != "exact_copy" or decision.b in kept:
            yield decision


def link_of(decided: PairDecision, versions: Mapping[str, int], policy: str) -> Link:
    """One link as it is published, read so that "a is <relation> b" holds: the story that was made from the other is a."""
    decision = decided.oriented()
    a = StoryVersion(uri=decision.a, version=versions[decision.a])
    b = StoryVersion(uri=decision.b, version=versions[decision.b])
    return Link(
        id=link_id(a, b, policy),
        a=a,
        b=b,
        relation=decision.relation,
        merges=decision.merges,
        confidence=decision.confidence_milli / 1000,
        direction=decision.direction,
        direction_basis=list(decision.direction_basis),
        evidence=Evidence.model_validate(decision.evidence),
        policy=policy,
    )


def link_id(a: StoryVersion, b: StoryVersion, policy: str) -> str:
    """The same for a pair of versions and a policy, whichever side is asked."""
    sides = sorted(f"{side.uri}@{side.version}" for side in (a, b))
    return hashlib.sha256("\n".join((*sides, policy)).encode()).hexdigest()[:32]
