"""`copytaster ledger` as it is typed, over counts and queues on a real server."""

from __future__ import annotations

import json

import pytest
import redis
from click.testing import CliRunner, Result

from copytaster.cli.main import command
from copytaster.keys import STATE_SECONDS, Keys
from copytaster.streams.ledger.counting import expires_at, hour_of

KEYS = Keys("test")
FEED, OTHER = "a" * 32, "b" * 32
ADDRESS = "https://n.example/f"


@pytest.fixture
def hour(valkey_url: str) -> str:
    """The present hour, in which two feeds brought three items: one published, one dropped, one wanted."""
    with redis.Redis.from_url(valkey_url) as client:
        hour = hour_of(int(client.time()[0]) * 1000)
        counts = {f"{FEED} seen": 2, f"{FEED} published": 1, f"{OTHER} seen": 1, f"{OTHER} dropped:robots": 1}
        client.hset(KEYS.key("ledger", hour), mapping=counts)
        client.expireat(KEYS.key("ledger", hour), expires_at(hour))
        client.hset(KEYS.key("feed", FEED), mapping={"url": ADDRESS})
        client.hset(KEYS.key("item", "c" * 32), mapping={"hour": hour, "feed": FEED})
        client.expire(KEYS.key("item", "c" * 32), STATE_SECONDS)
        client.zadd(KEYS.key("wanted"), {"c" * 32: 1})
    return hour


def run(url: str, *words: str) -> Result:
    """The command as typed."""
    line = ["ledger", *words, "--redis-url", url, "--desk", "test"]
    return CliRunner(env={"COLUMNS": "200"}).invoke(command, line)


def test_the_table_has_a_row_for_each_feed_and_hour_and_the_totals(valkey_url: str, hour: str) -> None:
    """Balanced: exit code 0, and it says so."""
    done = run(valkey_url)
    rows = [line.split() for line in done.output.splitlines() if line.strip().startswith((hour, "total"))]

    assert done.exit_code == 0
    assert [row[2:4] for row in rows[:2]] == [["2", "1"], ["1", "0"]]
    assert rows[2][:3] == ["total", "3", "1"]
    assert ADDRESS in done.output
    assert "Dropped: 1 robots" in done.output
    assert "Balanced" in done.output


def test_json_has_every_number_under_its_name(valkey_url: str, hour: str) -> None:
    """Counts, what was found, and the difference."""
    shown = json.loads(run(valkey_url, "--json").output)

    assert (shown["balanced"], shown["imbalance"], shown["faults"]) == (True, 0, [])
    assert shown["totals"]["inFlight"] == 1
    assert shown["totals"]["found"] == {"wanted": 1, "articles": 0, "dead": 0}
    assert shown["totals"]["dropped"] == {"robots": 1}


@pytest.mark.parametrize("asked", [ADDRESS, FEED[:8], f"urn:uuid:{FEED}"])
def test_one_feed_is_named_by_address_or_urn(valkey_url: str, hour: str, asked: str) -> None:
    """And nothing of another is shown."""
    shown = json.loads(run(valkey_url, "--json", "--feed", asked).output)

    assert [row["feed"] for row in shown["rows"]] == [FEED]


def test_an_imbalance_is_told_with_its_place_and_exit_code_1(valkey_url: str, hour: str) -> None:
    """Even when the hour is not among those shown."""
    with redis.Redis.from_url(valkey_url) as client:
        client.delete(KEYS.key("wanted"))

    done = run(valkey_url, "--hour", "2020-01-01T00")

    assert done.exit_code == 1
    assert f"{hour} {ADDRESS}: 1 item lost at the stage wanted" in done.output
    assert "c" * 32 in done.output


@pytest.mark.parametrize("words", [("--since", "9d"), ("--since", "soon"), ("--hour", "noon")])
def test_a_time_that_is_none_is_a_usage_error(valkey_url: str, words: tuple[str, str]) -> None:
    """Exit code 2 and the form that is taken."""
    done = run(valkey_url, *words)

    assert done.exit_code == 2
    assert "such as" in done.output


def test_an_unknown_feed_is_one_clear_line(valkey_url: str, hour: str) -> None:
    """Exit code 1."""
    done = run(valkey_url, "--feed", "https://nobody.example/")

    assert done.exit_code == 1
    assert "knows no feed https://nobody.example/" in str(done.exception)
