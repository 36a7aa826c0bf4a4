"""The README's tables and its event against the code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from copytaster.cli.main import COMMANDS
from copytaster.cli.running.settings import env_example
from copytaster.logs import Log
from copytaster_schemas import EVENT_TYPES, STREAMS
from copytaster_schemas.generate import schema_of
from tests.support import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def first_cells(header: str) -> list[str]:
    """The names in the first column of the table under `header`."""
    table = README.split(header, 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `([a-z.]+)`", table, re.MULTILINE)


def test_the_table_of_log_events_is_the_one_of_the_code() -> None:
    """Every event name stands in the README, and no other."""
    assert sorted(first_cells("| event | when |")) == sorted(Log)


def test_every_log_event_of_the_table_is_logged_somewhere() -> None:
    """A name that nobody logs is no event."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "services").rglob("*.py"))

    assert [name for name in Log.__members__ if f"Log.{name}" not in code] == []


def test_the_table_of_streams_is_the_one_of_the_code() -> None:
    """Names, publicity and order as in `copytaster_schemas.streams`."""
    assert first_cells("| stream | says |") == list(STREAMS)
    for name, stream in STREAMS.items():
        assert (f"| `{name}` (public)" in README) is stream.public


def test_the_readmes_event_is_a_valid_one() -> None:
    """What a reader sees is what a subscriber gets."""
    event: dict[str, Any] = json.loads(README.split("```json\n")[1].split("```")[0])

    Draft202012Validator(schema_of(EVENT_TYPES["copytaster.cluster.changed.v1"])).validate(event)


def test_the_example_environment_is_the_generated_one() -> None:
    """`.env.example` is what `copytaster settings` prints."""
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == env_example()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_teaches_with_an_example(name: str) -> None:
    """`--help` works for each command and shows how it is used."""
    done = subprocess.run(
        [sys.executable, "-m", "copytaster.cli.main", name, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "Example" in done.stdout
