"""`docker compose up` as a person has it who has just cloned the repository: no step before, no feed, no setting."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from copytaster.cli.running.init_stack import password_file
from copytaster.streams.acl import USERS
from tests.stack.composed import Stack, free_subnet

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

HEALTHY_SECONDS: Final = 60
"""What issue 3 promises from the moment when the images are there."""

OPML: Final = """<opml version="2.0"><head/><body><outline text="Nordpost">
<outline type="rss" text="Politik" xmlUrl="https://nordpost.example/politik.xml"/>
<outline type="rss" text="Hafen" xmlUrl="https://nordpost.example/hafen.xml"/></outline></body></opml>"""


@dataclass(frozen=True, slots=True)
class Fresh:
    """The stack and how long it took until all was healthy."""

    stack: Stack
    seconds: float


@pytest.fixture(scope="module")
def fresh(docker: str) -> Iterator[Fresh]:
    """The stack of docker-compose.yml alone, up; taken down afterwards in any case."""
    stack = Stack(docker, free_subnet(docker), ("docker-compose.yml",))
    try:
        stack.build()
        started = time.monotonic()
        stack.up()
        yield Fresh(stack, time.monotonic() - started)
    finally:
        stack.down()


def _passwords(stack: Stack) -> dict[str, str]:
    files = [str(password_file(Path("/secrets"), user)) for user in USERS]
    read = stack.compose("run", "--rm", "--no-TTY", "--entrypoint", "cat", "init", *files)
    return dict(zip([user.name for user in USERS], read.split(), strict=True))


def _lines(stack: Stack, service: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stack.log_lines(service)]


def test_it_is_healthy_within_a_minute_and_says_how_to_add_a_feed(fresh: Fresh) -> None:
    """Without a contact it polls nothing and names the setting; without a feed it names the command."""
    lines = {line["event"]: line for line in _lines(fresh.stack, "fetcher")}

    assert fresh.seconds < HEALTHY_SECONDS
    assert "feeds add" in lines["feeds.awaited"]["mend"]
    assert "feeds import" in lines["feeds.awaited"]["mend"]
    assert lines["polling.refused"]["level"] == "warning"
    assert "COPYTASTER_CONTACT" in lines["polling.refused"]["reason"]


def test_an_operator_imports_feeds_and_looks_at_them(fresh: Fresh) -> None:
    """The command of the compose file takes an OPML and has the rights that the commands need."""
    fresh.stack.command("feeds", "import", "-", given=OPML)

    listed = fresh.stack.command("feeds", "list", "--json")

    urls = {json.loads(line)["url"] for line in listed.splitlines()}
    assert {"https://nordpost.example/politik.xml", "https://nordpost.example/hafen.xml"} <= urls


def test_no_password_is_in_a_log_an_image_or_what_docker_tells(fresh: Fresh) -> None:
    """Neither in the containers' settings and environment, nor in the images' history, nor in any line."""
    stack = fresh.stack
    passwords = _passwords(stack)
    containers = stack.containers()
    images = sorted({container["Image"] for container in containers})
    told = [
        json.dumps(containers),
        stack.docker_says("image", "inspect", *images),
        *(stack.docker_says("history", "--no-trunc", image) for image in images),
        *(
            line
            for name in ("init", "redis", "fetcher", "extractor", "deduplicator")
            for line in stack.log_lines(name)
        ),
    ]

    assert all(len(password) > 40 for password in passwords.values())
    assert [name for name, password in passwords.items() for text in told if password in text] == []


def test_a_restart_keeps_the_feeds_and_new_passwords_replace_all(fresh: Fresh) -> None:
    """`init` again changes nothing; --rotate changes everything, and after a restart all are healthy with it."""
    stack = fresh.stack
    stack.command("feeds", "import", "-", given=OPML)
    before = _passwords(stack)
    stack.compose("run", "--rm", "--no-TTY", "init")
    assert _passwords(stack) == before

    stack.compose("run", "--rm", "--no-TTY", "init", "--rotate")
    stack.compose("restart", "--timeout", "10", timeout_seconds=120)
    stack.up()

    after = _passwords(stack)
    assert not set(after.values()) & set(before.values())
    assert len(stack.command("feeds", "list", "--json").splitlines()) == 2
