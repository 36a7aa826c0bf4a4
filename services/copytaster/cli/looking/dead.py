"""`copytaster dead`: the entries that could not be processed; look at them, try them again, or let them go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import click
from redis.asyncio import Redis
from rich.table import Table
from rich.text import Text

from copytaster.cli.console import wide_console
from copytaster.cli.looking.streams_view import Seen, ask, forwards, session, settings_for
from copytaster.cli.options import as_json, where
from copytaster.cli.plain import age, json_line, one_line
from copytaster.errors import CopytasterError
from copytaster.keys import Keys
from copytaster.streams import afterlife
from copytaster_schemas import EntryDied

Act = Callable[[Redis, Keys, str, EntryDied], Awaitable[bool]]


@click.group()
def command() -> None:
    """Handle the entries that could not be processed; each keeps the original whole, so nothing is lost.

    \b
    Example:
      copytaster dead list
      copytaster dead show 1795329787837-0
      copytaster dead retry 1795329787837-0      after the cause is mended
      copytaster dead retry --all --code bug
      copytaster dead drop 1795329787837-0
    """


@command.command("list")
@where
@as_json("One JSON object a line instead of a table.")
@click.option("--code", default=None, help="Only those that died of this, for example undecodable or bug.")
def list_(redis_url: str | None, desk: str | None, as_json: bool, code: str | None) -> None:
    """List the dead entries, oldest first."""
    found = ask(settings_for(redis_url, desk), lambda redis, keys: _collect(redis, keys, code))
    if as_json:
        for seen, death in found:
            click.echo(json_line({"entryid": seen.entry_id, **death.to_dict()}))
        return
    shown = Table(title=f"{len(found)} dead entries", title_justify="left", title_style="bold", box=None)
    for name in ("Entry", "Age", "Group", "Code", "Failures", "Error"):
        shown.add_column(name, overflow="ellipsis", no_wrap=True)
    now = datetime.now(UTC)
    for seen, death in found:
        waited = age((now - seen.time).total_seconds())
        shown.add_row(
            seen.entry_id, waited, death.group, death.code, str(death.failures), Text(one_line(death.error))
        )
    wide_console().print(shown)


@command.command()
@click.argument("entry")
@where
def show(entry: str, redis_url: str | None, desk: str | None) -> None:
    """Show one dead ENTRY whole, as JSON: the original's fields, the error, the digest of its traceback."""
    seen, death = ask(settings_for(redis_url, desk), lambda redis, keys: _one(redis, keys, entry))
    click.echo(json_line({"entryid": seen.entry_id, **death.to_dict()}))


@command.command()
@where
def export(redis_url: str | None, desk: str | None) -> None:
    """Print all dead entries as JSON lines; they stay where they are."""
    for seen, death in ask(settings_for(redis_url, desk), lambda redis, keys: _collect(redis, keys, None)):
        click.echo(json_line({"entryid": seen.entry_id, **death.to_dict()}))


def _many(function: Callable[..., None]) -> Callable[..., None]:
    """The arguments of the commands that change: entries by id, or all, of one code, or as a rehearsal."""
    for option in (
        click.argument("entries", nargs=-1),
        click.option("--all", "every", is_flag=True, help="All of them instead of the named ones."),
        click.option("--code", default=None, help="With --all: only those that died of this."),
        click.option("--dry-run", is_flag=True, help="Say what would be done and do nothing."),
        as_json("One JSON object with the ids instead of a sentence."),
        where,
    ):
        function = option(function)
    return function


@command.command()
@_many
def retry(
    entries: tuple[str, ...],
    every: bool,
    code: str | None,
    dry_run: bool,
    as_json: bool,
    redis_url: str | None,
    desk: str | None,
) -> None:
    """Put ENTRIES back on their streams, to be processed again; safe to repeat."""
    done = _change(entries, every, code, dry_run, redis_url, desk, act=afterlife.retry)
    _tell(done, dry_run, as_json, "put back")


@command.command()
@_many
def drop(
    entries: tuple[str, ...],
    every: bool,
    code: str | None,
    dry_run: bool,
    as_json: bool,
    redis_url: str | None,
    desk: str | None,
) -> None:
    """Let ENTRIES go for good; `copytaster dead export` keeps a copy."""
    done = _change(entries, every, code, dry_run, redis_url, desk, act=afterlife.drop)
    _tell(done, dry_run, as_json, "dropped")


def _tell(done: list[str], dry_run: bool, as_json: bool, word: str) -> None:
    if as_json:
        click.echo(json_line({"entries": done, "dryRun": dry_run}))
    else:
        click.echo(f"{len(done)} {'would be ' if dry_run else ''}{word}", err=True)


def _change(
    entries: tuple[str, ...],
    every: bool,
    code: str | None,
    dry_run: bool,
    redis_url: str | None,
    desk: str | None,
    *,
    act: Act,
) -> list[str]:
    """The ids of the entries that were changed, or would be; one that somebody else handled meanwhile is not among them."""
    if bool(entries) == every or (code and not every):
        raise click.UsageError("name entries, or say --all (and then, if you like, --code)")
    settings = settings_for(redis_url, desk)

    async def work() -> list[str]:
        done = []
        async with session(settings) as redis:
            keys = Keys(settings.desk)
            found = [await _one(redis, keys, entry) for entry in entries] or await _collect(redis, keys, code)
            for seen, death in found:
                if dry_run or await act(redis, keys, seen.entry_id, death):
                    done.append(seen.entry_id)
        return done

    return asyncio.run(work())


async def _collect(redis: Redis, keys: Keys, code: str | None) -> list[tuple[Seen, EntryDied]]:
    return [pair async for pair in _deaths(redis, keys) if code in (None, pair[1].code)]


async def _deaths(redis: Redis, keys: Keys) -> AsyncIterator[tuple[Seen, EntryDied]]:
    async for seen in forwards(redis, keys.stream("dead")):
        if isinstance(seen.event, EntryDied):
            yield seen, seen.event


async def _one(redis: Redis, keys: Keys, entry: str) -> tuple[Seen, EntryDied]:
    async for seen, death in _deaths(redis, keys):
        if seen.entry_id == entry:
            return seen, death
    raise CopytasterError(
        f"no dead entry {entry}; it was handled already, or never was (copytaster dead list)"
    )
