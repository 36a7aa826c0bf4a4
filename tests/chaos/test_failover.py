"""Sentinel: services and commands follow the master, and a commit counts once a replica has it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from copytaster.errors import Misconfigured
from copytaster.keys import STATE_SECONDS
from copytaster.settings import load
from copytaster.streams.client import Client, NotReplicated
from copytaster.streams.commit import InputRef, Outcome, commit
from copytaster.streams.connection import open_redis, wait_for_redis
from copytaster.streams.effects import Effects
from copytaster.streams.patience import Patience
from tests.chaos.failover import BAR_SECONDS, fail_over
from tests.chaos.replicated import Replicated, replicated
from tests.stack.streams.builders import KEYS, SOURCE, notice
from tests.support import ROOT

KEY = KEYS.key("article", "replicated")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicated]:
    """A master, a replica and three Sentinels for the tests that leave them as they are."""
    with replicated(tmp_path_factory.mktemp("replicated")) as running:
        yield running


@pytest.fixture
async def client(servers: Replicated) -> AsyncIterator[Client]:
    """A client that finds the master by the Sentinels."""
    redis = open_redis(load(servers.settings))
    await redis.flushall()
    yield redis
    await redis.aclose()


@pytest.mark.slow
async def test_after_the_master_was_killed_all_goes_on_soon_and_nothing_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    """Publisher and service are back within ten seconds of the switch; what was acknowledged comes out once."""
    run = await fail_over(tmp_path)

    assert (run.lost, run.doubled) == (0, 0)
    assert run.switch_to_published <= BAR_SECONDS
    assert run.switch_to_consumed <= BAR_SECONDS


async def test_a_commit_that_no_replica_confirms_is_not_counted_done(
    servers: Replicated, client: Client
) -> None:
    """The replica is frozen: the commit says so, also when it is repeated over another connection."""
    await client.xgroup_create(SOURCE, "copier", id="0", mkstream=True)
    await client.xadd(SOURCE, notice(1))
    [[_, [[entry_id, _]]]] = await client.xreadgroup("copier", "me", {SOURCE: ">"})
    source = InputRef(SOURCE, "copier", entry_id.decode(), "me", KEYS.key("done", "copier", "one"))
    effects = Effects()
    effects.write_hash(KEY, {"here": 1}, lifetime_seconds=STATE_SECONDS)
    servers.freeze(servers.nodes[1])
    try:
        with pytest.raises(NotReplicated, match="0 of 1"):
            await commit(client, effects, source)
        await client.connection_pool.disconnect()
        with pytest.raises(NotReplicated, match="0 of 1"):
            await commit(client, effects, source)
    finally:
        servers.thaw(servers.nodes[1])

    assert await Patience().until_redis_answers(lambda: commit(client, effects, source)) is Outcome.DUPLICATE


async def test_a_server_that_became_a_replica_is_left_and_the_work_waits(
    servers: Replicated, client: Client
) -> None:
    """A plain address: READONLY closes the connection, so that the next attempt may reach another server."""
    demoted = open_redis(load({}, redis_url=f"redis://127.0.0.1:{servers.nodes[1]}/0"))
    try:
        with pytest.raises(RedisConnectionError, match="takes no writes"):
            await demoted.set(KEY, "1")
    finally:
        await demoted.aclose()


async def test_a_master_without_min_replicas_to_write_is_warned_of_at_start(
    servers: Replicated, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cut off from its replica it would go on taking writes that are lost at the switch."""
    await wait_for_redis(client, Patience())
    guarded = capsys.readouterr().out
    await client.config_set("min-replicas-to-write", 0)
    try:
        await wait_for_redis(client, Patience())
    finally:
        await client.config_set("min-replicas-to-write", 1)

    assert "replication.unguarded" not in guarded
    assert "replication.unguarded" in capsys.readouterr().out


async def test_commands_find_the_master_by_the_sentinels(servers: Replicated, client: Client) -> None:
    """`copytaster status` says which Sentinels it asked; one that is away is passed over."""
    one, two, three = servers.settings["COPYTASTER_REDIS_SENTINELS"].split(",")
    away = {**servers.settings, "COPYTASTER_REDIS_SENTINELS": f"127.0.0.1:1,{one},{two},{three}"}
    status = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "copytaster.cli.main", "status"],
        cwd=ROOT,
        env={**os.environ, **away},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "copytaster of the Sentinels 127.0.0.1:1, " in status.stdout
    assert "no Redis" not in status.stdout + status.stderr


def test_the_address_of_a_sentinel_needs_a_port() -> None:
    """The message names the setting and what was given."""
    with pytest.raises(Misconfigured, match=r"COPYTASTER_REDIS_SENTINELS: 'sentinel-1' is not host:port"):
        open_redis(load({}, redis_sentinels="sentinel-1"))
