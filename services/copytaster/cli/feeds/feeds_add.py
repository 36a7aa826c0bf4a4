"""`copytaster feeds add` and `copytaster feeds test`: ask an address for a feed, or a site for its feeds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

import click

from copytaster.cli.feeds import feeds_view
from copytaster.cli.feeds.contact import remind_of_contact
from copytaster.cli.feeds.feeds_common import (
    desk_option,
    dry_run_option,
    json_option,
    redis_url_option,
    tell_changes,
    tell_json,
    with_admin,
)
from copytaster.cli.files.parse_feed import as_json as document_as_json
from copytaster.cli.looking.streams_view import settings_for
from copytaster.errors import CopytasterError
from copytaster.fetcher.app import make_client
from copytaster.fetcher.discovery import feed_links
from copytaster.fetcher.feedcommands import add_by_command
from copytaster.fetcher.feedlist import ListChange
from copytaster.fetcher.feedsfile import FeedSpec, feed_spec
from copytaster.fetcher.feedstate import FeedState, FeedStatus
from copytaster.fetcher.io.feed_admin import FeedAdmin
from copytaster.fetcher.io.finder import Finder, Look, NoFeed

T = TypeVar("T")


@click.command()
@click.argument("address")
@redis_url_option
@desk_option
@json_option
@dry_run_option
@click.option("--outlet", default=None, help="Who publishes it [default: the host].")
@click.option("--title", default=None, help="Its name [default: its own].")
@click.option("--interval", type=float, default=None, help="Seconds between two polls [default: adaptive].")
@click.option("--all", "everything", is_flag=True, help="All feeds of the site, when it has several.")
@click.option("--no-check", is_flag=True, help="Add the address as it is, without asking it.")
def add(
    address: str,
    redis_url: str | None,
    desk: str | None,
    as_json: bool,
    dry_run: bool,
    outlet: str | None,
    title: str | None,
    interval: float | None,
    everything: bool,
    no_check: bool,
) -> None:
    """Add the feed at ADDRESS, or the feed of the site there.

    The address is asked once, through the same guard as the fetcher. A page is searched for its feeds: declared, linked,
    or where they usually lie. Of several that bring different items none is added without --all.

    \b
    Example:
      copytaster feeds add https://nordpost.example/ --interval 300
      copytaster feeds add https://nordpost.example/feed.xml --outlet nordpost.example
    """
    given = [address] if no_check else [look.url for look in _chosen(address, everything)]
    specs = [
        feed_spec(url, where="the address", outlet=outlet, title=title, interval_seconds=interval)
        for url in given
    ]
    tell_changes(_list(specs, redis_url, desk, dry_run), as_json=as_json, dry_run=dry_run)
    remind_of_contact()


def _with_finder(work: Callable[[Finder], Awaitable[T]]) -> T:
    """What `work` gives, done with the fetcher's own guarded client as the settings have it."""
    settings = settings_for(None, None)

    async def run() -> T:
        async with make_client(settings) as client:
            return await work(Finder(client))

    return asyncio.run(run())


def _chosen(address: str, everything: bool) -> list[Look]:
    """The one feed of `address`, or all of several if that was asked for."""
    looks = _with_finder(lambda finder: finder.search(address))
    if len(looks) > 1 and not everything:
        for look in looks:
            click.echo(f"  {look.url}  {look.document.title or ''}".rstrip(), err=True)
        raise CopytasterError(
            f"{address} has {len(looks)} feeds (above); add one by its address, or all with --all"
        )
    return looks


def _list(
    specs: Sequence[FeedSpec], redis_url: str | None, desk: str | None, dry_run: bool
) -> list[ListChange]:
    """List all of `specs` in one step; raises CopytasterError when there is none that is not listed yet."""
    unique = {spec.feed_id: spec for spec in specs}

    def decide(states: Mapping[str, FeedState], _in_file: set[str]) -> list[ListChange]:
        wanted = [add_by_command(spec, states.get(feed_id)) for feed_id, spec in unique.items()]
        changes = [change for change in wanted if change is not None]
        if not changes:
            raise CopytasterError(_already(states[next(iter(unique))]))
        return changes

    async def work(admin: FeedAdmin) -> list[ListChange]:
        return await admin.change(list(unique), decide, dry_run=dry_run)

    return with_admin(redis_url, desk, work)


def _already(state: FeedState) -> str:
    if state.status is FeedStatus.PAUSED:
        return f"{state.url} is listed already, but paused; try: copytaster feeds resume {state.url}"
    return f"{state.url} is listed already"


@click.command()
@click.argument("url")
@json_option
def test(url: str, as_json: bool) -> None:
    """Fetch and parse the feed at URL once, and show what would come. Nothing is stored.

    \b
    Example:
      copytaster feeds test https://nordpost.example/feed.xml
    """
    look = _with_finder(lambda finder: _look(finder, url))
    if as_json:
        tell_json(
            {
                "url": look.url,
                "finalUrl": look.response.final_url,
                "httpStatus": look.response.status,
                "byteCount": len(look.response.body),
                "elapsedMs": look.elapsed_ms,
                **document_as_json(look.document),
            }
        )
        return
    for line in feeds_view.look_lines(look):
        click.echo(line)


async def _look(finder: Finder, url: str) -> Look:
    """The feed at `url`; of a page that is none the error says which feeds it names."""
    try:
        return await finder.look(url)
    except NoFeed as error:
        page = error.response
        links = []
        if page is not None and page.status == 200:
            links = feed_links(page.body, url=page.final_url, content_type=page.headers.get("content-type"))
        if not links:
            raise
        raise CopytasterError(f"{error}; it names {len(links)} feeds, the first is {links[0].url}") from error
