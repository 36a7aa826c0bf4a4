"""The atomic commit against a real server."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from copytaster.keys import STATE_SECONDS
from copytaster.streams.commit import GroupCommitter, InputRef, Outcome, commit, commit_many
from copytaster.streams.effects import Check, Effects, Guard, OutEvent
from copytaster.streams.groups import ensure_group
from tests.stack.streams.builders import KEYS, SOURCE, TARGET, notice

COUNTER = KEYS.key("article", "a")


def event(revision: int) -> OutEvent:
    """An outgoing event that is revision `revision` of one subject."""
    return OutEvent(TARGET, {b"data": b"x"}, revision, Guard(COUNTER))


def publishing(*events: OutEvent) -> Effects:
    """Effects that publish `events` and give their counters the life that the table of keys asks for."""
    effects = Effects(events=list(events))
    for key in {out.guard.key for out in events if out.guard}:
        effects.op("EXPIRE", key, STATE_SECONDS)
    return effects


async def one_input(redis: Redis, consumer: str = "c1") -> InputRef:
    """One entry in the source stream, delivered to `consumer`."""
    await ensure_group(redis, SOURCE, "g")
    await redis.xadd(SOURCE, notice(1))
    reply = await redis.xreadgroup("g", consumer, {SOURCE: ">"})
    entry_id = reply[0][1][0][0].decode()
    return InputRef(SOURCE, "g", entry_id, consumer, KEYS.key("done", "g", "event-1"))


async def test_a_commit_writes_publishes_and_acknowledges_together(redis_client: Redis) -> None:
    """State, event, mark and acknowledgement are all there after one commit."""
    source = await one_input(redis_client)
    effects = publishing(event(1))
    effects.write_hash(KEYS.key("feed", "f"), {"url": "http://a.example/"}, lifetime_seconds=None)

    outcome = await commit(redis_client, effects, source)

    assert outcome is Outcome.COMMITTED
    assert await redis_client.xlen(TARGET) == 1
    assert await redis_client.hget(KEYS.key("feed", "f"), "url") == b"http://a.example/"
    assert (await redis_client.xpending(SOURCE, "g"))["pending"] == 0
    assert await redis_client.ttl(source.done_key) > 0


async def test_the_same_commit_twice_takes_effect_once(redis_client: Redis) -> None:
    """A commit whose reply was lost can be sent again."""
    source = await one_input(redis_client)

    first = await commit(redis_client, publishing(event(1)), source)
    second = await commit(redis_client, publishing(event(1)), source)

    assert (first, second) == (Outcome.COMMITTED, Outcome.DUPLICATE)
    assert await redis_client.xlen(TARGET) == 1


async def test_a_commit_of_an_entry_that_another_consumer_holds_is_fenced(redis_client: Redis) -> None:
    """A late owner whose entry was taken over writes nothing."""
    source = await one_input(redis_client, "slow")
    await redis_client.xclaim(SOURCE, "g", "quick", 0, [source.entry_id])

    outcome = await commit(redis_client, publishing(event(1)), source)

    assert outcome is Outcome.FENCED
    assert await redis_client.xlen(TARGET) == 0


async def test_a_refused_commit_leaves_nothing_behind(redis_client: Redis) -> None:
    """A check or a revision that does not hold refuses the whole step before the first write."""
    source = await one_input(redis_client)
    stale = Effects(checks=[Check(COUNTER, "state", "equals", "open")], events=[event(1)])
    stale.op("SET", KEYS.key("page", "p"), b"bytes")

    assert await commit(redis_client, stale, source) is Outcome.CONFLICT
    assert await commit(redis_client, publishing(event(2)), source) is Outcome.CONFLICT

    assert await redis_client.exists(KEYS.key("page", "p"), TARGET, COUNTER) == 0
    assert (await redis_client.xpending(SOURCE, "g"))["pending"] == 1


async def test_two_events_of_one_subject_in_one_commit_advance_its_counter_twice(redis_client: Redis) -> None:
    """Revisions 1 and 2 may leave together; the counter then stands at 2."""
    assert await commit(redis_client, publishing(event(1), event(2))) is Outcome.COMMITTED

    assert await redis_client.hget(COUNTER, "revision") == b"2"


async def test_of_two_commits_for_the_same_revision_one_wins(redis_client: Redis) -> None:
    """Two writers that both read revision 0 cannot both publish revision 1."""
    outcomes = await asyncio.gather(*(commit(redis_client, publishing(event(1))) for _ in range(8)))

    assert sorted(outcomes).count(Outcome.COMMITTED) == 1
    assert await redis_client.xlen(TARGET) == 1


async def test_a_server_that_forgot_the_script_is_taught_again(redis_client: Redis) -> None:
    """SCRIPT FLUSH between two commits changes nothing for the caller."""
    await commit(redis_client, publishing(event(1)))
    await redis_client.script_flush()

    outcomes = await commit_many(redis_client, [(publishing(event(2)), None), (publishing(event(3)), None)])

    assert outcomes == [Outcome.COMMITTED, Outcome.COMMITTED]


async def test_a_group_committer_gives_every_waiter_its_own_outcome(redis_client: Redis) -> None:
    """Commits that share a round trip keep their own results."""
    committer = GroupCommitter(redis_client)
    guards = [Guard(KEYS.key("article", str(number % 50))) for number in range(100)]
    works = [publishing(OutEvent(TARGET, {b"data": b"x"}, 1, guard)) for guard in guards]

    outcomes = await asyncio.gather(*(committer.commit(work) for work in works))

    assert outcomes.count(Outcome.COMMITTED) == 50
    assert outcomes.count(Outcome.CONFLICT) == 50
