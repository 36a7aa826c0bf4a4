"""`copytaster feeds`: look at the list of feeds and change it, while everything runs."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from typing import Final

import click

from copytaster.cli.console import wide_console
from copytaster.cli.feeds import feeds_view
from copytaster.cli.feeds.feeds_common import (
    desk_option,
    dry_run_option,
    json_option,
    redis_url_option,
    tell_changes,
    tell_json,
    with_admin,
)
from copytaster.cli.feeds.feeds_opml import export, import_
from copytaster.errors import CopytasterError
from copytaster.fetcher.feedcommands import pause_by_command, remove_by_command, resume_by_command
from copytaster.fetcher.feedlist import ListChange
from copytaster.fetcher.feedstate import FeedState, FeedStatus
from copytaster.fetcher.io.feed_admin import FeedAdmin
from copytaster.fetcher.io.store import HostHold
from copytaster.fetcher.pastpolls import PollOutcome


class FeedsGroup(click.Group):
    """Loads the commands that ask the network only when they are called: the others start in half the time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted([*super().list_commands(ctx), *ASKING])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None for an unknown name."""
        if cmd_name not in ASKING:
            return super().get_command(ctx, cmd_name)
        found: click.Command = getattr(importlib.import_module("copytaster.cli.feeds.feeds_add"), cmd_name)
        return found


ASKING: Final = ("add", "test")


@click.group(cls=FeedsGroup)
def command() -> None:
    """Look at the feeds and change them, while everything runs.

    A FEED is its address, its urn or the start of it, or the outlet or host of a single feed. What the feeds file
    names is the file's: it can be paused here, and is removed there.

    \b
    Example:
      copytaster feeds add https://nordpost.example/
      copytaster feeds import subscriptions.opml --dry-run
      copytaster feeds health
    """


command.add_command(import_)
command.add_command(export)


@command.command("list")
@redis_url_option
@desk_option
@json_option
@click.option("--failing", is_flag=True, help="Only feeds whose last poll failed.")
@click.option("--paused", is_flag=True, help="Only paused feeds.")
def list_(redis_url: str | None, desk: str | None, as_json: bool, failing: bool, paused: bool) -> None:
    """List the feeds by address.

    \b
    Example:
      copytaster feeds list --failing
      copytaster feeds list --json | jq -r .url
    """
    everything = with_admin(redis_url, desk, FeedAdmin.all)
    feeds = [
        feed
        for feed in everything
        if (not failing or feeds_view.is_failing(feed)) and (not paused or feed.status is FeedStatus.PAUSED)
    ]
    if as_json:
        for feed in feeds:
            tell_json(feeds_view.as_json(feed))
    elif not everything:
        click.echo("No feeds yet. Add one: copytaster feeds add https://nordpost.example/")
    else:
        _print_table(
            feeds, f"{len(feeds)} of {len(everything)} feeds" if failing or paused else f"{len(feeds)} feeds"
        )


@command.command()
@click.argument("feed")
@redis_url_option
@desk_option
@json_option
def show(feed: str, redis_url: str | None, desk: str | None, as_json: bool) -> None:
    """Show what is known of one FEED.

    \b
    Example:
      copytaster feeds show nordpost.example
    """

    async def read(admin: FeedAdmin) -> tuple[FeedState, bool]:
        (found,) = await admin.find([feed])
        return found, found.feed_id in await admin.in_file()

    state, in_file = with_admin(redis_url, desk, read)
    if as_json:
        tell_json({**feeds_view.as_json(state), "inFile": in_file})
        return
    for line in feeds_view.lines(state, in_file=in_file, now_ms=_now_ms()):
        click.echo(line)


@command.command()
@click.argument("feed", required=False)
@redis_url_option
@desk_option
@json_option
def health(feed: str | None, redis_url: str | None, desk: str | None, as_json: bool) -> None:
    """Say which feeds fail and why; of one FEED also since when, what its last 20 polls brought, when the next one is and why.

    \b
    Example:
      copytaster feeds health
      copytaster feeds health nordpost.example
    """
    if feed is None:
        _overview(redis_url, desk, as_json)
        return

    async def read(admin: FeedAdmin) -> tuple[FeedState, list[PollOutcome], HostHold | None]:
        (found,) = await admin.find([feed])
        return found, await admin.outcomes(found.feed_id), await admin.hold(found.host)

    state, outcomes, hold = with_admin(redis_url, desk, read)
    if as_json:
        polls = [feeds_view.outcome_as_json(one) for one in outcomes]
        tell_json({**feeds_view.as_json(state), **feeds_view.hold_as_json(hold, _now_ms()), "polls": polls})
        return
    now_ms = _now_ms()
    click.echo(f"{state.url}: {feeds_view.state_in_words(state)}")
    if feeds_view.is_failing(state):
        for line in feeds_view.failure_lines(state, now_ms=now_ms):
            click.echo(line)
    click.echo(f"  {'next poll':<14}{feeds_view.next_poll(state, now_ms)}")
    if (held := feeds_view.hold_line(hold, now_ms=now_ms)) is not None:
        click.echo(held)
    if feeds_view.is_failing(state):
        click.echo(f"  {'to ask now':<14}copytaster feeds refresh {state.url}")
    wide_console().print(feeds_view.outcomes_table(outcomes, now_ms=now_ms))


def _overview(redis_url: str | None, desk: str | None, as_json: bool) -> None:
    feeds = with_admin(redis_url, desk, FeedAdmin.all)
    failing = sorted(
        (feed for feed in feeds if feeds_view.is_failing(feed)), key=lambda feed: (-feed.failures, feed.url)
    )
    if as_json:
        for feed in failing:
            tell_json(feeds_view.as_json(feed))
    elif failing:
        _print_table(failing, f"{len(failing)} of {len(feeds)} feeds fail")
        click.echo(f"Why, and since when: copytaster feeds health {failing[0].url}")
    else:
        polled = sum(feed.status is FeedStatus.ACTIVE for feed in feeds)
        click.echo(f"None of {polled} polled feeds fails; {len(feeds) - polled} are paused.")


@command.command()
@click.argument("feeds", nargs=-1, required=True, metavar="FEED...")
@redis_url_option
@desk_option
@json_option
@dry_run_option
def pause(
    feeds: tuple[str, ...], redis_url: str | None, desk: str | None, as_json: bool, dry_run: bool
) -> None:
    """Stop polling each FEED until `resume`; the feeds file does not resume it.

    All of them or, when one is unknown, none.

    \b
    Example:
      copytaster feeds pause nordpost.example
    """
    _change(feeds, lambda state, _: pause_by_command(state), redis_url, desk, as_json, dry_run, "paused")


@command.command()
@click.argument("feeds", nargs=-1, required=True, metavar="FEED...")
@redis_url_option
@desk_option
@json_option
@dry_run_option
def resume(
    feeds: tuple[str, ...], redis_url: str | None, desk: str | None, as_json: bool, dry_run: bool
) -> None:
    """Poll each paused FEED again, at once.

    \b
    Example:
      copytaster feeds resume nordpost.example
    """
    _change(feeds, lambda state, _: resume_by_command(state), redis_url, desk, as_json, dry_run, "polled")


@command.command()
@click.argument("feeds", nargs=-1, required=True, metavar="FEED...")
@redis_url_option
@desk_option
@json_option
@dry_run_option
def remove(
    feeds: tuple[str, ...], redis_url: str | None, desk: str | None, as_json: bool, dry_run: bool
) -> None:
    """Take each FEED out of the list and delete its state; stories that it brought stay.

    A feed that the feeds file names is refused: the file would add it again.

    \b
    Example:
      copytaster feeds remove https://nordpost.example/feed.xml --dry-run
    """

    def decide(state: FeedState, in_file: bool) -> ListChange | None:
        return remove_by_command(state, in_file=in_file) if state.listed else None

    _change(feeds, decide, redis_url, desk, as_json, dry_run, "removed")


@command.command()
@click.argument("feeds", nargs=-1, metavar="FEED...")
@redis_url_option
@desk_option
@json_option
@dry_run_option
@click.option("--all", "everything", is_flag=True, help="All feeds that are polled.")
@click.option("--failing", is_flag=True, help="All feeds whose last poll failed.")
def refresh(
    feeds: tuple[str, ...],
    redis_url: str | None,
    desk: str | None,
    as_json: bool,
    dry_run: bool,
    everything: bool,
    failing: bool,
) -> None:
    """Poll each FEED now instead of when it is due; the spacing between requests to one host stays.

    \b
    Example:
      copytaster feeds refresh nordpost.example
      copytaster feeds refresh --failing
    """
    if bool(feeds) + everything + failing != 1:
        raise click.UsageError("name feeds, or say --all or --failing")

    async def work(admin: FeedAdmin) -> list[FeedState]:
        chosen = (
            await admin.find(feeds) if feeds else [f for f in await admin.all() if _is_chosen(f, failing)]
        )
        paused = next((feed for feed in chosen if feed.status is FeedStatus.PAUSED), None)
        if paused is not None:
            raise CopytasterError(f"{paused.url} is paused; try: copytaster feeds resume {paused.url}")
        if not dry_run:
            await admin.refresh(chosen)
        return chosen

    for feed in with_admin(redis_url, desk, work):
        if as_json:
            tell_json({"change": "due", "feed": feed.urn, "url": feed.url, "dryRun": dry_run or None})
        else:
            click.echo(f"{'would be ' if dry_run else ''}due now: {feed.url}")


def _is_chosen(feed: FeedState, failing: bool) -> bool:
    return feeds_view.is_failing(feed) if failing else feed.status is FeedStatus.ACTIVE


def _change(
    names: tuple[str, ...],
    decide: Callable[[FeedState, bool], ListChange | None],
    redis_url: str | None,
    desk: str | None,
    as_json: bool,
    dry_run: bool,
    already: str,
) -> None:
    """Change all the named feeds in one step; feeds that are so `already` are said on standard error."""

    async def work(admin: FeedAdmin) -> tuple[list[FeedState], list[ListChange]]:
        found = await admin.find(names)

        def decide_all(states: Mapping[str, FeedState], in_file: set[str]) -> list[ListChange]:
            known = [states[feed.feed_id] for feed in found if feed.feed_id in states]
            wanted = [decide(state, state.feed_id in in_file) for state in known]
            return [change for change in wanted if change is not None]

        return found, await admin.change([feed.feed_id for feed in found], decide_all, dry_run=dry_run)

    found, changes = with_admin(redis_url, desk, work)
    tell_changes(changes, as_json=as_json, dry_run=dry_run)
    changed = {change.feed_id for change in changes}
    for feed in found:
        if feed.feed_id not in changed:
            click.echo(f"{already} already: {feed.url}", err=True)


def _print_table(feeds: list[FeedState], title: str) -> None:
    console = wide_console()
    console.print(feeds_view.table(feeds, title=title, width=console.width, now_ms=_now_ms()))


def _now_ms() -> int:
    return int(time.time() * 1000)
