"""`copytaster verify`: do the stored links follow from the stored texts?"""

from __future__ import annotations

import sys
from collections import Counter

import click
from redis.asyncio import Redis

from copytaster.cli.looking import kept
from copytaster.cli.looking.naming import cluster_named, story_named, successor
from copytaster.cli.looking.streams_view import ask, settings_for
from copytaster.cli.looking.verifying import DIFFERS, STATES, Checked, verify
from copytaster.cli.options import as_json as json_option
from copytaster.cli.options import where
from copytaster.cli.plain import json_line, short
from copytaster.deduplicator.io.clusters import stored_cards
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.policy import load
from copytaster.errors import CopytasterError
from copytaster.keys import Keys
from copytaster_schemas.identity import short_id


@click.command("verify")
@click.option("--cluster", "cluster", default=None, help="The links of the stories of this cluster.")
@click.option(
    "--story", "story", default=None, help="The links of this story: a urn, the start of one, an address."
)
@click.option("--all", "every", is_flag=True, help="The links of all stories.")
@where
@json_option(
    "One JSON object a link that does not hold or cannot be checked, and a last line with the counts."
)
def command(
    cluster: str | None,
    story: str | None,
    every: bool,
    redis_url: str | None,
    desk: str | None,
    as_json: bool,
) -> None:
    """Decide stored links anew from the stored texts, and say which do not hold; exit code 1 if one does not.

    Scores and spans have to be the same to the last digit, on any machine and Python.

    \b
    Examples:
      copytaster verify --all
      copytaster verify --cluster 24d0827a
    """
    if sum((cluster is not None, story is not None, every)) != 1:
        raise click.UsageError("say one of --cluster, --story and --all")

    async def work(redis: Redis, keys: Keys) -> list[Checked]:
        stories = await _stories(redis, keys, cluster, story)
        return [one async for one in verify(redis, keys, stories, Matcher(load()))]

    found = ask(settings_for(redis_url, desk), work)
    counts = Counter(one.state for one in found)
    for one in found:
        if as_json and one.state != "verified":
            click.echo(json_line(one.to_json()))
        elif one.state == DIFFERS:
            click.echo(f"{short(one.a)} {short(one.b)} ({one.source}): {', '.join(one.fields)}")
    if as_json:
        click.echo(json_line({state: counts[state] for state in STATES}))
    else:
        for state, meaning in STATES.items():
            click.echo(f"{counts[state]:8,}  {meaning}")
    if counts[DIFFERS]:
        sys.exit(1)


async def _stories(redis: Redis, keys: Keys, cluster: str | None, story: str | None) -> list[str]:
    if story is not None:
        return [await story_named(redis, keys, story)]
    if cluster is None:
        return await kept.all_stories(redis, keys)
    living = (await successor(redis, keys, await cluster_named(redis, keys, cluster)))[-1]
    cards = stored_cards(await redis.hgetall(keys.key("cluster", short_id(living))))
    if not cards:
        raise CopytasterError(f"{living} has no members any more")
    return sorted(cards)
