"""`copytaster find`: all that is known of an address or a urn."""

from __future__ import annotations

from functools import partial

import click

from copytaster.cli.looking import find_view
from copytaster.cli.looking.find_reading import find
from copytaster.cli.looking.streams_view import ask, settings_for
from copytaster.cli.options import as_json as json_option
from copytaster.cli.options import where
from copytaster.cli.plain import json_line
from copytaster.errors import CopytasterError


@click.command()
@click.argument("asked", metavar="URL|URN")
@json_option("One JSON object.")
@where
def command(asked: str, as_json: bool, redis_url: str | None, desk: str | None) -> None:
    """Tell all that is known of an address, or of the urn (or its start) of a feed, an article, a story or a cluster.

    Where it stands on its way: wanted, fetched, left out and why, its story, the story's links and cluster; a cluster that was
    merged is followed to its successor. Exit code 1 when nothing is known of it.

    \b
    Example:
      copytaster find https://nordpost.example/hafen
      copytaster find 24d0827a --json
    """
    found = ask(settings_for(redis_url, desk), partial(find, asked=asked))
    if found.is_empty:
        raise CopytasterError(
            f"nothing is known of {asked}; `copytaster feeds list` tells which feeds are read, `copytaster status` "
            "whether they are"
        )
    if as_json:
        click.echo(json_line(find_view.as_json(found)))
        return
    for line in find_view.lines(found):
        click.echo(line)
