"""Makes an operator's decision: checks it against those in force, and writes it on the stream `decisions` in one atomic step.

What a decision means for clusters is the clusterer's business, which reads the stream; nothing else is changed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from redis.asyncio import Redis

from copytaster.cli.looking.naming import digits_of, successor
from copytaster.cli.looking.streams_view import forwards
from copytaster.cli.plain import count, short
from copytaster.deduplicator.cards import Card
from copytaster.deduplicator.decisions import (
    MOST_OTHERS,
    Decision,
    constraint_of,
    contradicting,
    decision_urn,
    in_force,
    standing,
)
from copytaster.deduplicator.io.clusters import stored_cards
from copytaster.errors import CopytasterError
from copytaster.keys import Keys
from copytaster.streams.commit import Outcome, commit
from copytaster.streams.effects import Cause, Effects, Guard, Outbox
from copytaster_schemas import DecisionMade
from copytaster_schemas.identity import short_id
from copytaster_schemas.registry import DECISION_MADE

SERVICE = "operator"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants: the words of a decision, and the groups of stories that it would bring together."""

    op: str
    stories: tuple[str, ...]
    reason: str
    actor: str
    clusters: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    fellows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a wish: the decision, and whether it stood already, so that nothing was written."""

    decision: str
    stood: bool


async def all_decisions(redis: Redis, keys: Keys) -> dict[str, Decision]:
    """Every decision ever made, by urn, the first made first."""
    seen = [one.event async for one in forwards(redis, keys.stream("decisions"))]
    return standing(event for event in seen if isinstance(event, DecisionMade))


async def decide(redis: Redis, keys: Keys, wish: Wish, *, rehearse: bool = False) -> Answer:
    """Make a decision; one that is in force already is left as it is.

    Raises CopytasterError naming the decisions in force that stand against it; nothing is written then, nor when `rehearse` is set.
    """
    decisions = await all_decisions(redis, keys)
    urn = decision_urn(wish.op, wish.stories, wish.clusters)
    before = decisions.get(urn)
    if before is not None and before.in_force:
        return Answer(urn, stood=True)
    made = DecisionMade(
        decision=urn,
        revision=before.revision + 1 if before else 1,
        op=wish.op,
        stories=list(wish.stories),
        others=list(wish.others),
        clusters=list(wish.clusters),
        reason=wish.reason,
        actor=wish.actor,
    )
    constraint = constraint_of(made)
    assert constraint is not None, "the commands make only decisions that this version knows"
    against = contradicting(constraint, in_force(decisions), wish.fellows)
    if against:
        raise CopytasterError(_refusal(wish.op, [decisions[name] for name in against]))
    return await _write(redis, keys, made, rehearse=rehearse)


def _refusal(op: str, against: Sequence[Decision]) -> str:
    told = "; ".join(
        f"{one.made.op} {short(one.urn)} by {one.made.actor}: {one.made.reason}" for one in against
    )
    return (
        f"this {op} contradicts {count(len(against), 'decision')} in force ({told}); "
        f"take it back first: copytaster clusters undo {short(against[0].urn)} --reason …"
    )


async def undo(
    redis: Redis, keys: Keys, name: str, *, reason: str, actor: str, rehearse: bool = False
) -> Answer:
    """Take the decision back that `name` (urn or the start of one) means; one that was taken back already is left as it is.

    Raises CopytasterError for a name that fits none or several.
    """
    decisions = await all_decisions(redis, keys)
    decision = decisions[_named(name, decisions)]
    if not decision.in_force:
        return Answer(decision.urn, stood=True)
    taken_back = DecisionMade(
        decision=decision.urn,
        revision=decision.revision + 1,
        op="undo",
        stories=decision.made.stories,
        clusters=decision.made.clusters,
        undoes=decision.urn,
        reason=reason,
        actor=actor,
    )
    return await _write(redis, keys, taken_back, rehearse=rehearse)


def _named(name: str, decisions: dict[str, Decision]) -> str:
    digits = digits_of(name)
    found = [urn for urn in decisions if digits and short_id(urn).startswith(digits)]
    if len(found) != 1:
        many = f"fits {len(found)} decisions, give more of it" if found else "no such decision"
        raise CopytasterError(f"{name}: {many}; `copytaster clusters decisions` names them all")
    return found[0]


async def _write(redis: Redis, keys: Keys, made: DecisionMade, *, rehearse: bool) -> Answer:
    if rehearse:
        return Answer(made.decision, stood=False)
    event = Outbox(keys, SERVICE).event(
        DECISION_MADE,
        made.decision,
        made.revision,
        made,
        time=datetime.now(UTC),
        cause=Cause(made.decision),
        guard=Guard(keys.key("decision", short_id(made.decision))),
    )
    outcome = await commit(redis, Effects(events=[event]))
    if outcome is Outcome.CONFLICT:
        raise CopytasterError(
            "somebody else decided the same at this moment; see: copytaster clusters decisions"
        )
    return Answer(made.decision, stood=False)


async def members(redis: Redis, keys: Keys, cluster: str) -> tuple[str, list[Card]]:
    """The living cluster that `cluster` leads to and its members, the earliest first; CopytasterError when none are known."""
    living = (await successor(redis, keys, cluster))[-1]
    cards = stored_cards(await redis.hgetall(keys.key("cluster", short_id(living))))
    if not cards:
        raise CopytasterError(f"{living} has no members any more, so nothing can be decided about them")
    return living, sorted(cards.values(), key=lambda card: (card.time_ms, card.story))


async def merge_of(
    redis: Redis, keys: Keys, clusters: Sequence[str], *, reason: str, actor: str
) -> Wish | str:
    """The wish that clusters be one, which binds the earliest story of each; or the urn of the one that they are already."""
    found = dict([await members(redis, keys, cluster) for cluster in clusters])
    if len(found) == 1:
        return next(iter(found))
    anchors = tuple(cards[0].story for cards in found.values())
    fellows = tuple(tuple(card.story for card in cards) for cards in found.values())
    return Wish("merge", anchors, reason, actor, clusters=tuple(found), fellows=fellows)


async def split_of(
    redis: Redis, keys: Keys, cluster: str, stories: Sequence[str], *, reason: str, actor: str
) -> Wish:
    """The wish that stories leave their cluster together; CopytasterError when they are not of it, or all of it."""
    living, cards = await members(redis, keys, cluster)
    named = set(stories)
    others = tuple(card.story for card in cards if card.story not in named)
    strangers = sorted(named - {card.story for card in cards})
    if strangers:
        decided = await all_decisions(redis, keys)
        before = decided.get(decision_urn("split", stories, [living]))
        if before is None or not before.in_force:
            raise CopytasterError(
                f"not in {short(living)}: {', '.join(strangers)}; `copytaster clusters show {short(living)}` lists its stories"
            )
    if not others:
        raise CopytasterError("these are all the stories of the cluster; name those that are to leave")
    if len(others) > MOST_OTHERS:
        raise CopytasterError(
            f"{count(len(others), 'story')} would stay, a split can name {MOST_OTHERS:,}; forbid the pairs that are wrong instead"
        )
    return Wish("split", tuple(dict.fromkeys(stories)), reason, actor, clusters=(living,), others=others)
