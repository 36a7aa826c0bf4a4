"""The traps of Redis streams under FastStream, one test each: what a plain group subscriber does wrong, ours does not.

Measured with FastStream 0.7.8; the numbers are those of the list in docs/decisions/0011.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
import redis
from redis.asyncio import Redis

from copytaster.streams.claims import Claims, OneProcess
from copytaster.streams.commit import InputRef, Outcome, commit
from copytaster.streams.effects import Effects
from copytaster.streams.entries import Entry, decode
from copytaster.streams.groups import ensure_group
from copytaster.streams.patience import Patience
from copytaster.streams.reader import PatientReads
from copytaster_schemas import EntryDied, ItemDropped, parse_event
from tests.stack.streams.builders import KEYS, SOURCE, TARGET, copy_on, make_engine, notice, read_new
from tests.stack.streams.process import copied, copier
from tests.support import wait_until, wait_until_sync

DEAD = KEYS.stream("dead")


def test_trap_1_a_failed_entry_is_delivered_again(valkey_url: str, tmp_path: Path) -> None:
    """FastStream leaves it pending for ever, whatever the acknowledgement policy."""
    client = redis.Redis.from_url(valkey_url)
    for number in range(1, 4):
        client.xadd(SOURCE, notice(number))

    with copier(valkey_url, tmp_path, COPIER_FAIL_ONCE_AT="2", COPYTASTER_RETRY_SECONDS="0.1"):
        wait_until_sync(lambda: copied(client) == 3, description="all copied", timeout_seconds=20)

    assert client.xpending(SOURCE, "copier")["pending"] == 0
    assert client.xlen(DEAD) == 0


async def test_trap_1_an_entry_of_a_dead_consumer_is_delivered_again(redis_client: Redis) -> None:
    """FastStream delivers it neither after a restart nor to another consumer."""
    await ensure_group(redis_client, SOURCE, "copier")
    await redis_client.xadd(SOURCE, notice(1))
    await redis_client.xreadgroup("copier", "dead", {SOURCE: ">"})
    [row] = await redis_client.xpending_range(SOURCE, "copier", "-", "+", 1)
    await redis_client.xclaim(SOURCE, "copier", "dead", 0, [row["message_id"]], idle=120_000, justid=True)
    engine = make_engine(redis_client)

    await Claims(engine, OneProcess([engine]), idle_seconds=60).sweep()
    await engine.slots.emptied()

    assert await redis_client.xlen(TARGET) == 1


def test_trap_2_a_poisoned_entry_is_not_delivered_for_ever(valkey_url: str, tmp_path: Path) -> None:
    """FastStream knows no limit and no dead letters; ours ends there after five failures, with its history."""
    client = redis.Redis.from_url(valkey_url)
    for number in range(1, 4):
        client.xadd(SOURCE, notice(number))

    with copier(valkey_url, tmp_path, COPIER_FAIL_AT="2", COPYTASTER_RETRY_SECONDS="0.1") as service:
        wait_until_sync(lambda: client.xlen(DEAD) == 1, description="entry died", timeout_seconds=30)

    [(_, fields)] = client.xrange(DEAD)
    death = parse_event(fields)[1]
    assert isinstance(death, EntryDied)
    assert (death.code, death.failures) == ("bug", 5)
    assert service.events().count("entry.failed") == 5
    assert copied(client) == 2


def test_trap_3_what_was_published_before_the_first_start_is_handled_and_a_second_start_does_not_spin(
    valkey_url: str, tmp_path: Path
) -> None:
    """FastStream's group begins at the end; told to begin at 0 it asks 2,600 times a second from the second start on."""
    client = redis.Redis.from_url(valkey_url)
    for number in range(1, 4):
        client.xadd(SOURCE, notice(number))
    with copier(valkey_url, tmp_path) as first:
        wait_until_sync(lambda: copied(client) == 3, description="the early ones copied", timeout_seconds=20)
        first.stop()
    client.xadd(SOURCE, notice(4))

    with copier(valkey_url, tmp_path):
        wait_until_sync(lambda: copied(client) == 4, description="the late one copied", timeout_seconds=20)
        before, began = _reads(client), time.monotonic()
        time.sleep(1.5)  # the time over which the reads are counted
        asked, seconds = _reads(client) - before, time.monotonic() - began

    assert asked <= 3 * seconds


def _reads(client: redis.Redis) -> int:
    return int(client.info("commandstats")["cmdstat_xreadgroup"]["calls"])


def test_trap_4_a_lost_group_ends_neither_the_process_nor_its_work_and_health_does_not_lie(
    valkey_url: str, tmp_path: Path
) -> None:
    """FastStream's app ends with exit code 0, or goes on dead with a healthy answer, and skips what came meanwhile."""
    client = redis.Redis.from_url(valkey_url)
    client.xadd(SOURCE, notice(1))
    with copier(valkey_url, tmp_path) as service:
        wait_until_sync(lambda: copied(client) == 1, description="first copied", timeout_seconds=20)

        with client.pipeline(transaction=True) as pipe:
            pipe.flushall()
            for number in range(2, 42):
                pipe.xadd(SOURCE, notice(number))
            pipe.execute()

        wait_until_sync(lambda: copied(client) == 40, description="all of them copied", timeout_seconds=20)
        assert service.process.poll() is None
        assert service.status("/health/ready") == 200


async def test_trap_5_a_read_only_server_is_not_asked_in_a_loop(redis_client: Redis) -> None:
    """FastStream asks it 1,800 times a second; our read waits, and comes back when the server does."""
    await ensure_group(redis_client, SOURCE, "copier")
    await redis_client.xadd(SOURCE, notice(1))
    patience = Patience()
    engine = make_engine(redis_client, patience=patience)
    reads = PatientReads(redis_client.xreadgroup, redis_client, patience, [engine])
    await redis_client.execute_command("REPLICAOF", "127.0.0.1", "1")
    try:
        reading = asyncio.create_task(reads("copier", "tester-1", {SOURCE: ">"}, count=10, block=100))
        await wait_until(lambda: patience.redis_away, description="outage seen")
        await asyncio.sleep(1)  # the time over which the refusals are counted
        refused = (await redis_client.info("commandstats"))["cmdstat_xreadgroup"]["rejected_calls"]
    finally:
        await redis_client.execute_command("REPLICAOF", "NO", "ONE")

    assert 0 < refused <= 5
    [(_, entries)] = await reading
    assert len(entries) == 1


TEXTS = ("Süddeutsche Zeitung", "Кремль", "Grüße aus München", "東京", "🗞️")


@pytest.mark.parametrize("text", TEXTS)
async def test_trap_6_text_beyond_ascii_arrives_whole_in_every_field(redis_client: Redis, text: str) -> None:
    """FastStream's binary format counts characters for bytes and loses the headers or the end of the text."""
    entry_id = await redis_client.xadd(SOURCE, notice(1, subject=f"urn:article:{text}"))
    [(_, fields)] = await redis_client.xrange(SOURCE)

    entry = decode(entry_id.decode(), fields)

    assert entry.envelope.subject == f"urn:article:{text}"
    assert isinstance(entry.data, ItemDropped)
    assert (entry.data.article, entry.data.title) == (f"urn:article:{text}", "Überschrift 1")


async def test_trap_7_a_payload_with_a_key_called_data_is_read_as_it_is(redis_client: Redis) -> None:
    """FastStream takes it for an envelope of its own and gives the handler the value of that key."""
    fields = notice(1)
    fields[b"data"] = fields[b"data"][:-1] + b',"data":"something else"}'
    await ensure_group(redis_client, SOURCE, "copier")
    await redis_client.xadd(SOURCE, fields)
    engine = make_engine(redis_client)

    await engine.process(await read_new(redis_client, engine))

    [(_, out)] = await redis_client.xrange(TARGET)
    event = parse_event(out)[1]
    assert isinstance(event, ItemDropped)
    assert event.article == "urn:article:1"


async def test_trap_8_one_bad_entry_of_a_batch_of_100_holds_up_none_of_the_others(
    redis_client: Redis,
) -> None:
    """FastStream calls no handler at all when one entry cannot be decoded; here 99 are out while the bad ones still hang."""
    never = asyncio.Event()

    async def hangs_at_50(entry: Entry) -> Effects:
        if (entry.envelope.correlationid or "").endswith("-50"):
            await never.wait()
        return await copy_on(entry)

    engine = make_engine(redis_client, hangs_at_50)
    await ensure_group(redis_client, SOURCE, "copier")
    for number in range(1, 101):
        await redis_client.xadd(SOURCE, {b"id": b"\xff\xfe"} if number == 7 else notice(number))

    tasks = engine.accept(await read_new(redis_client, engine))

    async def out() -> bool:
        return (await redis_client.xlen(TARGET), await redis_client.xlen(DEAD)) == (98, 1)

    await wait_until(out, description="98 copied and one buried while one hangs")
    assert len(engine.slots) == 1
    never.set()
    await asyncio.wait(tasks)
    assert await redis_client.xlen(TARGET) == 99


@pytest.mark.parametrize("committed", [False, True], ids=["before the commit", "after the commit"])
async def test_trap_9_a_crash_around_the_commit_neither_loses_nor_doubles_an_event(
    redis_client: Redis, committed: bool
) -> None:
    """FastStream publishes, then acknowledges: each crash between the two doubles the event. Ours is one step."""
    await ensure_group(redis_client, SOURCE, "copier")
    await redis_client.xadd(SOURCE, notice(1))
    first = make_engine(redis_client, consumer="crashing")
    [(entry_id, fields)] = await read_new(redis_client, first)
    if committed:  # what the process would have done last; it never hears the answer
        entry = decode(entry_id, fields)
        mark = KEYS.key("done", "copier", entry.envelope.id)
        source = InputRef(SOURCE, "copier", entry_id, "crashing", mark)
        assert await commit(redis_client, await copy_on(entry), source) is Outcome.COMMITTED
        await redis_client.xgroup_setid(SOURCE, "copier", "0")  # a restored backup delivers it once more
        second = make_engine(redis_client, consumer="second")
        await second.process(await read_new(redis_client, second))
    else:
        await redis_client.xclaim(SOURCE, "copier", "crashing", 0, [entry_id], idle=120_000, justid=True)
        second = make_engine(redis_client, consumer="second")
        await Claims(second, OneProcess([second]), idle_seconds=60).sweep()
        await second.slots.emptied()

    assert await redis_client.xlen(TARGET) == 1
    assert (await redis_client.xpending(SOURCE, "copier"))["pending"] == 0
