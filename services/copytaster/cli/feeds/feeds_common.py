"""What the commands of `copytaster feeds` share: options, connections, and errors of Redis as one line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click
from redis.exceptions import RedisError

from copytaster.cli.looking.streams_view import connect, settings_for
from copytaster.errors import CopytasterError
from copytaster.fetcher.feedlist import ListChange
from copytaster.fetcher.io.feed_admin import FeedAdmin
from copytaster.keys import Keys
from copytaster_schemas.identity import urn_of

T = TypeVar("T")

redis_url_option = click.option(
    "--redis-url", default=None, help="Address of Redis [default: COPYTASTER_REDIS_URL]."
)
desk_option = click.option("--desk", default=None, help="The desk [default: COPYTASTER_DESK].")
json_option = click.option(
    "--json", "as_json", is_flag=True, help="JSON, one object a line, instead of words."
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")


def with_admin(redis_url: str | None, desk: str | None, work: Callable[[FeedAdmin], Awaitable[T]]) -> T:
    """What `work` gives, done on the list of feeds of the desk; an error of Redis becomes one line."""
    settings = settings_for(redis_url, desk)

    async def run() -> T:
        redis = await connect(settings)
        try:
            return await work(FeedAdmin(redis, Keys(settings.desk)))
        except RedisError as error:
            raise CopytasterError(f"Redis: {error}") from error
        finally:
            await redis.aclose()

    return asyncio.run(run())


def tell_changes(changes: list[ListChange], *, as_json: bool, dry_run: bool) -> None:
    """One line on standard output for each change, made or, in a dry run, to be made."""
    for change in changes:
        if as_json:
            tell_json(
                {
                    "change": change.change.value,
                    "feed": urn_of(change.feed_id),
                    "url": change.url,
                    "title": change.title,
                    "dryRun": True if dry_run else None,
                }
            )
        else:
            click.echo(f"{'would be ' if dry_run else ''}{change.change.value}: {change.url}")


def tell_json(value: dict[str, Any]) -> None:
    """The object as one line, absent values left out."""
    click.echo(json.dumps({k: v for k, v in value.items() if v is not None}, ensure_ascii=False))
