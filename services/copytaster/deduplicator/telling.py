"""The event that tells of one change of a cluster: members, headline, origin, counts. Pure; sizes are bounded here.

An event holds at most `MAX_MEMBERS` members and stays below `MAX_BYTES`; the counts are always whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from copytaster.deduplicator.cards import Card
from copytaster.deduplicator.clusters import ClusterChange
from copytaster.deduplicator.origin import Derivation, Lineage, lineage
from copytaster.deduplicator.record import StoryRecord
from copytaster_schemas import ClusterChanged, Counts, Member, Origin, Reason

MAX_MEMBERS: Final = 200
"""Members, and stories added or removed, that one event tells (design 3)."""

MAX_BYTES: Final = 48 * 1024
"""Of the members told: with the lists of stories added and removed an event stays below 64 KiB (design 3)."""

_NOTHING: Final = Counts(members=0, outlets=0, families=0, independent=0, languages=0)


def event_of(
    change: ClusterChange,
    reason: Reason,
    cards: Mapping[str, Card],
    records: Mapping[str, StoryRecord],
    links: Iterable[Derivation],
    policy: str,
) -> ClusterChanged:
    """The event of `change`; `cards` has every member, `records` those whose text is kept, `links` who was made from whom."""
    members = sorted((cards[name] for name in change.members), key=lambda card: (card.time_ms, card.story))
    known = (
        lineage([records.get(card.story) or card.to_record() for card in members], links) if members else None
    )
    told = _told(members, known)
    return ClusterChanged(
        cluster=change.cluster,
        revision=change.revision,
        op=change.op,
        state=change.state,
        merged_into=change.merged_into,
        merged_from=list(change.merged_from)[:MAX_MEMBERS],
        split_from=change.split_from,
        split_into=list(change.split_into)[:MAX_MEMBERS],
        reason=reason,
        added=sorted(change.added)[:MAX_MEMBERS],
        removed=sorted(change.removed)[:MAX_MEMBERS],
        members=told,
        members_truncated=True if len(told) < len(members) or _is_cut(change) else None,
        headline=_headline(members, known),
        origin=_origin(known),
        counts=Counts(**known.counts.to_dict()) if known else _NOTHING,
        policy=policy,
    )


def families(members: Sequence[StoryRecord], links: Iterable[Derivation]) -> Mapping[str, str]:
    """The earliest story of the family of every member."""
    return lineage(members, links).family_of


def _is_cut(change: ClusterChange) -> bool:
    lists = (change.added, change.removed, change.merged_from, change.split_into)
    return any(len(names) > MAX_MEMBERS for names in lists)


def _told(members: Sequence[Card], known: Lineage | None) -> list[Member]:
    """The first members, the earliest first, as many as fit."""
    told: list[Member] = []
    size = 0
    for card in members[:MAX_MEMBERS]:
        member = card.to_member(known.family_of.get(card.story) if known else None)
        size += len(member.to_json())
        if size > MAX_BYTES:
            break
        told.append(member)
    return told


def _origin(known: Lineage | None) -> Origin:
    if known is None:
        return Origin(seen=False, confidence=0)
    found = known.origin
    return Origin(
        story=found.story,
        agency=found.agency,
        seen=found.seen,
        confidence=found.confidence_milli / 1000,
        basis=list(found.basis),
    )


def _headline(members: Sequence[Card], known: Lineage | None) -> str | None:
    """Of the origin story, else of the earliest member that has one."""
    if known is not None and known.origin.story:
        for card in members:
            if card.story == known.origin.story and card.title:
                return card.title
    return next((card.title for card in members if card.title), None)
