"""The operators' decisions as they stand, beside the clusters as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from copytaster.cli.deciding.making import all_decisions
from copytaster.cli.looking.naming import successor
from copytaster.cli.plain import count, one_line, short
from copytaster.deduplicator.decisions import Decision, constraint_of
from copytaster.keys import Keys
from copytaster_schemas.identity import short_id, urn_of

STATES: Final = {
    "undone": "taken back",
    "waiting": "the deduplicator has not read it yet",
    "met": "the clusters are as it wants",
    "unmet": "the clusters are not as it wants: others stand against it, or its stories are gone",
}
"""What a row may say of a decision."""


@dataclass(frozen=True, slots=True)
class Row:
    """A decision and how things are."""

    decision: Decision
    state: str

    def to_json(self) -> dict[str, Any]:
        """The event that made it, its state, and who took it back and why, where somebody did."""
        shown = {**self.decision.made.to_dict(), "state": self.state}
        undone = self.decision.undone
        return (
            shown if undone is None else {**shown, "undone": {"reason": undone.reason, "actor": undone.actor}}
        )


async def looked_up(redis: Redis, keys: Keys) -> list[Row]:
    """All decisions, the first made first."""
    decisions = await all_decisions(redis, keys)
    return [Row(decision, await _state(redis, keys, decision)) for decision in decisions.values()]


async def _state(redis: Redis, keys: Keys, decision: Decision) -> str:
    if int(await redis.hget(keys.key("decision", short_id(decision.urn)), "told") or 0) < decision.revision:
        return "waiting"
    if not decision.in_force:
        return "undone"
    constraint = constraint_of(decision.made)
    if constraint is None:
        return "unmet"
    homes = {story: await _home(redis, keys, story) for story in sorted(constraint.stories)}
    together = {homes[story] for story in constraint.together}
    if len(together) > 1 or not _are_apart(constraint.apart, homes):
        return "unmet"
    return "met"


def _are_apart(groups: Sequence[Sequence[str]], homes: Mapping[str, str | None]) -> bool:
    """Whether no cluster has stories of two groups."""
    seen: dict[str, int] = {}
    for number, group in enumerate(groups):
        for home in {homes[story] for story in group}:
            if home is not None and seen.setdefault(home, number) != number:
                return False
    return True


async def _home(redis: Redis, keys: Keys, story: str) -> str | None:
    named = await redis.hget(keys.key("story", short_id(story)), "cluster")
    return (await successor(redis, keys, urn_of(named.decode())))[-1] if named else None


def table(rows: Sequence[Row]) -> Table:
    """A table for a person, the first made first."""
    shown = Table(
        title=count(len(rows), "decision"),
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in ("Decision", "What", "Stories", "State", "By", "Reason"):
        shown.add_column(name, overflow="fold")
    for row in rows:
        made = row.decision.made
        stories = " ".join(map(short, made.stories))
        apart = f" | {count(len(made.others), 'story')} stay" if made.others else ""
        shown.add_row(
            short(row.decision.urn),
            Text(one_line(made.op)),
            stories + apart,
            row.state,
            Text(one_line(made.actor)),
            Text(one_line(made.reason)),
        )
    return shown
