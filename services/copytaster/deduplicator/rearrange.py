"""What happens to the clusters around one story after it was compared: the partition anew, ids kept, every change told.

Pure: takes the neighbourhood as it is stored, gives the changes and the events that tell of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from copytaster.deduplicator.cards import Card, card_of
from copytaster.deduplicator.clusters import ClusterChange, ClusterState, derive
from copytaster.deduplicator.grouping import derivations, group
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.origin import Derivation, Lineage, lineage
from copytaster.deduplicator.pairs import KeptPair, kept
from copytaster.deduplicator.partition import Pair
from copytaster.deduplicator.record import StoryRecord
from copytaster_schemas import ClusterChanged, Counts, Origin, Reason

MAX_MEMBERS: Final = 200
"""Members told in one event (design 3); the counts are always whole."""


@dataclass(slots=True)
class Neighbourhood:
    """All that may change together: stories connected by merging pairs or by a common cluster.

    `records` has those whose text is still kept; `cards` has every member of `clusters`, kept or not.
    """

    records: dict[str, StoryRecord] = field(default_factory=dict)
    pairs: dict[Pair, KeptPair] = field(default_factory=dict)
    clusters: dict[str, ClusterState] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """The changes in the order in which they must be told, each with its event; and the pairs decided on the way."""

    changes: Sequence[tuple[ClusterChange, ClusterChanged]]
    decided: Sequence[KeptPair]
    cards: Mapping[str, Card]


def rearrange(around: Neighbourhood, story: str, matcher: Matcher, mint: Callable[[], str]) -> Rearrangement:
    """The clusters of a neighbourhood after `story` was compared; `mint` gives the urn of a new cluster."""
    versions = {record.id: record.version for record in around.records.values()}
    valid = {key: pair.decision for key, pair in around.pairs.items() if pair.is_current(versions)}
    stories = [matcher.features_of(record) for record in around.records.values()]
    grouping = group(stories, valid, matcher.policy)
    parts = _with_expired(grouping.parts, around)
    cards = {**around.cards, **{record.id: card_of(record) for record in around.records.values()}}
    changed = frozenset(name for name, card in around.cards.items() if cards[name].version != card.version)
    first_seen = {name: card.first_seen_ms for name, card in cards.items()}
    links = derivations(grouping.decisions)
    told = [
        (change, _event(change, story, cards, around.records, links, matcher.policy.version))
        for change in derive(around.clusters, parts, first_seen, mint, changed)
    ]
    fresh = [kept(decision, versions) for key, decision in grouping.decisions.items() if key not in valid]
    return Rearrangement(told, fresh, cards)


def _with_expired(parts: Sequence[frozenset[str]], around: Neighbourhood) -> list[frozenset[str]]:
    """The parts with those members whose record has expired: they stay with most of their former cluster."""
    grown = [set(part) for part in parts]
    for state in around.clusters.values():
        expired = state.members - around.records.keys()
        if not expired:
            continue
        shares = [(len(state.members & part), -place) for place, part in enumerate(parts)]
        most, place = max(shares, default=(0, 0))
        if most:
            grown[-place] |= expired
        else:
            grown.append(set(expired))
    return [frozenset(part) for part in grown]


def _event(
    change: ClusterChange,
    story: str,
    cards: Mapping[str, Card],
    records: Mapping[str, StoryRecord],
    links: Sequence[Derivation],
    policy: str,
) -> ClusterChanged:
    members = sorted((cards[name] for name in change.members), key=lambda card: (card.time_ms, card.story))
    known = (
        lineage([records.get(card.story) or card.to_record() for card in members], links) if members else None
    )
    return ClusterChanged(
        cluster=change.cluster,
        revision=change.revision,
        op=change.op,
        state=change.state,
        merged_into=change.merged_into,
        merged_from=list(change.merged_from),
        split_from=change.split_from,
        split_into=list(change.split_into),
        reason=Reason(code="compared", story=story),
        added=sorted(change.added),
        removed=sorted(change.removed),
        members=[
            card.to_member(known.family_of.get(card.story) if known else None)
            for card in members[:MAX_MEMBERS]
        ],
        members_truncated=True if len(members) > MAX_MEMBERS else None,
        headline=_headline(members, known),
        origin=_origin(known),
        counts=Counts(**known.counts.to_dict()) if known else _NOTHING,
        policy=policy,
    )


_NOTHING: Final = Counts(members=0, outlets=0, families=0, independent=0, languages=0)


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
