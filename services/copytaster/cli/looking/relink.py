"""`copytaster relink`: what the clusters would be under another policy. Reads the stored stories; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from redis.asyncio import Redis

from copytaster.cli.files.progress import progress
from copytaster.cli.looking import kept
from copytaster.cli.looking.streams_view import ask, settings_for
from copytaster.cli.options import as_json as json_option
from copytaster.cli.options import where
from copytaster.cli.plain import count, json_line, one_line, short
from copytaster.deduplicator.clusters import ClusterChange
from copytaster.deduplicator.decide import PairDecision
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.partition import Pair
from copytaster.deduplicator.policy import DEFAULT_POLICY, Policy, load, parse
from copytaster.deduplicator.record import StoryRecord
from copytaster.deduplicator.whatif import Moved, WhatIf, reasons, what_if
from copytaster.errors import CopytasterError
from copytaster.keys import Keys

Found = tuple[WhatIf, Mapping[Pair, PairDecision], Mapping[str, StoryRecord]]


@click.command("relink")
@click.option(
    "--policy", "name", default=DEFAULT_POLICY, show_default=True, help="A policy of this version, or a file."
)
@click.option(
    "--diff", is_flag=True, help="Tell each cluster that would change, and the pairs that decide it."
)
@where
@json_option("One JSON object a change, and a last line with the counts.")
def command(name: str, diff: bool, redis_url: str | None, desk: str | None, as_json: bool) -> None:
    """Decide all stored stories anew and say which clusters would change. Nothing is changed.

    \b
    Examples:
      copytaster relink                                what the policy in use would say today
      copytaster relink --policy mine.json --diff      what a policy of one's own would change, and why
    """
    policy = _policy(name)

    async def work(redis: Redis, keys: Keys) -> Found:
        stories = await kept.all_stories(redis, keys)
        records = await kept.records(redis, keys, stories)
        before = {pair.key: pair.decision async for pair in kept.pairs(redis, keys, records)}
        around = await kept.clusters(redis, keys)
        with progress() as tell:
            found = what_if([records[story] for story in sorted(records)], around, Matcher(policy), tell)
        return found, before, records

    found, before, records = ask(settings_for(redis_url, desk), work)
    if diff:
        for change in found.changes:
            why = reasons(change, found, before)
            for line in [json_line(_json(change, why))] if as_json else _lines(change, why, records):
                click.echo(line)
    _summary(found, len(records), policy, as_json=as_json)


def _policy(name: str) -> Policy:
    """The policy that ships under `name`, or the one in the file of that name."""
    path = Path(name)
    try:
        return parse(path.read_bytes()) if path.is_file() else load(name)
    except (OSError, ValueError) as error:
        raise CopytasterError(
            f"{name}: no policy of this version and no file that holds one: {error}"
        ) from error


def _summary(found: WhatIf, stories: int, policy: Policy, *, as_json: bool) -> None:
    counts = {
        "stories": stories,
        "clustersNow": found.clusters_now,
        "clustersThen": found.clusters_then,
        "changes": len(found.changes),
        "policy": policy.version,
    }
    if as_json:
        click.echo(json_line(counts))
        return
    click.echo(
        f"{count(stories, 'story')} under policy {policy.version}: {count(found.clusters_now, 'cluster')} now, "
        f"{found.clusters_then:,} then, {count(len(found.changes), 'change')}"
    )


def _lines(change: ClusterChange, why: list[Moved], records: Mapping[str, StoryRecord]) -> Iterator[str]:
    into = f" into {_name(change.merged_into)}" if change.merged_into else ""
    yield f"{_name(change.cluster)} {change.op}{into}: {count(len(change.members), 'story')}"
    for mark, stories in (("+", change.added), ("-", change.removed)):
        for story in sorted(stories):
            yield f"  {mark} {_title(story, records)}"
    for moved in why:
        one, other = (_title(story, records) for story in moved.pair)
        yield f"    {_said(moved.before)} -> {_said(moved.after)}: {one} | {other}"


def _name(cluster: str) -> str:
    return short(cluster) if cluster.startswith("urn:") else cluster


def _title(story: str, records: Mapping[str, StoryRecord]) -> str:
    record = records.get(story)
    return one_line(f"{short(story)} {record.outlet} {record.title}") if record else short(story)


def _said(decision: PairDecision | None) -> str:
    return f"{decision.relation} {decision.confidence:.2f}" if decision else "nothing"


def _json(change: ClusterChange, why: list[Moved]) -> dict[str, Any]:
    shown = {
        "cluster": change.cluster,
        "op": change.op,
        "mergedInto": change.merged_into,
        "splitFrom": change.split_from,
        "members": sorted(change.members),
        "added": sorted(change.added),
        "removed": sorted(change.removed),
        "why": [
            {"a": one.pair[0], "b": one.pair[1], "before": _said(one.before), "after": _said(one.after)}
            for one in why
        ],
    }
    return {name: value for name, value in shown.items() if value is not None}
