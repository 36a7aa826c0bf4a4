"""`copytaster status`: who runs, what waits, and what needs a person."""

from __future__ import annotations

import sys

import click
from rich.text import Text

from copytaster.cli.console import wide_console
from copytaster.cli.looking import status_view
from copytaster.cli.looking.status_judgement import remarks as judge
from copytaster.cli.looking.status_reading import read
from copytaster.cli.looking.streams_view import ask, place_of, settings_for
from copytaster.cli.options import as_json as json_option
from copytaster.cli.options import where
from copytaster.cli.plain import json_line


@click.command()
@json_option("One JSON object; `ok` says what the exit code says.")
@where
def command(as_json: bool, redis_url: str | None, desk: str | None) -> None:
    """Say who runs, what waits, and what needs a person; exit code 1 when something does.

    Each line that needs a person (!) has the next command to type below it. Lines with · are good to know. Works whether
    services run or not; docs/operating.md says what each line means.

    \b
    Example:
      copytaster status
      docker compose exec deduplicator copytaster status
      copytaster status --json | jq '.remarks[] | select(.urgent)'
    """
    settings = settings_for(redis_url, desk)
    report = ask(settings, read)
    found = judge(report)
    if as_json:
        click.echo(json_line(status_view.as_json(report, found)))
    else:
        console = wide_console()
        for part in status_view.page(report, found, where=place_of(settings)):
            console.print(part, soft_wrap=isinstance(part, Text))
    sys.exit(1 if any(remark.urgent for remark in found) else 0)
