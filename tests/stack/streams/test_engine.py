"""The engine against a real server: what becomes of good entries, bad entries and failing handlers."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from copytaster.errors import Discard, Quarantine, RetryLater
from copytaster.streams.effects import Effects
from copytaster.streams.engine import MAX_FAILURES
from copytaster.streams.entries import Entry
from copytaster.streams.groups import ensure_group
from copytaster.streams.reader import PatientReads
from copytaster_schemas import EntryDied, ItemDropped, parse_event
from tests.stack.streams.builders import KEYS, SOURCE, TARGET, copy_on, make_engine, notice, read_new
from tests.support import wait_until

DEAD = KEYS.stream("dead")


async def test_every_entry_of_a_batch_is_copied_once_and_acknowledged(redis_client: Redis) -> None:
    """A hundred entries in, a hundred out, none pending."""
    engine = make_engine(redis_client)
    await ensure_group(redis_client, SOURCE, "copier")
    for number in range(1, 101):
        await redis_client.xadd(SOURCE, notice(number))

    await engine.process(await read_new(redis_client, engine))

    assert await redis_client.xlen(TARGET) == 100
    assert (await redis_client.xpending(SOURCE, "copier"))["pending"] == 0


async def test_a_batch_that_is_delivered_again_publishes_nothing_twice(redis_client: Redis) -> None:
    """The group was lost and read again from the start: every entry answers duplicate."""
    engine = make_engine(redis_client)
    await ensure_group(redis_client, SOURCE, "copier")
    for number in range(1, 11):
        await redis_client.xadd(SOURCE, notice(number))
    await engine.process(await read_new(redis_client, engine))
    await redis_client.xgroup_destroy(SOURCE, "copier")
    await ensure_group(redis_client, SOURCE, "copier")

    await engine.process(await read_new(redis_client, engine))

    assert await redis_client.xlen(TARGET) == 10
    assert (await redis_client.xpending(SOURCE, "copier"))["pending"] == 0


POISON = {
    "no event at all": {b"id": b"5", b"text": b"hello"},
    "data that is no JSON": {**notice(7), b"data": b"{broken"},
    "data of another shape": {**notice(7), b"data": b'{"article": 3}'},
    "a type nobody knows": {**notice(7), b"ce_type": b"copytaster.unknown.v9"},
    "bytes that are not UTF-8": {**notice(7), b"ce_subject": b"\xff\xfe"},
    "a time without a zone": {**notice(7), b"ce_time": b"2026-03-01T12:00:00"},
}


@pytest.mark.parametrize("fields", POISON.values(), ids=POISON)
async def test_a_poisoned_entry_dies_whole_and_the_others_go_on(
    redis_client: Redis, fields: dict[bytes, bytes]
) -> None:
    """What cannot be decoded lies in `dead` with its reason; its neighbours are handled."""
    engine = make_engine(redis_client)
    await ensure_group(redis_client, SOURCE, "copier")
    await redis_client.xadd(SOURCE, notice(1))
    await redis_client.xadd(SOURCE, fields)
    await redis_client.xadd(SOURCE, notice(2))

    await engine.process(await read_new(redis_client, engine))

    [(_, dead)] = await redis_client.xrange(DEAD)
    _, death = parse_event(dead)
    assert isinstance(death, EntryDied)
    assert death.code == "undecodable"
    assert len(death.fields) == len(fields)
    assert await redis_client.xlen(TARGET) == 2
    assert (await redis_client.xpending(SOURCE, "copier"))["pending"] == 0


async def test_a_transient_failure_leaves_the_entry_for_a_later_delivery(redis_client: Redis) -> None:
    """RetryLater acknowledges nothing; the second delivery succeeds."""
    calls = 0

    async def fails_once(entry: Entry) -> Effects:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RetryLater("the other side is away")
        return Effects()

    engine = make_engine(redis_client, fails_once)
    await ensure_group(redis_client, SOURCE, "copier")
    await redis_client.xadd(SOURCE, notice(1))
    batch = await read_new(redis_client, engine)

    await engine.process(batch)
    pending_after_failure = (await redis_client.xpending(SOURCE, "copier"))["pending"]
    await engine.process(batch)

    assert pending_after_failure == 1
    assert (await redis_client.xpending(SOURCE, "copier"))["pending"] == 0


async def test_a_bug_is_tried_a_bounded_number_of_times_and_then_dies(redis_client: Redis) -> None:
    """An unexpected error is counted; after the fifth the entry lies in `dead` with its digest."""

    async def buggy(_entry: Entry) -> Effects:
        raise ZeroDivisionError("a bug")

    engine = make_engine(redis_client, buggy)
    await ensure_group(redis_client, SOURCE, "copier")
    await redis_client.xadd(SOURCE, notice(1))
    batch = await read_new(redis_client, engine)

    for _ in range(MAX_FAILURES):
        assert await redis_client.xlen(DEAD) == 0
        await engine.process(batch)

    [(_, dead)] = await redis_client.xrange(DEAD)
    _, death = parse_event(dead)
    assert isinstance(death, EntryDied)
    assert (death.code, death.failures) == ("bug", MAX_FAILURES)
    assert death.traceback_digest
    assert await redis_client.hlen(KEYS.key("failures", "copier", "drops")) == 0


async def test_a_quarantined_entry_dies_at_once(redis_client: Redis) -> None:
    """What can never succeed is not tried again."""

    async def refuses(_entry: Entry) -> Effects:
        raise Quarantine("page_lost", "its bytes are gone")

    engine = make_engine(redis_client, refuses)
    await ensure_group(redis_client, SOURCE, "copier")
    await redis_client.xadd(SOURCE, notice(1))

    await engine.process(await read_new(redis_client, engine))

    assert await redis_client.xlen(DEAD) == 1


async def test_what_a_handler_leaves_out_is_told_on_drops_with_its_code(redis_client: Redis) -> None:
    """A Discard is no failure: one event, one acknowledgement, nothing on `dead`."""

    async def leaves_out(_entry: Entry) -> Effects:
        raise Discard("too_short", "four words")

    engine = make_engine(redis_client, leaves_out)
    await ensure_group(redis_client, SOURCE, "copier")
    await redis_client.xadd(SOURCE, notice(1))

    await engine.process(await read_new(redis_client, engine))

    _, fields = (await redis_client.xrange(SOURCE))[-1]  # the tests' engine reads `drops` itself
    drop = parse_event(fields)[1]
    assert isinstance(drop, ItemDropped)
    assert (drop.article, drop.code, drop.detail) == ("urn:article:1", "too_short", "four words")
    assert await redis_client.xlen(DEAD) == 0
    assert (await redis_client.xpending(SOURCE, "copier"))["pending"] == 0


async def test_a_busy_process_reads_no_more_than_it_has_places_for(redis_client: Redis) -> None:
    """The rest stays on the stream for others; when half of its places are free it reads on."""
    release = asyncio.Event()

    async def slow(entry: Entry) -> Effects:
        await release.wait()
        return await copy_on(entry)

    engine = make_engine(redis_client, slow, capacity=4)
    reads = PatientReads(redis_client.xreadgroup, redis_client, engine.patience, [engine])
    await ensure_group(redis_client, SOURCE, "copier")
    for number in range(1, 11):
        await redis_client.xadd(SOURCE, notice(number))

    async def read() -> int:
        reply = await reads("copier", engine.consumer, {SOURCE: ">"}, count=64, block=10)
        batch = [(entry_id.decode(), fields) for _, entries in reply for entry_id, fields in entries]
        engine.accept(batch)
        return len(batch)

    first = await read()
    second = asyncio.create_task(read())
    await wait_until(lambda: len(engine.slots.begun) == 4, description="four entries run")
    held = (await redis_client.xpending(SOURCE, "copier"))["pending"]
    release.set()

    assert (first, held) == (4, 4)
    assert await second == 4
    await engine.slots.emptied()
    assert await redis_client.xlen(TARGET) == 8


async def test_entries_of_one_subject_are_handled_one_after_the_other(redis_client: Redis) -> None:
    """Two entries about one article never run at the same time, whatever the concurrency."""
    running: set[str] = set()
    order: list[int] = []

    async def careful(entry: Entry) -> Effects:
        subject = entry.envelope.subject
        assert subject not in running
        running.add(subject)
        await redis_client.ping()
        running.discard(subject)
        order.append(int(entry.envelope.correlationid.rsplit("-")[-1] if entry.envelope.correlationid else 0))
        return Effects()

    engine = make_engine(redis_client, careful)
    await ensure_group(redis_client, SOURCE, "copier")
    for number in range(1, 21):
        await redis_client.xadd(SOURCE, notice(number, subject="urn:article:one"))

    await engine.process(await read_new(redis_client, engine))

    assert order == list(range(1, 21))
    assert await redis_client.xlen(DEAD) == 0
