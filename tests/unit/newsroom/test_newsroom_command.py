"""The command `copytaster newsroom`, as far as it needs no server."""

from __future__ import annotations

import json
import re
import tomllib

from click.testing import CliRunner

from copytaster.cli.running.newsroom import command
from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.feeds import feeds_toml


def test_the_printed_list_of_feeds_names_each_outlet_once() -> None:
    """It is a feeds.toml: every outlet's feed on the given port, to be asked every few seconds."""
    done = CliRunner().invoke(command, ["feeds", "--port", "8123"])
    feeds = tomllib.loads(done.stdout)["feeds"]
    outlets = load_catalogue().outlets

    assert done.exit_code == 0
    assert done.stdout == feeds_toml(8123)
    assert {feed["outlet"] for feed in feeds} == set(outlets)
    for feed in feeds:
        assert feed["url"] == f"http://{feed['outlet']}:8123{outlets[feed['outlet']].feed.path}"
        assert feed["title"] == outlets[feed["outlet"]].title
        assert feed["interval_seconds"] == 5


def test_the_truth_is_printed_an_article_a_line() -> None:
    """One JSON object a line, letters as they are."""
    done = CliRunner().invoke(command, ["expected"])
    lines = [json.loads(line) for line in done.stdout.splitlines()]

    assert lines == load_catalogue().expected()


def test_help_teaches_by_example() -> None:
    """Each command's help shows a call."""
    for arguments in (["--help"], ["serve", "--help"], ["feeds", "--help"], ["expected", "--help"]):
        done = CliRunner().invoke(command, arguments)
        assert done.exit_code == 0
        assert re.search(r"^ +Example:\n +copytaster newsroom \w+", done.stdout, re.MULTILINE)


def test_a_port_that_is_none_is_a_usage_error() -> None:
    """Exit code 2 and a line that names the option."""
    done = CliRunner().invoke(command, ["serve", "--port", "70000"])

    assert done.exit_code == 2
    assert "--port" in done.stderr
