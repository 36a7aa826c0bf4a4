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

    `decisions` have the record as `a`; `versions` and `times` (ms) have every other story. Of its exact copies only the earliest is
    linked (design 3): a thousand reprints need a thousand links, not half a million.
    """
    said = sorted(
        (decision for decision in _but_one_copy(decisions, times) if decision.relation not in SILENT),
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


def _but_one_copy(decisions: Sequence[PairDecision], times: Mapping[str, int]) -> Iterator[PairDecision]:
    """The decisions without those about exact copies, but for the one about the earliest of them."""
    copies = [decision.b for decision in decisions if decision.relation == "exact_copy"]
    first = min(copies, key=lambda story: (times[story], story), default=None)
    for decision in decisions:
        if decision.relation != "exact_copy" or decision.b == first:
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
