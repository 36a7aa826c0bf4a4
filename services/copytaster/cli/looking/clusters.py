"""`copytaster clusters`: look at the clusters that a running copytaster has formed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import click
from redis.asyncio import Redis

from copytaster.cli.console import wide_console
from copytaster.cli.deciding.commands import COMMANDS as DECIDING
from copytaster.cli.looking import cluster_view
from copytaster.cli.looking.naming import cluster_named, story_named, successor
from copytaster.cli.looking.streams_view import Seen, ask, backwards, latest_clusters, settings_for
from copytaster.cli.options import as_json as json_option
from copytaster.cli.options import where
from copytaster.cli.plain import count, json_line
from copytaster.errors import CopytasterError
from copytaster.keys import Keys
from copytaster.settings import Settings
from copytaster_schemas import ClusterChanged, Member
from copytaster_schemas.identity import short_id


@click.group()
def command() -> None:
    """Look at the clusters, and decide about them where the texts mislead.

    \b
    Example:
      copytaster clusters list --at-least 2
      copytaster clusters show 24d0827a --tree
      copytaster clusters explain https://nordpost.example/hafen https://suedblatt.example/brand
      copytaster clusters forbid d712147b 5e26ee13 --reason "two different fires"
    """


for _deciding in DECIDING:
    command.add_command(_deciding)


@command.command("list")
@where
@json_option("One JSON object a line instead of a table.")
@click.option(
    "--at-least", type=click.IntRange(1), default=1, show_default=True, help="Only with so many stories."
)
def list_(redis_url: str | None, desk: str | None, as_json: bool, at_least: int) -> None:
    """List the clusters, the largest first.

    \b
    Example:
      copytaster clusters list --at-least 2
    """
    latest = ask(settings_for(redis_url, desk), latest_clusters)
    changes = [change for change in cluster_view.living(latest.values()) if change.counts.members >= at_least]
    if as_json:
        for change in changes:
            click.echo(json_line(cluster_view.as_json(change)))
        return
    console = wide_console()
    title = count(len(changes), "cluster")
    console.print(cluster_view.table(changes, title=title, width=console.width))
    if not latest:
        console.print("None yet; `copytaster status` tells whether stories come in.", markup=False)


@dataclass(frozen=True, slots=True)
class _Found:
    """A cluster: the ids that led to it, its events on the stream (latest first), its stored members."""

    chain: list[str]
    events: list[Seen]
    stored_members: list[Member]

    @property
    def latest(self) -> ClusterChanged | None:
        """The last event that the stream still holds and this version can read."""
        changes = (seen.event for seen in self.events)
        return next((change for change in changes if isinstance(change, ClusterChanged)), None)


@command.command()
@click.argument("cluster")
@where
@click.option("--history", is_flag=True, help="List its events instead, the oldest first.")
@click.option("--tree", is_flag=True, help="Show who copied from whom, with the link that says so.")
@json_option("The cluster as JSON; with --history one event a line.")
def show(
    cluster: str, redis_url: str | None, desk: str | None, history: bool, tree: bool, as_json: bool
) -> None:
    """Show one CLUSTER by its urn (or the start of it); an id that was merged shows its successor.

    \b
    Example:
      copytaster clusters show 24d0827a
      copytaster clusters show 24d0827a --tree
      copytaster clusters show 24d0827a --history
    """

    async def look(redis: Redis, keys: Keys) -> _Found:
        chain = await successor(redis, keys, await cluster_named(redis, keys, cluster))
        events = await _events(redis, keys, chain if history else chain[-1:], all_of_them=history)
        return _Found(chain, events, await _stored_members(redis, keys, chain[-1]))

    found = ask(settings_for(redis_url, desk), look)
    for ended, into in zip(found.chain, found.chain[1:], strict=False):
        click.echo(f"{ended} was merged into {into}", err=True)
    if history and tree:
        raise click.UsageError("--history and --tree exclude each other")
    if tree:
        _show_tree(found, settings_for(redis_url, desk), as_json=as_json)
    elif history:
        _show_history(found, as_json=as_json)
    else:
        _show_latest(found, as_json=as_json)


async def _events(redis: Redis, keys: Keys, clusters: Iterable[str], *, all_of_them: bool) -> list[Seen]:
    """The events of the clusters that the stream holds, latest first; only the last one unless all are wanted."""
    wanted = {urn.encode() for urn in clusters}
    found = []
    async for seen in backwards(redis, keys.stream("clusters")):
        if seen.fields.get(b"ce_subject") in wanted:
            found.append(seen)
            if not all_of_them and isinstance(seen.event, ClusterChanged):
                break
    return found


async def _stored_members(redis: Redis, keys: Keys, cluster: str) -> list[Member]:
    """The members of a cluster as they are kept for as long as it is, the earliest first, without their families."""
    from copytaster.deduplicator.io.clusters import stored_cards

    cards = stored_cards(await redis.hgetall(keys.key("cluster", short_id(cluster)))).values()
    ordered = sorted(cards, key=lambda card: (card.time_ms, card.story))
    return [card.to_member(card.kin or None) for card in ordered]


def _show_tree(found: _Found, settings: Settings, *, as_json: bool) -> None:
    from copytaster.cli.looking import tree_view

    cluster = found.chain[-1]
    nodes = ask(settings, lambda redis, keys: tree_view.tree_of(redis, keys, cluster))
    if not nodes:
        raise CopytasterError(f"{cluster} has no members any more")
    if as_json:
        click.echo(json_line(tree_view.as_json(cluster, nodes, found.latest)))
        return
    for line in tree_view.lines(nodes, found.latest):
        click.echo(line)


def _show_history(found: _Found, *, as_json: bool) -> None:
    events = found.events[::-1]
    if not events:
        raise CopytasterError(f"the stream no longer holds an event of {found.chain[-1]}")
    if as_json:
        for seen in events:
            click.echo(json_line(seen.to_json()))
    else:
        console = wide_console()
        console.print(cluster_view.history(events))


def _show_latest(found: _Found, *, as_json: bool) -> None:
    change = found.latest
    console = wide_console()
    if change is None:
        if as_json:
            raise CopytasterError(f"the stream no longer holds an event of {found.chain[-1]}")
        console.print(f"{found.chain[-1]}: its last event has left the stream; its members:", markup=False)
        console.print(cluster_view.members(found.stored_members))
        return
    if as_json:
        click.echo(json_line(cluster_view.as_json(change)))
        return
    console.print(f"{change.cluster}  revision {change.revision}, {change.op}", markup=False)
    console.print(cluster_view.details(change))
    for line in cluster_view.summary(change):
        console.print(line, markup=False)


@command.command()
@click.argument("a")
@click.argument("b")
@where
@json_option("The link as JSON, as it is published.")
def explain(a: str, b: str, redis_url: str | None, desk: str | None, as_json: bool) -> None:
    """Explain why two stories, A and B, are or are not linked: urns, starts of urns, or addresses.

    The decision is made anew from the two stored records, by the code and the policy of the service. In the texts, = marks
    what stands in both word for word, ~ what is told nearly so; words that only one side has are coloured, or in [brackets].

    \b
    Example:
      copytaster clusters explain d712147b 5e26ee13
      copytaster clusters explain https://nordpost.example/hafen https://suedblatt.example/brand
    """
    # Here and not above: only this command needs the deduplicator's packages.
    from copytaster.cli.looking import explain_view
    from copytaster.cli.looking.explain import Explained
    from copytaster.cli.looking.explain import explain as explain_pair

    async def look(redis: Redis, keys: Keys) -> Explained:
        one, other = [await story_named(redis, keys, name) for name in (a, b)]
        return await explain_pair(redis, keys, one, other)

    found = ask(settings_for(redis_url, desk), look)
    if as_json:
        click.echo(json_line(found.link.to_dict()))
        return
    console = wide_console()
    for part in explain_view.view(found, colours=console.is_terminal):
        console.print(part)
