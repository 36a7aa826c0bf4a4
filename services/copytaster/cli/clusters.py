"""`copytaster clusters`: look at the clusters that a running copytaster has formed."""

from __future__ import annotations

import asyncio
import json

import click

from copytaster.cli import cluster_view
from copytaster.cli.console import wide_console
from copytaster.cli.streams_view import connect, latest_clusters, settings_for
from copytaster.errors import CopytasterError
from copytaster.keys import Keys
from copytaster_schemas import ClusterChanged

_redis_url = click.option(
    "--redis-url", default=None, help="Address of Redis [default: COPYTASTER_REDIS_URL]."
)
_desk = click.option("--desk", default=None, help="The desk [default: COPYTASTER_DESK].")
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of a table.")


@click.group()
def command() -> None:
    """Look at the clusters.

    \b
    Example:
      copytaster clusters list
      copytaster clusters show urn:uuid:… --json
    """


@command.command("list")
@_redis_url
@_desk
@_json
@click.option(
    "--at-least", type=click.IntRange(1), default=1, show_default=True, help="Only with so many stories."
)
def list_(redis_url: str | None, desk: str | None, as_json: bool, at_least: int) -> None:
    """List the clusters, the largest first."""
    changes = [
        change
        for change in cluster_view.living(_latest(redis_url, desk).values())
        if change.counts.members >= at_least
    ]
    if as_json:
        for change in changes:
            click.echo(json.dumps(cluster_view.as_json(change), ensure_ascii=False))
    else:
        console = wide_console()
        console.print(cluster_view.table(changes, title=f"{len(changes)} clusters", width=console.width))


@command.command()
@click.argument("cluster")
@_redis_url
@_desk
@_json
def show(cluster: str, redis_url: str | None, desk: str | None, as_json: bool) -> None:
    """Show one CLUSTER by its urn (or the start of it); an id that was merged shows its successor."""
    change = _find(_latest(redis_url, desk), cluster)
    if as_json:
        click.echo(json.dumps(cluster_view.as_json(change), ensure_ascii=False))
        return
    console = wide_console()
    console.print(f"{change.cluster}  revision {change.revision}, {change.op}", highlight=False)
    console.print(cluster_view.details(change))
    console.print(
        f"{change.counts.independent} independent of {change.counts.members} stories; "
        f"origin: {cluster_view.origin_in_words(change)}",
        highlight=False,
    )


def _latest(redis_url: str | None, desk: str | None) -> dict[str, ClusterChanged]:
    settings = settings_for(redis_url, desk)

    async def read() -> dict[str, ClusterChanged]:
        redis = await connect(settings)
        try:
            return await latest_clusters(redis, Keys(settings.desk))
        finally:
            await redis.aclose()

    return asyncio.run(read())


def _find(latest: dict[str, ClusterChanged], wanted: str) -> ClusterChanged:
    name = wanted.removeprefix("urn:uuid:")
    found = [urn for urn in latest if urn.removeprefix("urn:uuid:").startswith(name)]
    if not found:
        raise CopytasterError(f"no cluster {wanted}; `copytaster clusters list --json` names them all")
    if len(found) > 1:
        raise CopytasterError(f"{wanted} fits {len(found)} clusters; give more of it")
    change = latest[found[0]]
    while change.merged_into and change.merged_into in latest:
        click.echo(f"{change.cluster} was merged into {change.merged_into}", err=True)
        change = latest[change.merged_into]
    return change
