"""Dead entries as an operator handles them, on a real server."""

from __future__ import annotations

import asyncio
import json

import pytest
from click.testing import CliRunner, Result
from redis.asyncio import Redis

from copytaster.cli.main import command
from copytaster.errors import Quarantine
from copytaster.streams.effects import Effects
from copytaster.streams.entries import Entry
from copytaster.streams.groups import ensure_group
from tests.stack.streams.builders import KEYS, SOURCE, TARGET, make_engine, notice, read_new

DEAD = KEYS.stream("dead")


async def refuse(_entry: Entry) -> Effects:
    """A handler that can never succeed."""
    raise Quarantine("page_lost", "its bytes are gone")


@pytest.fixture
async def grave(redis_client: Redis) -> list[str]:
    """Two dead entries: one refused, one that is no event; gives their ids on `dead`."""
    engine = make_engine(redis_client, refuse)
    await ensure_group(redis_client, SOURCE, "copier")
    await redis_client.xadd(SOURCE, notice(1))
    await redis_client.xadd(SOURCE, {b"what": b"\xff\xfe", "über": "grün"})
    await engine.process(await read_new(redis_client, engine))
    return [entry_id.decode() for entry_id, _ in await redis_client.xrange(DEAD)]


def run(url: str, *words: str) -> Result:
    """The command as typed, against the test's server."""
    return CliRunner().invoke(command, ["dead", *words, "--redis-url", url, "--desk", "test"])


def errors_of(result: Result) -> str:
    """What the command raised, as the operator reads it."""
    return str(result.exception or "") + result.output


def test_the_list_names_each_with_its_reason(valkey_url: str, grave: list[str]) -> None:
    """A table for people, lines of JSON for programs."""
    table = run(valkey_url, "list")
    lines = [json.loads(line) for line in run(valkey_url, "list", "--json").output.splitlines()]

    assert all(entry in table.output for entry in grave)
    assert {line["code"] for line in lines} == {"page_lost", "undecodable"}
    assert run(valkey_url, "list", "--json", "--code", "page_lost").output.count("\n") == 1


async def test_a_retried_entry_is_processed_again_and_once(
    valkey_url: str, grave: list[str], redis_client: Redis
) -> None:
    """After the mend the original comes out; a second retry finds nothing to do."""
    rehearsal = await asyncio.to_thread(run, valkey_url, "retry", "--all", "--code", "page_lost", "--dry-run")
    first = await asyncio.to_thread(run, valkey_url, "retry", "--all", "--code", "page_lost")
    again = await asyncio.to_thread(run, valkey_url, "retry", "--all", "--code", "page_lost")
    mended = make_engine(redis_client)
    await mended.process(await read_new(redis_client, mended))

    assert "1 would be put back" in rehearsal.output
    assert "1 put back" in first.output
    assert "0 put back" in again.output
    assert await redis_client.xlen(TARGET) == 1
    assert await redis_client.xlen(DEAD) == 1


def test_a_program_gets_the_ids_of_what_was_changed_and_nothing_the_second_time(
    valkey_url: str, grave: list[str]
) -> None:
    """With --json retry and drop say what they did; said again they find nothing to do."""
    said = [
        json.loads(run(valkey_url, *words, "--json").stdout)
        for words in (
            ("retry", "--all", "--dry-run"),
            ("retry", grave[0]),
            ("drop", "--all"),
            ("drop", "--all"),
        )
    ]

    assert said == [
        {"entries": grave, "dryRun": True},
        {"entries": grave[:1], "dryRun": False},
        {"entries": grave[1:], "dryRun": False},
        {"entries": [], "dryRun": False},
    ]


async def test_what_could_not_be_decoded_comes_back_byte_for_byte(
    valkey_url: str, grave: list[str], redis_client: Redis
) -> None:
    """Bytes that are no UTF-8 survive their death."""
    before = (await redis_client.xrange(SOURCE))[-1][1]

    await asyncio.to_thread(run, valkey_url, "retry", "--all", "--code", "undecodable")

    assert (await redis_client.xrange(SOURCE))[-1][1] == before
    assert len(await redis_client.xrange(SOURCE)) == 3


def test_a_dropped_entry_is_gone_and_an_unknown_one_is_one_line(valkey_url: str, grave: list[str]) -> None:
    """Exit code 1 for an id that is not there, 2 for a call that names nothing."""
    assert "1 dropped" in run(valkey_url, "drop", grave[0]).output
    assert json.loads(run(valkey_url, "show", grave[1]).output)["entryid"] == grave[1]

    unknown = run(valkey_url, "drop", grave[0])
    nothing = run(valkey_url, "retry")

    assert unknown.exit_code == 1
    assert f"no dead entry {grave[0]}" in errors_of(unknown)
    assert nothing.exit_code == 2
