"""`copytaster tail`: watch a stream, readable on a terminal, one JSON object a line for programs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import select
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Final

import click
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from copytaster.cli.console import wide_console
from copytaster.cli.looking import tail_view
from copytaster.cli.looking.story_titles import Titles
from copytaster.cli.looking.streams_view import (
    Seen,
    backwards,
    end_of,
    forwards,
    session,
    settings_for,
    told,
)
from copytaster.cli.looking.tail_filter import Filter, make_filter
from copytaster.cli.options import as_json as json_option
from copytaster.cli.options import where
from copytaster.cli.plain import json_line
from copytaster.keys import Keys
from copytaster.settings import Settings
from copytaster.streams.patience import is_outage
from copytaster.streams.presence import now_ms_of
from copytaster_schemas import STREAMS

BLOCK_MS: Final = 500
"""One read waits this long for entries: how soon a closed pipe is noticed on a quiet stream."""

FOLLOW_ENTRIES: Final = 100
"""Entries of one read while following."""

RETRY_SECONDS: Final = 1.0
"""Pause between two tries while Redis is away: a person is waiting."""

SCANNED_ENTRIES: Final = 20_000
"""How far back the last entries that pass the filters are looked for: some seconds' work; `--since` looks further."""

_DURATION: Final = re.compile(r"(\d{1,7})(s|m|h|d)")
_UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_ENTRY_ID: Final = re.compile(r"\d{1,16}(-\d{1,20})?")


def _since(_context: click.Context, _parameter: click.Parameter, given: str | None) -> str | None:
    """The option as given, once it has one of its forms."""
    text = given.strip().lower() if given is not None else None
    if text is None or _DURATION.fullmatch(text) or _ENTRY_ID.fullmatch(text):
        return text
    raise click.BadParameter(
        f"{given!r} is neither a length of time (90s, 10m, 2h, 3d) nor an entry id nor 0"
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for."""

    stream: str
    since: str | None
    last: int
    follow: bool
    as_json: bool
    filter: Filter


@click.command()
@click.argument("stream", type=click.Choice(list(STREAMS)), metavar="STREAM")
@click.option(
    "--since",
    callback=_since,
    default=None,
    metavar="SINCE",
    help="From when: 90s, 10m, 2h, 3d ago; what came after an entry id; or 0, all that is kept.",
)
@click.option(
    "--last",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="Without --since: so many entries first.",
)
@click.option(
    "--follow/--no-follow", default=True, show_default=True, help="Go on with what comes, until Ctrl-C."
)
@click.option("--outlet", multiple=True, help="Only of this outlet (stories, clusters). May be repeated.")
@click.option("--language", multiple=True, help="Only in this language (stories, clusters). May be repeated.")
@click.option(
    "--op", multiple=True, help="Only this operation or change (stories, clusters, feeds, decisions)."
)
@click.option("--code", multiple=True, help="Only this code (drops, dead). May be repeated.")
@click.option("--relation", multiple=True, help="Only with a link of this relation (links). May be repeated.")
@json_option("One event a line, in the JSON form of CloudEvents, with its entry id.")
@where
def command(
    stream: str,
    since: str | None,
    last: int,
    follow: bool,
    outlet: tuple[str, ...],
    language: tuple[str, ...],
    op: tuple[str, ...],
    code: tuple[str, ...],
    relation: tuple[str, ...],
    as_json: bool,
    redis_url: str | None,
    desk: str | None,
) -> None:
    """Watch a STREAM: the last that lies on it, and what comes.

    STREAM is stories, links, clusters, drops, feeds, dead, articles or decisions.

    Only reads: no consumer group is made and nothing is acknowledged. Times are UTC. While Redis is away it waits, and goes on
    behind the last entry that it has shown. An event of a type that this version does not know is shown as such.

    \b
    Example:
      copytaster tail clusters
      copytaster tail stories --since 2h --language de
      copytaster tail drops --since 1d --code robots --no-follow
      copytaster tail clusters --since 0 --json | jq .data.headline
    """
    chosen = make_filter(stream, outlet=outlet, language=language, op=op, code=code, relation=relation)
    asked = Asked(stream, since, last, follow, as_json, chosen)
    with _ending_well():
        asyncio.run(_Tail(asked, settings_for(redis_url, desk)).run())


@contextlib.contextmanager
def _ending_well() -> Iterator[None]:
    """Ctrl-C and a reader that went away (`| head`) are the usual ends of following: exit code 0, no message."""
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # The interpreter flushes standard output once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _ReaderGone(BrokenPipeError):
    """Nobody reads our output any more."""


class _Tail:
    """One run of the command."""

    def __init__(self, asked: Asked, settings: Settings) -> None:
        self._asked = asked
        self._settings = settings
        self._stream = Keys(settings.desk).stream(asked.stream)
        self._position = "0-0"
        self._away = False
        self._reader_left = _pipe_watch()
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Print what is there, then what comes, until Ctrl-C.

        The stop is a flag of our own beside the cancelling, which the client can swallow while it mends its connection.
        """
        if threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._stop.set)
        work = asyncio.create_task(self._print_all())
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if self._stop.is_set():
            work.cancel()
        await asyncio.wait((work, stopped))
        if not work.cancelled():
            work.result()

    async def _print_all(self) -> None:
        async with session(self._settings) as redis:
            show = _Printer(self._asked.as_json, Titles(redis, Keys(self._settings.desk)))
            async for seen in self._there(redis):
                await show(seen)
                if self._stop.is_set():
                    return
            show.flush()
            if self._asked.follow:
                await self._follow(redis, show)

    async def _there(self, redis: Redis) -> AsyncIterator[Seen]:
        """What lies on the stream as far as it was asked for; moves the position behind it."""
        if self._asked.since is None:
            for seen in await self._last(redis):
                yield seen
            return
        self._position = await _entry_id(redis, self._asked.since)
        async for seen in forwards(redis, self._stream, after=self._position):
            self._position = seen.entry_id
            if self._asked.filter.passes(seen):
                yield seen

    async def _last(self, redis: Redis) -> list[Seen]:
        self._position = await end_of(redis, self._stream)
        found: deque[Seen] = deque()
        scanned = 0
        if self._asked.last and self._position != "0-0":
            async for seen in backwards(redis, self._stream, upto=self._position):
                scanned += 1
                if self._asked.filter.passes(seen):
                    found.appendleft(seen)
                if len(found) >= self._asked.last or scanned >= SCANNED_ENTRIES:
                    break
        return list(found)

    async def _follow(self, redis: Redis, show: _Printer) -> None:
        while not self._stop.is_set():
            if self._reader_left():
                raise _ReaderGone
            for seen in await self._next(redis):
                self._position = seen.entry_id
                if self._asked.filter.passes(seen):
                    await show(seen)
            show.flush()

    async def _next(self, redis: Redis) -> list[Seen]:
        """The next entries, none after a while; waits while Redis is away and says so once."""
        try:
            reply = await redis.xread({self._stream: self._position}, count=FOLLOW_ENTRIES, block=BLOCK_MS)
        except Exception as error:
            if not is_outage(error):
                raise
            self._say_away(error)
            await asyncio.sleep(RETRY_SECONDS)
            return []
        if self._away:
            self._away = False
            click.echo("Redis answers again", err=True)
        return [Seen(entry_id.decode(), fields) for _, entries in reply or [] for entry_id, fields in entries]

    def _say_away(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            click.echo(f"{told(error, self._settings)}; waiting for it", err=True)


class _Printer:
    """Prints entries one by one."""

    def __init__(self, as_json: bool, titles: Titles) -> None:
        self._as_json = as_json
        self._titles = titles
        self._console = wide_console()

    async def __call__(self, seen: Seen) -> None:
        """Print one entry."""
        if self._as_json:
            sys.stdout.write(json_line(seen.to_json()) + "\n")
            return
        for line in tail_view.lines(seen, await self._titles.of(tail_view.stories_in(seen))):
            # rich ends the program with code 1 when a pipe is closed; we write ourselves.
            with self._console.capture() as printed:
                self._console.print(line, soft_wrap=True)
            sys.stdout.write(printed.get())

    def flush(self) -> None:
        """Let a program at the other end of a pipe see what was printed."""
        sys.stdout.flush()


async def _entry_id(redis: Redis, since: str) -> str:
    """The entry id behind which to begin."""
    duration = _DURATION.fullmatch(since)
    if duration is None:
        return since
    begin_ms = await _now_ms(redis) - int(duration[1]) * _UNIT_SECONDS[duration[2]] * 1000
    return f"{max(begin_ms, 1) - 1}-{(1 << 64) - 1}"


async def _now_ms(redis: Redis) -> int:
    """The server's clock, which the entry ids have; ours for a user that may only read streams."""
    try:
        return await now_ms_of(redis)
    except NoPermissionError:
        return int(time.time() * 1000)


def _pipe_watch() -> Callable[[], bool]:
    """Tells whether the reader of our standard output has gone; always no where there is no telling."""
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError, AttributeError):
        return lambda: False
    return lambda: any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))
