"""The documented subscribers, each as its own process on a real server, killed in the middle."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from copytaster_schemas import parse_event, stream_key
from tests.stack.subscribers.conftest import Server
from tests.stack.subscribers.programs import Program, code_block, running
from tests.stack.subscribers.recording import DESK, STREAMS, Recorded, play
from tests.support import ROOT, unavailable, wait_until_sync

GUIDE = "docs/subscribing.md"
SECONDS = 40
"""For one program to start and read a hundred entries on a busy machine."""

LAST = 12
"""So many events are written only while the restarted subscriber is at work."""


@dataclass(frozen=True, slots=True)
class Example:
    """A program of the documents: its group, how to write it down and start it, what it prints of an event."""

    group: str
    start: Callable[[Path, pytest.FixtureRequest], Sequence[str]]
    key: Callable[[Recorded], str] = lambda event: event.key

    def expected(self, events: Sequence[Recorded]) -> dict[str, str]:
        """What the program has to print, by the key of the event."""
        return {self.key(event): event.says for event in events}


def _subscriber(_folder: Path, _request: pytest.FixtureRequest) -> Sequence[str]:
    return [sys.executable, str(ROOT / "deploy" / "subscriber" / "subscriber.py")]


def _python(mark: str) -> Callable[[Path, pytest.FixtureRequest], Sequence[str]]:
    def start(folder: Path, _request: pytest.FixtureRequest) -> Sequence[str]:
        script = folder / "subscriber.py"
        script.write_text(code_block(GUIDE, "python", mark), encoding="utf-8")
        return [sys.executable, str(script)]

    return start


def _node(folder: Path, request: pytest.FixtureRequest) -> Sequence[str]:
    modules, node = request.getfixturevalue("node_modules"), request.getfixturevalue("node")
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(modules)
    script = folder / "subscriber.mjs"
    script.write_text(code_block(GUIDE, "js", "createClient"), encoding="utf-8")
    return [node, str(script)]


EXAMPLES = {
    "redis-py": Example("example", _subscriber),
    "faststream": Example("faststream-example", _python("cloudevents")),
    "unmodified faststream": Example("plain-example", _python("plain-example"), lambda event: event.body_key),
    "node": Example("node-example", _node),
}


def environment(server: Server, **more: str) -> Mapping[str, str]:
    """What the examples read from the environment: they are let in as the stack lets them in."""
    return {"REDIS_URL": server.as_subscriber(), "CLAIM_IDLE_MS": "300", **more}


def by_key(lines: Sequence[str]) -> dict[str, str]:
    """What was printed of each event; an event that was printed twice has to be printed alike.

    FastStream's own log lines, which it writes to standard output, are left out.
    """
    found: dict[str, str] = {}
    for line in lines:
        if not line.startswith(("/copytaster/", "urn:")):
            continue
        first, second, says = line.split(" ", 2)
        assert found.setdefault(f"{first} {second}", says) == says
    return found


def state(client: redis.Redis, stream: str, group: str) -> dict[str, Any]:
    """What the server says of the group, nothing if it does not know it."""
    if not client.exists(stream):
        return {}
    return next((found for found in client.xinfo_groups(stream) if found["name"] == group.encode()), {})


def pending(server: Server, example: Example) -> int:
    """How many entries the group was given and has not acknowledged."""
    groups = [state(server.client, stream_key(DESK, name), example.group) for name in STREAMS]
    return sum(found.get("pending", 0) for found in groups)


def acknowledged(server: Server, example: Example) -> int:
    """How many entries the group was given and has acknowledged."""
    groups = [state(server.client, stream_key(DESK, name), example.group) for name in STREAMS]
    return sum((found.get("entries-read") or 0) - found.get("pending", 0) for found in groups)


def has_all(program: Program, earlier: Sequence[str], expected: Mapping[str, str]) -> bool:
    """Whether the program, with what was printed before, has printed every event."""
    return by_key([*earlier, *program.lines()]).keys() >= expected.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_subscriber_killed_in_the_middle_misses_nothing(
    name: str, server: Server, recording: list[Recorded], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Started again it gets what it had in hand and what came since: every event exactly once by its key."""
    example = EXAMPLES[name]
    command, expected = example.start(tmp_path, request), example.expected(recording)
    play(server.client, recording[:-LAST])
    if name == "unmodified faststream":  # as its comment asks for
        for stream in STREAMS:
            server.client.xgroup_create(stream_key(DESK, stream), example.group, id="0")

    with running(command, folder=tmp_path, environment=environment(server), held_up=True) as first:
        wait_until_sync(
            lambda: acknowledged(server, example) > 0 and pending(server, example) > 0,
            description=f"{name} has handled some and has some in hand",
            timeout_seconds=SECONDS,
        )
        first.kill()
        in_hand, before = pending(server, example), _lines_of_the_dead(first)

    assert in_hand > 0
    assert set(by_key(before)) < set(expected)
    with running(command, folder=tmp_path, environment=environment(server)) as second:
        play(server.client, recording[-LAST:])
        wait_until_sync(
            lambda: has_all(second, before, expected),
            description=f"{name} has everything",
            timeout_seconds=SECONDS,
        )
        wait_until_sync(lambda: pending(server, example) == 0, description="all is acknowledged")
        assert by_key([*before, *second.lines()]) == expected


def _lines_of_the_dead(program: Program) -> list[str]:
    lines = program.lines()
    assert lines, program.log.read_text()[-2000:]
    return lines


def test_the_marks_of_the_python_subscriber_keep_a_redelivered_event_from_counting_twice(
    valkey: Server, recording: list[Recorded], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The whole stream delivered again to a restarted subscriber prints nothing but what is new."""
    example = EXAMPLES["redis-py"]
    command, old, new = example.start(tmp_path, request), recording[:-1], recording[-1]
    play(valkey.client, old)
    with running(command, folder=tmp_path, environment=environment(valkey)) as program:
        wait_until_sync(
            lambda: acknowledged(valkey, example) == len(old),
            description="all is acknowledged",
            timeout_seconds=SECONDS,
        )
        assert by_key(program.lines()) == example.expected(old)

    for stream in STREAMS:
        valkey.client.xgroup_destroy(stream_key(DESK, stream), example.group)
    play(valkey.client, [new])
    with running(command, folder=tmp_path, environment=environment(valkey)) as again:
        wait_until_sync(lambda: again.lines(), description="the new event", timeout_seconds=SECONDS)
        wait_until_sync(
            lambda: acknowledged(valkey, example) == len(recording) and pending(valkey, example) == 0,
            description="all is acknowledged",
        )
        assert again.lines() == [f"{new.key} {new.says}"]


def test_a_group_that_joins_late_gets_all_from_0_and_only_what_is_new_from_the_end(
    server: Server, recording: list[Recorded], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Groups do not take anything from one another, and each starts where it asked to."""
    example, half = EXAMPLES["redis-py"], len(recording) // 2
    command, (old, new) = example.start(tmp_path, request), (recording[:half], recording[half:])
    play(server.client, old)
    folders = {group: tmp_path / group for group in ("early", "from-0", "from-the-end")}
    for folder in folders.values():
        folder.mkdir()

    def subscribe(group: str, start: str) -> Any:
        settings = environment(server, GROUP=group, START=start)
        return running(command, folder=folders[group], environment=settings)

    with subscribe("early", "0") as early:
        wait_until_sync(
            lambda: has_all(early, [], example.expected(old)), description="early", timeout_seconds=SECONDS
        )
        with subscribe("from-0", "0") as from_0, subscribe("from-the-end", "$") as from_the_end:
            last = stream_key(DESK, STREAMS[-1])
            wait_until_sync(
                lambda: state(server.client, last, "from-the-end"),
                description="its groups are there",
                timeout_seconds=SECONDS,
            )
            play(server.client, new)
            for program, events in ((early, recording), (from_0, recording), (from_the_end, new)):
                wait_until_sync(
                    partial(has_all, program, [], example.expected(events)),
                    description=f"{len(events)} events",
                    timeout_seconds=SECONDS,
                )
                assert by_key(program.lines()) == example.expected(events)
                assert len(program.lines()) == len(events)


def test_a_plain_client_gets_the_very_bytes_and_the_models_read_them(
    server: Server, recording: list[Recorded]
) -> None:
    """redis-py alone: every field as it was written, Cyrillic and umlauts too; revisions of a subject in order."""
    play(server.client, recording)
    for name in STREAMS:
        stream = stream_key(DESK, name)
        server.client.xgroup_create(stream, "plain", id="0")
        [[_, entries]] = server.client.xreadgroup("plain", "one", {stream: ">"}, count=1000)
        written = [event.fields for event in recording if event.stream == name]

        assert [fields for _, fields in entries] == written
        assert [parse_event(fields)[1].to_json() for _, fields in entries] == [
            fields[b"data"] for fields in written
        ]
    revisions: dict[str, int] = {}
    for event in recording:
        subject, revision = event.body_key.split()
        assert int(revision) == revisions.get(subject, 0) + 1
        revisions[subject] = int(revision)
    headlines = " ".join(event.says for event in recording)
    assert "ü" in headlines
    assert "я" in headlines


def test_an_event_from_the_future_is_passed_over_with_one_line(
    valkey: Server, recording: list[Recorded], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A type of another major version stops nobody: it is named, acknowledged, and the next event is handled."""
    example, event = EXAMPLES["redis-py"], recording[0]
    future = {**event.fields, b"ce_id": b"f" * 32, b"ce_type": b"copytaster.story.published.v2"}
    play(valkey.client, [Recorded("stories", future), event])

    command = example.start(tmp_path, request)
    with running(command, folder=tmp_path, environment=environment(valkey)) as program:
        wait_until_sync(lambda: program.lines(), description="the known event", timeout_seconds=SECONDS)
        wait_until_sync(lambda: pending(valkey, example) == 0, description="all is acknowledged")
        assert program.lines() == [f"{event.key} {event.says}"]
        [line] = program.log.read_text().splitlines()

    assert "passed over" in line
    assert "copytaster.story.published.v2" in line


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param("redis://127.0.0.1:1", "refused", id="nobody listens"),
        pytest.param("redis://nobody:wrong@{address}", "invalid username-password", id="wrong password"),
    ],
)
def test_a_subscriber_that_is_not_let_in_says_so_in_one_line(
    url: str, says: str, valkey: Server, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """No traceback, exit code 1: the supervisor starts it again."""
    address = valkey.url.removeprefix("redis://")
    command = EXAMPLES["redis-py"].start(tmp_path, request)
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "REDIS_URL": url.format(address=address)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    [line] = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith("subscriber: ")
    assert says in line.lower()


def test_the_readme_of_the_schemas_has_a_subscriber_in_15_lines(
    valkey: Server, recording: list[Recorded], tmp_path: Path
) -> None:
    """The block as it stands prints every change of a cluster."""
    block = code_block("schemas/README.md", "python", "parse_event")
    assert len(block.splitlines()) <= 15
    script = tmp_path / "subscriber.py"
    script.write_text(block, encoding="utf-8")
    changes = [event for event in recording if event.stream == "clusters"]
    play(valkey.client, changes)
    play(valkey.client, changes[:3])  # a doubled entry is one event

    with running([sys.executable, str(script)], folder=tmp_path, environment=environment(valkey)) as program:
        wait_until_sync(
            lambda: len(program.lines()) >= len(changes),
            description="all changes are printed",
            timeout_seconds=SECONDS,
        )
        play(valkey.client, [Recorded("clusters", {**changes[0].fields, b"ce_id": b"e" * 32})])
        wait_until_sync(
            lambda: len(program.lines()) > len(changes), description="one more", timeout_seconds=SECONDS
        )
        lines = program.lines()

    assert len(lines) == len(changes) + 1
    for line, event in zip(lines, changes, strict=False):
        assert line.startswith(event.says.replace("(nothing left)", "None"))


@pytest.mark.docker
def test_entries_read_with_redis_cli_are_json(redis_8: Server, recording: list[Recorded]) -> None:
    """`redis-cli --json` gives every field, and `data` is one JSON document."""
    redis_8.client.flushall()
    play(redis_8.client, recording)
    for name in STREAMS:
        command = [*redis_8.redis_cli, "--json", "XRANGE", stream_key(DESK, name), "-", "+"]
        reply = json.loads(subprocess.check_output(command, timeout=30))
        read = [dict(zip(fields[::2], fields[1::2], strict=True)) for _, fields in reply]
        written = [event for event in recording if event.stream == name]

        assert [f"{fields['ce_source']} {fields['ce_id']}" for fields in read] == [
            event.key for event in written
        ]
        assert [json.loads(fields["data"]) for fields in read] == [event.data.to_dict() for event in written]


@pytest.mark.docker
def test_the_guides_first_look_with_redis_cli_and_jq_shows_every_cluster(
    redis_8: Server, recording: list[Recorded], tmp_path: Path
) -> None:
    """The shell block as it stands; its `redis-cli` is the container's own."""
    if shutil.which("jq") is None:
        unavailable("there is no jq command; that the entries are JSON is tested without it")
    redis_8.client.flushall()
    play(redis_8.client, recording)
    output = shell(redis_8, tmp_path, code_block(GUIDE, "sh", "--json XRANGE"))

    changes = [event for event in recording if event.stream == "clusters"]
    assert output.splitlines() == [f"{event.key} {event.says}" for event in changes]


@pytest.mark.docker
def test_a_snapshot_and_the_group_that_goes_on_from_it_tell_every_cluster(
    redis_8: Server, recording: list[Recorded], tmp_path: Path
) -> None:
    """The guide's block as it stands: the group is given what was written after the snapshot, and nothing before."""
    if shutil.which("jq") is None:
        unavailable("there is no jq command")
    redis_8.client.flushall()
    changes = [event for event in recording if event.stream == "clusters"]
    half = len(changes) // 2
    play(redis_8.client, changes[:half])

    shell(redis_8, tmp_path, code_block(GUIDE, "sh", "copytaster export clusters"))
    play(redis_8.client, changes[half:])

    [[_, fresh]] = redis_8.client.xreadgroup("mine", "one", {stream_key(DESK, "clusters"): ">"}, count=1000)
    assert [fields for _, fields in fresh] == [event.fields for event in changes[half:]]
    lines = [json.loads(line) for line in (tmp_path / "clusters.jsonl").read_text().splitlines()]
    latest = {event.data.to_dict()["cluster"]: event.data.to_dict() for event in changes[:half]}
    assert {line["cluster"]: line for line in lines[:-1]} == {
        name: data for name, data in latest.items() if data["state"] == "open"
    }


def shell(server: Server, folder: Path, script: str) -> str:
    """Standard output of a block of the guide; its `redis-cli` is the container's own, its `copytaster` that of the tests."""
    stand_in = folder / "redis-cli"
    stand_in.write_text(f'#!/bin/sh\nexec {" ".join(server.redis_cli)} "$@"\n')
    stand_in.chmod(0o755)
    path = os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.check_output(
        ["sh", "-ec", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "COPYTASTER_REDIS_URL": server.url},
        text=True,
        timeout=60,
    )
