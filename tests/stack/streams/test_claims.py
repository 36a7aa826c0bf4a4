"""Taking over entries on a real server: who may take what, when, and how much of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

from redis.asyncio import Redis

from copytaster.streams.claims import Claims, OneProcess
from copytaster.streams.consumers import consumer_name
from copytaster.streams.effects import Effects
from copytaster.streams.engine import Engine
from copytaster.streams.entries import Entry
from copytaster.streams.groups import ensure_group
from copytaster.streams.holding import HANDED_BACK_IDLE_MS, Holding
from copytaster.streams.presence import now_ms_of
from copytaster_schemas import EntryDied, parse_event
from tests.stack.streams.builders import KEYS, SOURCE, TARGET, copy_on, make_engine, notice, read_new
from tests.support import wait_until

IDLE_SECONDS = 60.0
LONG_MS = 3_600_000


async def publish(redis: Redis, count: int) -> None:
    """Put `count` notices on the stream of a group that is there."""
    await ensure_group(redis, SOURCE, "copier")
    for number in range(1, count + 1):
        await redis.xadd(SOURCE, notice(number))


async def held_by(redis: Redis, consumer: str, *, idle_ms: int, deliveries: int = 1) -> list[bytes]:
    """Let `consumer` hold everything new, with no sign for `idle_ms`; gives the ids."""
    reply = await redis.xreadgroup("copier", consumer, {SOURCE: ">"}, count=1000)
    ids = [entry_id for _, entries in reply for entry_id, _ in entries]
    for entry_id in ids:
        await redis.xclaim(
            SOURCE, "copier", consumer, 0, [entry_id], idle=idle_ms, retrycount=deliveries, justid=True
        )
    return ids


async def holders(redis: Redis) -> dict[str, int]:
    """How many entries each consumer holds."""
    found = await redis.xinfo_consumers(SOURCE, "copier")
    return {row["name"].decode(): row["pending"] for row in found if row["pending"]}


def claims_of(*engines: Engine) -> Claims:
    """The claims of the first of the engines of one process."""
    return Claims(engines[0], OneProcess(engines), idle_seconds=IDLE_SECONDS)


async def swept(engine: Engine, claims: Claims | None = None) -> None:
    """One sweep, and the end of everything that it began."""
    await (claims or claims_of(engine)).sweep()
    await engine.slots.emptied()


async def name_of_a_process_that_ended() -> str:
    """The name under which a process of this host consumed before it ended."""
    code = "from copytaster.streams.consumers import consumer_name; print(consumer_name())"
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


async def test_what_a_living_process_holds_is_left_to_it_until_the_idle_time(redis_client: Redis) -> None:
    """Under the idle time nobody touches it, beyond it anybody may."""
    await publish(redis_client, 2)
    engine = make_engine(redis_client)
    [early, late] = await held_by(redis_client, "other", idle_ms=5_000)
    await redis_client.xclaim(SOURCE, "copier", "other", 0, [late], idle=LONG_MS, justid=True)

    await swept(engine)

    assert await redis_client.xlen(TARGET) == 1
    [left] = await redis_client.xpending_range(SOURCE, "copier", "-", "+", 10)
    assert left["message_id"] == early


async def test_what_a_process_of_this_host_held_when_it_ended_is_taken_at_once(redis_client: Redis) -> None:
    """No idle time has to pass when the process can be seen to be gone."""
    await publish(redis_client, 1)
    engine = make_engine(redis_client, consumer=consumer_name())
    await held_by(redis_client, await name_of_a_process_that_ended(), idle_ms=2_000)

    await swept(engine)

    assert await redis_client.xlen(TARGET) == 1


async def test_a_twin_in_another_container_is_not_taken_for_dead(redis_client: Redis) -> None:
    """The same host name and process id, but another space of ids: only silence can tell."""
    await publish(redis_client, 1)
    twin = consumer_name().split(".")
    twin[-2:] = ["abcdef", "123456"]
    await held_by(redis_client, ".".join(twin), idle_ms=5_000)

    await swept(make_engine(redis_client, consumer=consumer_name()))

    assert await redis_client.xlen(TARGET) == 0


async def test_a_process_takes_no_more_than_it_has_room_for(redis_client: Redis) -> None:
    """Of a hundred entries of a dead process one process has at most its capacity in hand at any time."""
    await publish(redis_client, 100)
    await held_by(redis_client, "dead", idle_ms=LONG_MS)
    most = 0

    async def counting(entry: Entry) -> Effects:
        nonlocal most
        most = max(most, (await holders(redis_client)).get("tester-1", 0))
        return await copy_on(entry)

    engine = make_engine(redis_client, counting, capacity=10)
    await swept(engine)

    assert await redis_client.xlen(TARGET) == 100
    assert 0 < most <= 10


async def test_of_two_claimers_one_gets_the_entry(redis_client: Redis) -> None:
    """Both saw it idle; the claim of the second is refused, and the handler runs once."""
    await publish(redis_client, 20)
    await held_by(redis_client, "dead", idle_ms=LONG_MS)
    handled: list[str] = []

    async def noting(entry: Entry) -> Effects:
        handled.append(entry.entry_id)
        return await copy_on(entry)

    engines = [make_engine(redis_client, noting, consumer=name, capacity=40) for name in ("one", "two")]
    await asyncio.gather(*(swept(engine) for engine in engines))

    assert len(handled) == len(set(handled)) == 20
    assert await redis_client.xlen(TARGET) == 20


async def test_a_failed_entry_waits_for_its_back_off_and_no_longer(redis_client: Redis) -> None:
    """Until it is due it is left alone, though nobody works on it; then it is tried, and its failures are forgotten."""
    await publish(redis_client, 1)
    engine = make_engine(redis_client)
    [entry_id] = await held_by(redis_client, "other", idle_ms=LONG_MS)
    now_ms = await now_ms_of(redis_client)

    left = []
    for due_ms in (now_ms + 60_000, now_ms - 1):
        await redis_client.hset(engine.failures.key, entry_id, f"1 0 {due_ms}")
        await redis_client.expire(engine.failures.key, 60)
        await swept(engine)
        left.append(sum((await holders(redis_client)).values()))

    assert left == [1, 0]
    assert await redis_client.xlen(TARGET) == 1
    assert await redis_client.exists(engine.failures.key) == 0


async def test_the_wait_doubles_up_to_its_cap_and_a_longer_wish_is_granted(redis_client: Redis) -> None:
    """5, 10, 20 … 300 s; a RetryLater that asks for more gets it."""
    await publish(redis_client, 1)
    engine = make_engine(redis_client)
    [(entry_id, _)] = await read_new(redis_client, engine)

    waits = [(await engine.failures.count(entry_id, "tester-1", bug=False))[1] for _ in range(8)]
    _, asked = await engine.failures.count(entry_id, "tester-1", bug=False, retry_after_seconds=3600.0)

    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]
    assert asked == 3600


async def test_a_failure_of_an_entry_that_another_took_over_is_not_counted(redis_client: Redis) -> None:
    """A late owner cannot push the new owner's entry towards its death."""
    await publish(redis_client, 1)
    engine = make_engine(redis_client)
    [(entry_id, _)] = await read_new(redis_client, engine)
    await redis_client.xclaim(SOURCE, "copier", "other", 0, [entry_id])

    counted, _ = await engine.failures.count(entry_id, "tester-1", bug=True)

    assert counted.handled == 0
    assert await redis_client.exists(engine.failures.key) == 0


async def test_an_entry_that_was_delivered_three_times_without_an_outcome_runs_alone(
    redis_client: Redis,
) -> None:
    """While a suspected killer runs, the process has nothing else in hand, on no stream."""
    await publish(redis_client, 6)
    ids = await held_by(redis_client, "dead", idle_ms=LONG_MS)
    suspect = ids[3].decode()
    await redis_client.xclaim(SOURCE, "copier", "dead", 0, [suspect], idle=LONG_MS, retrycount=3, justid=True)
    beside: dict[str, int] = {}

    async def watching(entry: Entry) -> Effects:
        await asyncio.sleep(0.01)
        beside[entry.entry_id] = len(engine.slots) - 1 + len(other.slots)
        return await copy_on(entry)

    engine, other = (make_engine(redis_client, watching, consumer=name) for name in ("one", "two"))
    await swept(engine, claims_of(engine, other))

    assert beside[suspect] == 0
    assert max(beside.values()) > 0
    assert await redis_client.xlen(TARGET) == 6


async def test_entries_that_were_only_beside_a_killer_come_before_it(redis_client: Redis) -> None:
    """The killer has one kill more once it ran alone; whoever comes after it would never be reached."""
    await publish(redis_client, 4)
    ids = await held_by(redis_client, "dead", idle_ms=LONG_MS, deliveries=3)
    await redis_client.xclaim(SOURCE, "copier", "dead", 0, [ids[0]], idle=LONG_MS, retrycount=4, justid=True)
    order: list[str] = []

    async def noting(entry: Entry) -> Effects:
        order.append(entry.entry_id)
        return await copy_on(entry)

    await swept(make_engine(redis_client, noting))

    assert order == [entry_id.decode() for entry_id in (*ids[1:], ids[0])]


async def test_after_twenty_deliveries_without_an_outcome_an_entry_dies(redis_client: Redis) -> None:
    """It lies in `dead` under its own code, and no handler ran once more."""
    await publish(redis_client, 1)
    await held_by(redis_client, "dead", idle_ms=LONG_MS, deliveries=20)

    async def never(_entry: Entry) -> Effects:
        raise AssertionError("the killer ran again")

    await swept(make_engine(redis_client, never))

    [(_, fields)] = await redis_client.xrange(KEYS.stream("dead"))
    death = parse_event(fields)[1]
    assert isinstance(death, EntryDied)
    assert death.code == "killed_workers"
    assert "20 deliveries" in death.error
    assert await holders(redis_client) == {}


async def test_handled_failures_are_no_kills(redis_client: Redis) -> None:
    """An entry that was tried twenty times and failed each time with an outcome is still tried."""
    await publish(redis_client, 1)
    engine = make_engine(redis_client)
    [entry_id] = await held_by(redis_client, engine.consumer, idle_ms=LONG_MS, deliveries=20)
    due_ms = int(entry_id.split(b"-")[0]) - LONG_MS
    await redis_client.hset(engine.failures.key, entry_id, f"19 0 {due_ms}")
    await redis_client.expire(engine.failures.key, 60)

    await swept(engine)

    assert await redis_client.xlen(TARGET) == 1


async def test_a_long_handler_keeps_its_entry(redis_client: Redis) -> None:
    """The lease is renewed, so the entry never looks idle; what somebody else took meanwhile is left to them."""
    await publish(redis_client, 2)
    engine = make_engine(redis_client)
    ids = await held_by(redis_client, engine.consumer, idle_ms=LONG_MS)
    for entry_id in ids:
        engine.slots.take(entry_id.decode())
    await redis_client.xclaim(SOURCE, "copier", "robber", 0, [ids[1]])

    lost = await Holding(engine).renew()

    rows = await redis_client.xpending_range(SOURCE, "copier", "-", "+", 10)
    assert lost == [ids[1].decode()]
    assert [row["consumer"] for row in rows] == [b"tester-1", b"robber"]
    assert rows[0]["time_since_delivered"] < 10_000
    assert rows[0]["times_delivered"] == 1


async def test_what_was_not_begun_is_handed_back_and_taken_at_once_by_another(redis_client: Redis) -> None:
    """It looks long idle and as if it had not been delivered; what runs and what waits for its back-off stays."""
    await publish(redis_client, 3)
    leaving = make_engine(redis_client, consumer="leaving")
    [begun, failed, waiting] = [entry_id for entry_id, _ in await read_new(redis_client, leaving)]
    leaving.slots.take(begun)
    leaving.slots.begin(begun)
    await leaving.failures.count(failed, "leaving", bug=True)

    handed_back = await Holding(leaving).hand_back()
    rows = {
        row["message_id"].decode(): row
        for row in await redis_client.xpending_range(SOURCE, "copier", "-", "+", 10)
    }
    await swept(make_engine(redis_client, consumer="staying"))

    assert handed_back == 1
    assert rows[waiting]["time_since_delivered"] >= HANDED_BACK_IDLE_MS
    assert rows[waiting]["times_delivered"] == 0
    assert rows[begun]["times_delivered"] == rows[failed]["times_delivered"] == 1
    assert await redis_client.xlen(TARGET) == 1


async def test_the_name_of_a_consumer_goes_only_when_it_holds_nothing(redis_client: Redis) -> None:
    """DELCONSUMER throws pending entries away, so look and removal are one step on the server."""
    await publish(redis_client, 1)
    await held_by(redis_client, "holding", idle_ms=0)
    await redis_client.xgroup_createconsumer(SOURCE, "copier", "empty")
    holding = Holding(make_engine(redis_client))

    results = [await holding.forget(name, silent_ms=0) for name in ("holding", "empty", "never seen")]
    too_early = await redis_client.xgroup_createconsumer(SOURCE, "copier", "young")

    assert results == [False, True, False]
    assert too_early
    assert not await holding.forget("young", silent_ms=60_000)
    assert await holders(redis_client) == {"holding": 1}


async def test_a_sweep_takes_out_the_names_of_the_gone_and_leaves_those_that_hold_something(
    redis_client: Redis,
) -> None:
    """Else each restart of a service would leave a name in the group for ever."""
    await publish(redis_client, 1)
    engine = make_engine(redis_client)
    [entry_id] = await held_by(redis_client, "holding", idle_ms=0)
    due_ms = await now_ms_of(redis_client) + 60_000
    await redis_client.hset(engine.failures.key, entry_id, f"1 0 {due_ms}")  # so that nobody takes it over
    await redis_client.expire(engine.failures.key, 60)
    for name in ("gone", engine.consumer):
        await redis_client.xgroup_createconsumer(SOURCE, "copier", name)
    claims = Claims(engine, OneProcess([engine]), idle_seconds=0.1)

    async def names() -> set[bytes]:
        await claims.sweep()
        return {row["name"] for row in await redis_client.xinfo_consumers(SOURCE, "copier")}

    async def gone() -> bool:
        return b"gone" not in await names()

    await wait_until(gone, description="the name was taken out")
    assert await names() == {b"holding", engine.consumer.encode()}


async def test_a_lost_group_is_made_again_by_the_sweep(redis_client: Redis) -> None:
    """FLUSHALL between two sweeps is no error."""
    engine = make_engine(redis_client)
    claims = claims_of(engine)

    await claims.sweep()

    [group] = await redis_client.xinfo_groups(SOURCE)
    assert (group["name"], group["last-delivered-id"]) == (b"copier", b"0-0")


async def test_the_name_of_a_process_is_its_own_and_says_where_it_runs() -> None:
    """Two processes never share a name, be it with the same host name and process id."""
    ended = await name_of_a_process_that_ended()

    assert consumer_name() == consumer_name() != ended
    assert f"-{os.getpid()}." in consumer_name()
