"""`copytaster clusters pin|forbid|merge|split|undo|decisions`: a person's word on clusters, kept for ever and taken back at will."""

from __future__ import annotations

import getpass
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import click
from redis.asyncio import Redis

from copytaster.cli.looking.naming import cluster_named, story_named
from copytaster.cli.looking.streams_view import ask, settings_for
from copytaster.cli.options import as_json as json_option
from copytaster.cli.options import where
from copytaster.cli.plain import json_line
from copytaster.keys import Keys

# The deduplicator's packages are loaded by the commands that need them, so that `copytaster clusters list` starts fast.
if TYPE_CHECKING:
    from copytaster.cli.deciding.making import Answer, Wish

Work = Callable[[Redis, Keys], Awaitable["Answer | str"]]


def _who() -> str:
    """The name of the person at the keyboard, as the system knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"


def _said(function: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that decides."""
    for option in (
        click.option("--reason", required=True, help="Why; kept with the decision and told to subscribers."),
        click.option("--actor", default=_who, show_default="your user name", help="Who decides."),
        click.option("--dry-run", is_flag=True, help="Check, say what would be decided, and decide nothing."),
        where,
        json_option("The outcome as a line of JSON."),
    ):
        function = option(function)
    return function


@click.command()
@click.argument("stories", nargs=-1, required=True)
@_said
def pin(stories: tuple[str, ...], reason: str, actor: str, **rest: Any) -> None:
    """Keep STORIES in one cluster, whatever their texts say: urns, starts of urns, or addresses; at least two.

    \b
    Example:
      copytaster clusters pin d712147b 5e26ee13 --reason "the second is the update of the first"
    """
    _pairwise("pin", stories, reason, actor, rest)


@click.command()
@click.argument("stories", nargs=-1, required=True)
@_said
def forbid(stories: tuple[str, ...], reason: str, actor: str, **rest: Any) -> None:
    """Keep STORIES in different clusters, every one from every other; at least two.

    \b
    Example:
      copytaster clusters forbid d712147b 5e26ee13 --reason "two different fires"
    """
    _pairwise("forbid", stories, reason, actor, rest)


def _pairwise(op: str, stories: tuple[str, ...], reason: str, actor: str, rest: dict[str, Any]) -> None:
    async def wish(redis: Redis, keys: Keys) -> Wish | str:
        from copytaster.cli.deciding.making import Wish

        urns = tuple(dict.fromkeys([await story_named(redis, keys, name) for name in stories]))
        if len(urns) < 2:
            raise click.UsageError("name at least two different stories")
        return Wish(op, urns, reason, actor)

    _decide(wish, **rest)


@click.command()
@click.argument("clusters", nargs=-1, required=True)
@_said
def merge(clusters: tuple[str, ...], reason: str, actor: str, **rest: Any) -> None:
    """Make one cluster of CLUSTERS; their earliest stories are bound together, so it holds when stories come and go.

    \b
    Example:
      copytaster clusters merge 24d0827a 9b0c6a52 --reason "one and the same closure"
    """

    async def wish(redis: Redis, keys: Keys) -> Wish | str:
        from copytaster.cli.deciding.making import merge_of

        urns = [await cluster_named(redis, keys, name) for name in clusters]
        if len(set(urns)) < 2:
            raise click.UsageError("name at least two different clusters")
        return await merge_of(redis, keys, urns, reason=reason, actor=actor)

    _decide(wish, **rest)


@click.command()
@click.argument("cluster")
@click.argument("stories", nargs=-1, required=True)
@_said
def split(cluster: str, stories: tuple[str, ...], reason: str, actor: str, **rest: Any) -> None:
    """Take STORIES out of CLUSTER, together, and keep them away from those that stay.

    \b
    Example:
      copytaster clusters split 24d0827a d712147b --reason "the strike's end, not its beginning"
    """

    async def wish(redis: Redis, keys: Keys) -> Wish | str:
        from copytaster.cli.deciding.making import split_of

        urn = await cluster_named(redis, keys, cluster)
        urns = [await story_named(redis, keys, name) for name in stories]
        return await split_of(redis, keys, urn, urns, reason=reason, actor=actor)

    _decide(wish, **rest)


def _decide(
    wish: Callable[[Redis, Keys], Awaitable[Wish | str]],
    *,
    dry_run: bool,
    redis_url: str | None,
    desk: str | None,
    as_json: bool,
) -> None:
    from copytaster.cli.deciding.making import decide

    async def work(redis: Redis, keys: Keys) -> Answer | str:
        wanted = await wish(redis, keys)
        return wanted if isinstance(wanted, str) else await decide(redis, keys, wanted, rehearse=dry_run)

    answer = ask(settings_for(redis_url, desk), work)
    if isinstance(answer, str):
        _tell({"cluster": answer, "made": False}, f"They are one cluster already: {answer}", as_json=as_json)
    else:
        _tell_made(answer, "was decided already", dry_run=dry_run, as_json=as_json)


@click.command()
@click.argument("decision")
@_said
def undo(
    decision: str,
    reason: str,
    actor: str,
    dry_run: bool,
    redis_url: str | None,
    desk: str | None,
    as_json: bool,
) -> None:
    """Take a DECISION back (its urn or the start of it): the clusters become what they would be without it.

    \b
    Example:
      copytaster clusters decisions
      copytaster clusters undo 8a2b1f0a --reason "they were the same fire after all"
    """
    from copytaster.cli.deciding.making import undo as take_back

    answer = ask(
        settings_for(redis_url, desk),
        lambda redis, keys: take_back(redis, keys, decision, reason=reason, actor=actor, rehearse=dry_run),
    )
    _tell_made(answer, "was taken back already", dry_run=dry_run, as_json=as_json)


def _tell_made(answer: Answer, already: str, *, dry_run: bool, as_json: bool) -> None:
    made = not (answer.stood or dry_run)
    words = (
        f"{answer.decision} {already}; nothing was changed"
        if answer.stood
        else f"{answer.decision} would be written; nothing was changed"
        if dry_run
        else f"{answer.decision} is written; `copytaster clusters decisions` shows when it has taken effect"
    )
    _tell({"decision": answer.decision, "made": made}, words, as_json=as_json)


def _tell(shown: dict[str, Any], words: str, *, as_json: bool) -> None:
    click.echo(json_line(shown) if as_json else words)


@click.command()
@click.option("--all", "every", is_flag=True, help="Those that were taken back, too.")
@where
@json_option("One JSON object a line instead of a table.")
def decisions(every: bool, redis_url: str | None, desk: str | None, as_json: bool) -> None:
    """List the decisions in force, and whether the clusters are as they want.

    \b
    Example:
      copytaster clusters decisions --all
    """
    from copytaster.cli.console import wide_console
    from copytaster.cli.deciding.listing import looked_up, table

    rows = [row for row in ask(settings_for(redis_url, desk), looked_up) if every or row.decision.in_force]
    if as_json:
        for row in rows:
            click.echo(json_line(row.to_json()))
        return
    wide_console().print(table(rows))


COMMANDS = (pin, forbid, merge, split, undo, decisions)
"""What `copytaster clusters` has beside its commands for looking."""
