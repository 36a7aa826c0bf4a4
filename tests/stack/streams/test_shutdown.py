"""How a service ends: what runs is finished, what was not begun is free for others, and the exit code says so."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import redis
from redis.asyncio import Redis

from copytaster.streams.delivery import Delivery
from copytaster.streams.effects import Effects
from copytaster.streams.entries import Entry
from copytaster.streams.groups import ensure_group
from copytaster.streams.patience import Patience
from copytaster.streams.reader import PatientReads
from tests.stack.streams.builders import SOURCE, TARGET, make_engine, notice, read_new
from tests.stack.streams.process import copied, copier
from tests.support import wait_until, wait_until_sync


def test_a_stopped_service_finishes_what_runs_and_leaves_the_rest_to_others_at_once(
    valkey_url: str, tmp_path: Path
) -> None:
    """Exit code 0, nothing half done; the next process does not wait for any idle time."""
    client = redis.Redis.from_url(valkey_url)
    for number in range(1, 17):
        client.xadd(SOURCE, notice(number))
    with copier(valkey_url, tmp_path, COPIER_SECONDS="0.3", COPYTASTER_CLAIM_IDLE_SECONDS="600") as first:
        wait_until_sync(lambda: copied(client) > 0, description="work begun", timeout_seconds=20)
        code = first.stop()
    done = copied(client)
    left = client.xpending_range(SOURCE, "copier", "-", "+", 100)

    with copier(valkey_url, tmp_path, COPYTASTER_CLAIM_IDLE_SECONDS="600"):
        wait_until_sync(lambda: copied(client) == 16, description="all copied", timeout_seconds=20)

    assert code == 0
    assert 4 <= done < 16
    assert left
    assert {row["times_delivered"] for row in left} == {0}
    returned = [line for line in first.lines() if line["event"] == "entries.returned"]
    assert [line["entries"] for line in returned] == [len(left)]
    assert len({fields[b"ce_subject"] for _, fields in client.xrange(TARGET)}) == 16


def test_a_mistake_of_the_operator_that_a_handler_meets_is_one_line_and_exit_code_2(
    valkey_url: str, tmp_path: Path
) -> None:
    """The service stops, the line names the mistake, the entry is kept for the time after the mend."""
    client = redis.Redis.from_url(valkey_url)
    client.xadd(SOURCE, notice(1))
    with copier(valkey_url, tmp_path, COPIER_REFUSE_AT="1") as service:
        code = service.process.wait(timeout=20)

    assert code == 2
    [line] = [line for line in service.lines() if line["event"] == "service.misconfigured"]
    assert line["reason"] == "COPIER_REFUSE_AT names this entry"
    assert "Traceback" not in json.dumps(service.lines())
    assert client.xpending(SOURCE, "copier")["pending"] == 1


async def test_what_does_not_end_in_time_is_not_called_a_clean_stop(redis_client: Redis) -> None:
    """A handler that hangs: the wait ends after its time, its entry is not handed back, the rest is."""
    patience, hanging = Patience(), asyncio.Event()

    async def hangs(_entry: Entry) -> Effects:
        await hanging.wait()
        return Effects()

    engine = make_engine(redis_client, hangs, patience=patience)
    await ensure_group(redis_client, SOURCE, "copier")
    for number in range(1, 13):
        await redis_client.xadd(SOURCE, notice(number))
    tasks = engine.accept(await read_new(redis_client, engine))
    await wait_until(lambda: len(engine.slots.begun) == 8, description="eight entries run")
    delivery = Delivery([engine], patience, idle_seconds=60)
    reads = PatientReads(redis_client.xreadgroup, redis_client, patience, [engine])
    patience.stop()
    began = time.monotonic()

    clean = await delivery.wind_down(reads, seconds=0.2)

    assert not clean
    assert time.monotonic() - began < 5
    rows = await redis_client.xpending_range(SOURCE, "copier", "-", "+", 100)
    assert sorted(row["times_delivered"] for row in rows) == [0] * 4 + [1] * 8
    hanging.set()
    await asyncio.wait(tasks)
