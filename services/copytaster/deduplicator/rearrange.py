"""What happens to the clusters around one story after something was said of it: the partition anew, ids kept, every change told.

Pure: takes the neighbourhood as it is stored, gives the changes and the events that tell of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from copytaster.deduplicator.cards import Card, card_of
from copytaster.deduplicator.clusters import ClusterChange, ClusterState, derive
from copytaster.deduplicator.constraints import Constraint, cut, forbidden, united
from copytaster.deduplicator.decide import PairDecision
from copytaster.deduplicator.grouping import (
    MAX_COMPLETED,
    Grouping,
    derivations,
    group,
    link_score,
    missing_pairs,
)
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.origin import Derivation
from copytaster.deduplicator.pairs import KeptPair, kept
from copytaster.deduplicator.partition import Pair, pair
from copytaster.deduplicator.record import StoryRecord
from copytaster.deduplicator.telling import event_of
from copytaster.deduplicator.twins import Twins, heads, text_key
from copytaster_schemas import ClusterChanged, Reason


@dataclass(slots=True)
class Neighbourhood:
    """All that may change together: stories connected by merging pairs, by a common cluster or by a decision.

    `records` has those whose text is kept and that no twin stands for; `cards` has every member of `clusters`. `gone` are stories
    that were withdrawn.
    """

    records: dict[str, StoryRecord] = field(default_factory=dict)
    pairs: dict[Pair, KeptPair] = field(default_factory=dict)
    clusters: dict[str, ClusterState] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    constraints: dict[str, Constraint] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    def heads(self) -> dict[str, str]:
        """The story that stands for each: a twin of the very same words on the same side of every ban."""
        keys = {name: card.text_key for name, card in self.cards.items() if name not in self.gone}
        keys |= {name: text_key(record) for name, record in self.records.items()}
        sides: dict[str, list[str]] = {}
        for constraint in self.constraints.values():
            for number, group_ in enumerate(constraint.apart):
                for name in group_:
                    sides.setdefault(name, []).append(f"{constraint.decision}/{number}")
        return heads(
            {name: key and f"{key} {' '.join(sorted(sides.get(name, ())))}" for name, key in keys.items()}
        )


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """The changes in the order in which they must be told, each with its event; and what else there is to keep.

    `decided` are pairs to be kept with both stories, `following` pairs to be kept with the story that said them alone, because a twin
    stands for one of the two: so a story of which there are thousands of copies keeps no more than others. `unmet` are the operators'
    decisions that others stand against.
    """

    changes: Sequence[tuple[ClusterChange, ClusterChanged]]
    decided: Sequence[KeptPair]
    following: Sequence[KeptPair]
    cards: Mapping[str, Card]
    unmet: tuple[str, ...] = ()


def rearrange(
    around: Neighbourhood,
    reason: Reason,
    matcher: Matcher,
    mint: Callable[[], str],
    said: Iterable[KeptPair] = (),
) -> Rearrangement:
    """The clusters of a neighbourhood after what `reason` names; `mint` gives the urn of a new cluster.

    `said` are the pairs that were told just now and are not kept yet.
    """
    cards = {**around.cards, **{record.id: card_of(record) for record in around.records.values()}}
    versions = {record.id: record.version for record in around.records.values()}
    valid = {key: kept_.decision for key, kept_ in around.pairs.items() if kept_.is_current(versions)}
    twins = _twins(around, valid, matcher)
    nodes = {name: record for name, record in around.records.items() if twins.head(name) == name}
    known = _of_heads(valid, nodes, around, twins, matcher)
    grouping = group([matcher.features_of(record) for record in nodes.values()], known, matcher.policy)
    parts, unmet = _decided(grouping, around, twins)
    changed = frozenset(name for name, card in around.cards.items() if cards[name].version != card.version)
    first_seen = {name: card.first_seen_ms for name, card in cards.items()}
    links = [*derivations(grouping.decisions), *_twin_links(twins, cards), *_kinships(around)]
    told = [
        (change, event_of(change, reason, cards, around.records, links, matcher.policy.version))
        for change in derive(around.clusters, parts, first_seen, mint, changed)
    ]
    fresh = [kept(decision, versions) for both, decision in grouping.decisions.items() if both not in valid]
    own = [one for one in said if _are_nodes(one.key, twins)]
    following = [one for one in said if not _are_nodes(one.key, twins)]
    return Rearrangement(told, [*own, *fresh], following, cards, unmet)


def _decided(
    grouping: Grouping, around: Neighbourhood, twins: Twins
) -> tuple[list[frozenset[str]], tuple[str, ...]]:
    """The parts as the operators' decisions want them, with twins and expired members in; and the decisions that stay unmet."""
    constraints = list(around.constraints.values())
    scores = {both: link_score(decision) for both, decision in grouping.decisions.items()}
    parts = cut(grouping.parts, scores, [constraint.of_heads(twins.head) for constraint in constraints])
    return united(_with_expired(twins.spread(parts), around), constraints)


def _are_nodes(names: Iterable[str], twins: Twins) -> bool:
    return all(twins.head(name) == name for name in names)


def _twins(around: Neighbourhood, valid: Mapping[Pair, PairDecision], matcher: Matcher) -> Twins:
    """Who stands for whom; stories of the same words that would not merge as a pair stand for themselves."""
    followers: dict[str, list[str]] = {}
    for name, head in around.heads().items():
        if name != head:
            followers.setdefault(head, []).append(name)
    found: dict[str, str] = {}
    for head, names in followers.items():
        if head in around.records and _merge(head, names, around, valid, matcher):
            found.update(dict.fromkeys(names, head))
    return Twins(found)


def _merge(
    head: str,
    names: Sequence[str],
    around: Neighbourhood,
    valid: Mapping[Pair, PairDecision],
    matcher: Matcher,
) -> bool:
    """Whether twins are of one cluster: what the first of them whose record is at hand says, or that they were before."""
    at_hand = sorted(name for name in names if name in around.records)
    if not at_hand:
        return True
    decision = valid.get(pair(head, at_hand[0])) or _decide(head, at_hand[0], around.records, matcher)
    return decision.merges


def _of_heads(
    valid: Mapping[Pair, PairDecision],
    nodes: Mapping[str, StoryRecord],
    around: Neighbourhood,
    twins: Twins,
    matcher: Matcher,
) -> dict[Pair, PairDecision]:
    """The decisions among the stories that are compared: a twin's are made anew with its head, and so are all that are missing
    inside a former cluster, for a head that was revised or withdrawn leaves its twins to one of whom nothing is known yet.
    """
    known = {both: decision for both, decision in valid.items() if both[0] in nodes and both[1] in nodes}
    moved = {
        pair(twins.head(one), twins.head(other))
        for (one, other), decision in valid.items()
        if decision.merges
    }
    for state in around.clusters.values():
        inside = state.members & nodes.keys()
        if len(inside) <= MAX_COMPLETED:
            moved.update(missing_pairs(inside, known))
    for one, other in sorted(moved):
        if one != other and one in nodes and other in nodes and (one, other) not in known:
            known[one, other] = _decide(one, other, nodes, matcher)
    return known


def _decide(one: str, other: str, records: Mapping[str, StoryRecord], matcher: Matcher) -> PairDecision:
    return matcher.decide(records[one], [records[other]])[0]


def _twin_links(twins: Twins, cards: Mapping[str, Card]) -> list[Derivation]:
    """Every twin was made from the earliest of them (design 3)."""
    families: dict[str, list[str]] = {}
    for name, head in twins.head_of.items():
        families.setdefault(head, [head]).append(name)
    links = []
    for members in families.values():
        first = min(members, key=lambda name: (cards[name].time_ms, name))
        links += [Derivation(name, first, first, ("time",)) for name in members if name != first]
    return links


def _kinships(around: Neighbourhood) -> list[Derivation]:
    """The families of members whose texts are gone, as they were when their cluster closed."""
    return [
        Derivation(name, card.kin, "", ())
        for name, card in around.cards.items()
        if card.kin and name not in around.records
    ]


def family_links(around: Neighbourhood) -> list[Derivation]:
    """Who was made from whom in a neighbourhood, as far as it is decided and kept; scores nothing."""
    versions = {record.id: record.version for record in around.records.values()}
    known = {key: one.decision for key, one in around.pairs.items() if one.is_current(versions)}
    twins = Twins({name: head for name, head in around.heads().items() if name != head})
    cards = {**around.cards, **{record.id: card_of(record) for record in around.records.values()}}
    return [*derivations(known), *_twin_links(twins, cards), *_kinships(around)]


def _with_expired(parts: Sequence[frozenset[str]], around: Neighbourhood) -> list[frozenset[str]]:
    """The parts with those members whose record has expired: each stays with most of its former cluster, unless a ban stands
    against it.
    """
    placed = frozenset[str]().union(*parts)
    grown = [set(part) for part in parts]
    bans = [constraint for constraint in around.constraints.values() if constraint.apart]
    for name in sorted(around.clusters):
        state = around.clusters[name]
        most_first = sorted(range(len(parts)), key=lambda place: (-len(state.members & parts[place]), place))
        homes = [grown[place] for place in most_first if state.members & parts[place]]
        for story in sorted(state.members - placed - around.gone):
            home = next((home for home in homes if not forbidden({*home, story}, bans)), None)
            if home is None:
                home = set()
                homes.append(home)
                grown.append(home)
            home.add(story)
    return [frozenset(part) for part in grown]
