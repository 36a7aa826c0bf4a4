"""`copytaster feeds import` and `copytaster feeds export`: lists of feeds from and for other programs, as OPML."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from copytaster.cli.feeds.contact import remind_of_contact
from copytaster.cli.feeds.feeds_common import (
    desk_option,
    dry_run_option,
    json_option,
    redis_url_option,
    tell_json,
    with_admin,
)
from copytaster.cli.files.reading import read_bytes
from copytaster.errors import CopytasterError
from copytaster.fetcher.feedcommands import add_by_command
from copytaster.fetcher.feedlist import ListChange
from copytaster.fetcher.feedsfile import FeedSpec
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.io.feed_admin import FeedAdmin
from copytaster.fetcher.opml import BrokenOpml, FeedList, feed_list, read_opml, salvage_opml, write_opml
from copytaster.streams.effects import batched

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""As for a feeds file: 100,000 feeds take about 20 MB."""

FEEDS_A_STEP: Final = 200
"""Feeds listed in one atomic step: the server is held for a few milliseconds, and progress shows."""


@click.command("import")
@click.argument("file", type=click.Path(path_type=str))
@redis_url_option
@desk_option
@json_option
@dry_run_option
@click.option("--partial", is_flag=True, help="Take what can be read of a file that is broken.")
def import_(
    file: str, redis_url: str | None, desk: str | None, as_json: bool, dry_run: bool, partial: bool
) -> None:
    """Add the feeds of an OPML FILE (may be gzipped; - is standard input); those listed already stay as they are.

    Folders are passed over. A file that is broken, or names something that is no web address, is refused whole unless
    --partial is given. Interrupted, it can be repeated: what is listed already is counted, not doubled.

    \b
    Example:
      copytaster feeds import subscriptions.opml --dry-run
      copytaster feeds import subscriptions.opml
    """
    feeds = _read(file, partial=partial)

    async def work(admin: FeedAdmin) -> int:
        added = 0
        with _progress(len(feeds.specs)) as advance:
            for chunk in batched(feeds.specs, FEEDS_A_STEP):
                added += await _list(admin, chunk, feeds.paused, dry_run)
                advance(len(chunk))
        return added

    added = with_admin(redis_url, desk, work) if feeds.specs else 0
    counts = {
        "file": file,
        "feeds": len(feeds.specs),
        "added": added,
        "listedAlready": len(feeds.specs) - added,
        "repeated": feeds.repeated,
        "unusable": len(feeds.problems),
        "dryRun": True if dry_run else None,
    }
    _tell(counts, as_json=as_json)
    remind_of_contact()


def _tell(counts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        tell_json(counts)
        return
    verb = "would be added" if counts["dryRun"] else "added"
    click.echo(
        f"{counts['file']}: {counts['feeds']} feeds: {counts['added']} {verb}, {counts['listedAlready']} listed already; "
        f"{counts['repeated']} repetitions and {counts['unusable']} unusable outlines passed over"
    )


async def _list(admin: FeedAdmin, specs: Sequence[FeedSpec], paused: frozenset[str], dry_run: bool) -> int:
    def decide(states: Mapping[str, FeedState], _in_file: set[str]) -> list[ListChange]:
        wanted = (
            add_by_command(spec, states.get(spec.feed_id), active=spec.feed_id not in paused)
            for spec in specs
        )
        return [change for change in wanted if change is not None]

    changes = await admin.change([spec.feed_id for spec in specs], decide, dry_run=dry_run)
    return len(changes)


def _read(file: str, *, partial: bool) -> FeedList:
    """The feeds of the file; raises CopytasterError in one line for one that is broken, unless `partial`."""
    content = read_bytes(file)
    if len(content) > MAX_FILE_BYTES:
        raise CopytasterError(f"{file}: more than {MAX_FILE_BYTES >> 20} MB")
    try:
        outlines = read_opml(content)
    except BrokenOpml as error:
        found = salvage_opml(content)
        if not partial:
            hint = f"; {len(found)} feeds can be read all the same with --partial" if found else ""
            raise CopytasterError(f"{file}: {error}{hint}; nothing was added") from error
        if not found:
            raise CopytasterError(f"{file}: {error}; no feed can be read from it") from error
        click.echo(f"{file}: {error}; taking the {len(found)} feeds that can be read", err=True)
        outlines = found
    feeds = feed_list(outlines, name=file)
    if feeds.problems and not partial:
        more = f" ({len(feeds.problems)} such outlines)" if len(feeds.problems) > 1 else ""
        raise CopytasterError(f"{feeds.problems[0]}{more}; nothing was added, --partial takes the others")
    for problem in feeds.problems:
        click.echo(problem, err=True)
    return feeds


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], Any]]:
    """A bar on standard error for more than one step's worth of feeds, and only on a terminal."""
    if total <= FEEDS_A_STEP or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=total, label="Adding feeds", file=sys.stderr) as bar:
        yield bar.update


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@redis_url_option
@desk_option
@click.option("--force", is_flag=True, help="Write over a FILE that exists.")
def export(file: Path | None, redis_url: str | None, desk: str | None, force: bool) -> None:
    """Write all feeds as OPML to FILE or to standard output; `feeds import` reads it back, paused feeds too.

    \b
    Example:
      copytaster feeds export feeds.opml
    """
    if file is not None and file.exists() and not force:
        raise CopytasterError(f"{file} exists; --force writes over it")
    feeds = with_admin(redis_url, desk, FeedAdmin.all)
    document = write_opml(feeds, title="Feeds of Copytaster", now=datetime.now(UTC))
    if file is None:
        click.echo(document, nl=False)
        return
    try:
        file.write_text(document, encoding="utf-8")
    except OSError as error:
        raise CopytasterError(f"{file}: {error.strerror or error}") from error
    click.echo(f"{len(feeds)} feeds written to {file}", err=True)
