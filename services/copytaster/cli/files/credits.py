"""`copytaster credits`: the agency credits in plain text, as JSON; the very functions that the extractor uses."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from copytaster.cli.files.reading import json_lines, read_text
from copytaster.extractor.extracted import credit_dict
from copytaster.text.credits import find_credits


@click.command()
@click.argument("file", required=False)
@click.option(
    "--manifest", metavar="TEXTS.jsonl", help='Many texts: lines {"id","text"}; one output line each.'
)
def command(file: str | None, manifest: str | None) -> None:
    """Find the credits in a plain text FILE (may be .gz; - is standard input): which agency, in which role, where.

    begin and end are code points into the text, end exclusive. Roles: originator, distributor, quoted, photo,
    translator_of, cited_url. A line of a manifest that cannot be read gives {"id","error"}, and exit code 1 at the end.

    \b
    Examples:
      echo 'BODRAVA, May 3 (Reuters) - The council met on Monday.' | copytaster credits -
      copytaster credits --manifest texts.jsonl
    """
    if (file is None) == (manifest is None):
        raise click.UsageError("give either FILE or --manifest")
    if file is not None:
        _print({"credits": _credits(read_text(file))})
        return
    failed = False
    for line in json_lines(manifest or "", fields=("id", "text")):
        failed |= line.error is not None
        found = {"error": line.error} if line.error else {"credits": _credits(line.value["text"])}
        _print({"id": line.id, **found})
    sys.exit(1 if failed else 0)


def _credits(text: str) -> list[dict[str, Any]]:
    return [credit_dict(credit) for credit in find_credits(text)]


def _print(value: dict[str, Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))
