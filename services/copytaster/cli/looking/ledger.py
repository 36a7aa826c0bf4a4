"""`copytaster ledger`: what became of every item, by feed and hour, and whether the count balances."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

import click
from redis.asyncio import Redis

from copytaster.cli.console import wide_console
from copytaster.cli.looking import ledger_view
from copytaster.cli.looking.ledger_view import Window
from copytaster.cli.looking.streams_view import ask, settings_for
from copytaster.cli.options import as_json as json_option
from copytaster.cli.options import where
from copytaster.cli.plain import json_line
from copytaster.errors import CopytasterError
from copytaster.fetcher.feedstate import FeedState
from copytaster.keys import LEDGER_DAYS, Keys
from copytaster.streams.ledger.balance import Fault, Snapshot
from copytaster.streams.ledger.counting import start_of
from copytaster.streams.ledger.reading import read, traced
from copytaster_schemas.identity import urn_of

_SPAN = re.compile(r"(\d{1,4})([hd])")


@dataclass(frozen=True, slots=True)
class _Answer:
    snapshot: Snapshot
    faults: list[Fault]
    urls: dict[str, str]


@click.command()
@click.option("--feed", default=None, help="Only this feed: its address, its urn, or the start of one.")
@click.option("--hour", default=None, help="Only items first seen in this hour (UTC), as 2026-11-22T09.")
@click.option(
    "--since",
    default="24h",
    show_default=True,
    help=f"Show items first seen within this time, as 90h or 3d; at most {LEDGER_DAYS}d.",
)
@json_option("One JSON object; `balanced` says what the exit code says.")
@where
def command(
    feed: str | None, hour: str | None, since: str, as_json: bool, redis_url: str | None, desk: str | None
) -> None:
    """Say what became of every item, by feed and hour of its first sight, and whether the count balances.

    Every item that a feed brings is counted once when it is seen and once when it ends: published, revised, withdrawn, unchanged,
    duplicate, dropped (with a code) or dead. The rest is in flight, and is looked for where it has to be: among the wanted pages
    and the unfinished entries of `articles`. What is counted and not found, or found and not counted, is an imbalance: exit code 1,
    with the feed, the hour, the stage, and the items where they can be named. All hours that are kept are balanced, whatever is
    shown.

    \b
    Example:
      copytaster ledger
      copytaster ledger --feed https://nordpost.example/feed.xml --since 3d
      copytaster ledger --json | jq .imbalance
    """
    window = _window(hour, since)
    answer = ask(settings_for(redis_url, desk), _question)
    chosen = _feeds(feed, answer.urls) if feed is not None else None
    if as_json:
        shown = ledger_view.as_json(answer.snapshot, answer.faults, answer.urls, window, chosen)
        click.echo(json_line(shown))
    else:
        console = wide_console()
        for part in ledger_view.page(answer.snapshot, answer.faults, answer.urls, window, chosen):
            console.print(part)
    sys.exit(1 if answer.faults else 0)


async def _question(redis: Redis, keys: Keys) -> _Answer:
    snapshot = await read(redis, keys)
    ids = sorted({place.feed_id for place in snapshot.counts} | {one.place.feed_id for one in snapshot.lying})
    urls = {feed_id: await _url(redis, keys, feed_id) for feed_id in ids}
    return _Answer(snapshot, await traced(redis, keys, snapshot), urls)


async def _url(redis: Redis, keys: Keys, feed_id: str) -> str:
    """The address of a feed; its urn when it was removed."""
    return FeedState.from_hash(feed_id, await redis.hgetall(keys.key("feed", feed_id))).url or _urn(feed_id)


def _urn(feed_id: str) -> str:
    try:
        return urn_of(feed_id)
    except ValueError:
        return feed_id


def _feeds(asked: str, urls: dict[str, str]) -> set[str]:
    digits = asked.removeprefix("urn:uuid:").replace("-", "").lower()
    found = {feed_id for feed_id, url in urls.items() if url == asked}
    found |= {feed_id for feed_id in urls if len(digits) >= 4 and feed_id.startswith(digits)}
    if not found:
        raise CopytasterError(
            f"the ledger of the last {LEDGER_DAYS} days knows no feed {asked}; `copytaster ledger` lists those it knows"
        )
    return found


def _window(hour: str | None, since: str) -> Window:
    if hour is not None:
        try:
            start_of(hour)
        except ValueError as error:
            raise click.UsageError(f"--hour {hour}: not an hour such as 2026-11-22T09") from error
        return Window(hour=hour)
    match = _SPAN.fullmatch(since)
    hours = int(match[1]) * (24 if match[2] == "d" else 1) if match else 0
    if not 1 <= hours <= LEDGER_DAYS * 24:
        raise click.UsageError(f"--since {since}: not a time such as 24h or 3d, up to {LEDGER_DAYS}d")
    return Window(hours=hours)
