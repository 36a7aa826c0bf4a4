"""`copytaster export clusters`: a snapshot of all living clusters and the place on the stream from which to go on."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import click
from redis.asyncio import Redis
from rich.console import Console

from copytaster.cli.looking.streams_view import ask, backwards, end_of, settings_for
from copytaster.cli.options import where
from copytaster.cli.plain import count, json_line
from copytaster.errors import CopytasterError
from copytaster.keys import Keys
from copytaster_schemas import ClusterChanged
from copytaster_schemas.base import format_instant

PROGRESS_EVERY: Final = 1_000


@click.group()
def command() -> None:
    """Export for those who come late.

    \b
    Example:
      copytaster export clusters --out clusters.jsonl
    """


@command.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="The file to write; it appears, or is replaced, only once it is complete. [default: standard output]",
)
@where
def clusters(out: Path | None, redis_url: str | None, desk: str | None) -> None:
    """Write all living clusters as they stand, one a line, then one line with the POSITION on the stream.

    Each line but the last is the data of a cluster's latest event. The last line is {"position", "stream", "clusters", "time"};
    without it the snapshot is not complete. The position is taken first, and nothing behind it is in the snapshot: whoever loads
    the lines and then reads the stream from behind the position gets every change once, none twice, none missed.

    A cluster that has had no event for as long as the stream is kept (14 days) is not in the snapshot. Should it change once
    more, its next event is complete, as every event is.

    \b
    Example:
      copytaster export clusters --out clusters.jsonl
      copytaster tail clusters --json --since "$(tail -n 1 clusters.jsonl | jq -r .position)"
      redis-cli XGROUP CREATE 'copytaster:{main}:clusters' mine "$(tail -n 1 clusters.jsonl | jq -r .position)"
    """
    settings = settings_for(redis_url, desk)
    with _opened(out) as file, _progress() as tell:

        async def write(redis: Redis, keys: Keys) -> Snapshot:
            return await snapshot(redis, keys, lambda line: file.write(line + "\n"), tell)

        made = ask(settings, write)
        file.write(json_line(made.last_line(Keys(settings.desk))) + "\n")
    if out is not None:
        click.echo(f"{out}: {count(made.clusters, 'cluster')} up to {made.position}", err=True)
    if made.unread:
        click.echo(
            f"{count(made.unread, 'entry')} could not be read by this version and left out: "
            "`copytaster tail clusters --since 0 --no-follow` shows them",
            err=True,
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was written: how many clusters, up to which entry, when that entry happened; entries that could not be read."""

    position: str
    clusters: int
    unread: int
    time: str | None

    def last_line(self, keys: Keys) -> dict[str, Any]:
        """The object of the last line."""
        line: dict[str, Any] = {
            "position": self.position,
            "stream": keys.stream("clusters"),
            "clusters": self.clusters,
        }
        return line if self.time is None else {**line, "time": self.time}


async def snapshot(
    redis: Redis, keys: Keys, write: Callable[[str], object], tell: Callable[[int], None]
) -> Snapshot:
    """Write a line for every living cluster as it stood at the end of the stream; gives where that was.

    Reads backwards, so that the first event met of a cluster is its latest, and no more than the names is remembered.
    """
    stream = keys.stream("clusters")
    position = await end_of(redis, stream)
    seen_clusters: set[bytes] = set()
    written = unread = 0
    time: str | None = None
    if position != "0-0":
        async for seen in backwards(redis, stream, upto=position):
            time = time or format_instant(seen.time)
            subject = seen.fields.get(b"ce_subject", b"")
            if subject in seen_clusters:
                continue
            change = seen.event
            if not isinstance(change, ClusterChanged):
                unread += 1
                continue
            seen_clusters.add(subject)
            if change.state != "merged" and change.members:
                # As published, with what a newer version may have added.
                write(json_line(json.loads(seen.fields[b"data"])))
                written += 1
            tell(written)
    return Snapshot(position, written, unread, time)


@contextlib.contextmanager
def _opened(out: Path | None) -> Iterator[IO[str]]:
    """Standard output, or a file that takes its name only when all has been written."""
    if out is None:
        yield sys.stdout
        return
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    except OSError as error:
        raise CopytasterError(f"cannot write {out}: {error.strerror}") from error
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file
        draft.chmod(0o644)
        draft.replace(out)
    except OSError as error:
        raise CopytasterError(f"cannot write {out}: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """A line on standard error that counts, on a terminal only."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("reading the stream") as status:

        def tell(written: int) -> None:
            if written % PROGRESS_EVERY == 0:
                status.update(f"{count(written, 'cluster')} so far")

        yield tell
