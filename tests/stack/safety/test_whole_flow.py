"""Every service's process as its own user over the demo newsroom, and a person's commands: nothing may be refused to them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import redis.asyncio
from click.testing import CliRunner

from copytaster.cli.main import command as copytaster
from copytaster.fetcher.io.store import Store
from copytaster.keys import Keys
from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.verdict import judge
from copytaster.streams.backlog import OWN_GROUPS
from copytaster.streams.trim import trim
from copytaster_schemas import ClusterChanged
from tests import keycheck
from tests.stack.safety.guarded import Guarded
from tests.support import wait_until_sync

COPYTASTER = [sys.executable, "-m", "copytaster.cli.main"]
SERVICES = ("fetcher", "extractor", "deduplicator")
KEYS = Keys("main")
CATALOGUE = load_catalogue()


def environment(guarded: Guarded, user: str, **more: str) -> dict[str, str]:
    """The settings of a process that is `user`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COPYTASTER_")}
    return {
        **inherited,
        "COPYTASTER_REDIS_URL": guarded.url,
        "COPYTASTER_REDIS_USERNAME": user,
        "COPYTASTER_REDIS_PASSWORD_FILE": str(guarded.password_file(user)),
        "COPYTASTER_HEALTH_PORT": "0",
        "COPYTASTER_CONTACT": "desk@nordpost.example",
        **more,
    }


@contextlib.contextmanager
def newsroom() -> Iterator[int]:
    """The demo newsroom, everything on air at once; gives its port."""
    command = [*COPYTASTER, "newsroom", "serve", "--port", "0", "--pace", "0", "--correct-after", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(json.loads(process.stdout.readline())["port"])
        finally:
            process.kill()


@contextlib.contextmanager
def services(guarded: Guarded, folder: Path, settings: Mapping[str, str]) -> Iterator[None]:
    """The three services, each as its own user, stopped as SIGTERM stops them; all have to end well."""
    running = {}
    try:
        for name in SERVICES:
            with (folder / f"{name}.log").open("w") as log:
                running[name] = subprocess.Popen(
                    [*COPYTASTER, "serve", name],
                    env=environment(guarded, name, **settings),
                    stderr=log,
                    stdout=log,
                )
        yield
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        assert {name: process.wait(timeout=40) for name, process in running.items()} == dict.fromkeys(
            SERVICES, 0
        )
    finally:
        for process in running.values():
            process.kill()
            process.wait()


def _all_linked(guarded: Guarded) -> bool:
    with guarded.client("root") as root:
        entries = root.xrange(KEYS.stream("clusters"))
    latest = {}
    for _, fields in entries:
        change = ClusterChanged.model_validate_json(fields[b"data"])
        latest[change.cluster] = change
    clusters = [
        [
            article.id
            for member in change.members
            if (article := CATALOGUE.at_address((member.url or "").partition("?")[0])) is not None
        ]
        for change in latest.values()
        if change.state != "merged"
    ]
    return judge(CATALOGUE, clusters).holds


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_service_and_no_command_is_refused_anything(guarded_embedded: Guarded, tmp_path: Path) -> None:
    """Feeds, pages, drops, dead entries, links, clusters, takeovers, a changed feeds file; then what a person types."""
    guarded = guarded_embedded
    guarded.forget()
    feeds = tmp_path / "feeds.toml"
    with guarded.client("root") as root:
        for stream in ("articles", "stories", "links"):
            root.xadd(KEYS.stream(stream), {"no": "event"})  # each service has one to bury
    with newsroom() as port:
        listing = subprocess.run(
            [*COPYTASTER, "newsroom", "feeds", "--port", str(port)],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        feeds.write_text(listing)
        settings = {
            "COPYTASTER_FEEDS_FILE": str(feeds),
            "COPYTASTER_FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
            "COPYTASTER_FETCH_ALLOW_PORTS": str(port),
            "COPYTASTER_FETCH_RESOLVE": "*.example=127.0.0.1",
            "COPYTASTER_HOST_SPACING_SECONDS": "0.05",
            "COPYTASTER_CLAIM_IDLE_SECONDS": "1",
            "COPYTASTER_EXTRACT_WORKERS": "1",
        }
        with services(guarded, tmp_path, settings):
            wait_until_sync(
                lambda: _all_linked(guarded),
                description="all copies are linked",
                timeout_seconds=150,
                poll_seconds=1,
            )
            feeds.write_text(listing.rpartition("[[feeds]]")[0])
            with guarded.client("root") as root:
                wait_until_sync(
                    lambda: root.scard(KEYS.key("feeds", "paused")),
                    description="the feed that the file no longer names is paused",
                    timeout_seconds=30,
                )
                wait_until_sync(
                    lambda: root.xlen(KEYS.stream("dead")) == 3, description="three entries are dead"
                )
                assert root.xlen(KEYS.stream("drops")) > 0
            _commands(guarded)

    assert guarded.denied() == []
    with guarded.client("root") as root:
        assert root.zcard(KEYS.key("services")) == 0
        assert keycheck.faults(root) == []


def _commands(guarded: Guarded) -> None:
    """What an operator types, all of it as the user `operator`; each has to end well."""
    with guarded.client("root", decode_responses=True) as root:
        cluster = root.xrange(KEYS.stream("clusters"))[0][1]["ce_subject"]
        first, second = (fields["ce_subject"] for _, fields in root.xrange(KEYS.stream("stories"))[1:3])
        dead = [entry_id for entry_id, _ in root.xrange(KEYS.stream("dead"))]
    new = "https://extra.example/feed.xml"
    env = environment(guarded, "operator", COLUMNS="120")
    for line in (
        ["feeds", "add", new, "--no-check"],
        ["feeds", "pause", new],
        ["feeds", "resume", new],
        ["feeds", "refresh", new],
        ["feeds", "list"],
        ["feeds", "show", new],
        ["feeds", "remove", new],
        ["feeds", "export"],
        ["tail", "stories", "--no-follow"],
        ["tail", "drops", "--since", "0", "--no-follow", "--json"],
        ["clusters", "list"],
        ["clusters", "show", cluster],
        ["clusters", "explain", first, second],
        ["find", first],
        ["ledger"],
        ["export", "clusters"],
        ["dead", "list"],
        ["dead", "retry", dead[0]],
        ["dead", "drop", dead[1]],
    ):
        done = CliRunner(env=env).invoke(copytaster, line)
        assert done.exit_code == 0, (line, done.output, done.exception)
    done = CliRunner(env=env).invoke(copytaster, ["status"])
    assert "Redis" in done.output, (done.output, done.exception)


async def test_trimming_and_holding_a_host_are_granted(guarded: Guarded) -> None:
    """What happens once a minute, and what only a publisher's refusal brings about."""
    for user, streams in (
        ("fetcher", ("articles", "feeds", "drops")),
        ("extractor", ("stories",)),
        ("deduplicator", ("links", "clusters")),
    ):
        with guarded.client("root") as root:
            for name in streams:
                root.xadd(KEYS.stream(name), {"a": "b"}, id="1-1")
                root.xgroup_create(KEYS.stream(name), OWN_GROUPS.get(name, "reader"), id="$")
        client = redis.asyncio.Redis(
            host=guarded.host, port=guarded.port, username=user, password=guarded.password(user)
        )
        try:
            assert [await trim(client, KEYS, name) for name in streams] == [1] * len(streams)
            if user == "fetcher":
                await Store(client, KEYS).hold_host("nordpost.example", until_ms=1)
        finally:
            await client.aclose()

    assert guarded.denied() == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_wrong_password_is_one_clear_line(guarded_embedded: Guarded, tmp_path: Path, service: str) -> None:
    """Exit code 2, the setting's name, not the password."""
    secret = tmp_path / "password"
    secret.write_text("swordfish\n")
    env = environment(guarded_embedded, service, COPYTASTER_REDIS_PASSWORD_FILE=str(secret))

    done = subprocess.run(
        [*COPYTASTER, "serve", service], env=env, capture_output=True, text=True, timeout=60, check=False
    )

    [line] = done.stderr.splitlines()
    assert done.returncode == 2
    assert json.loads(line)["event"] == "service.misconfigured"
    assert "COPYTASTER_REDIS" in line
    assert "swordfish" not in line


@pytest.mark.parametrize("line", [["serve", "extractor"], ["status"], ["feeds", "list"]], ids=" ".join)
def test_a_missing_secret_is_one_clear_line(
    guarded_embedded: Guarded, tmp_path: Path, line: list[str]
) -> None:
    """Exit code 2, and the line names the setting and the file."""
    gone = tmp_path / "gone"
    env = environment(guarded_embedded, "operator", COPYTASTER_REDIS_PASSWORD_FILE=str(gone))

    done = subprocess.run(
        [*COPYTASTER, *line], env=env, capture_output=True, text=True, timeout=60, check=False
    )

    [said] = done.stderr.splitlines()
    assert done.returncode == 2
    assert "COPYTASTER_REDIS_PASSWORD_FILE" in said
    assert str(gone) in said


def test_a_command_of_the_wrong_user_is_one_clear_line(guarded_embedded: Guarded) -> None:
    """A subscriber who would add a feed is told which user may."""
    guarded_embedded.forget()
    env = environment(guarded_embedded, "subscriber")
    command = [*COPYTASTER, "feeds", "add", "https://nordpost.example/feed.xml", "--no-check"]

    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode in (1, 2)
    assert done.stderr.splitlines()[-1].startswith("copytaster: ")
    assert "Traceback" not in done.stderr
