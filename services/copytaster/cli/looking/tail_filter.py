"""Which entries `copytaster tail` shows: filters by outlet, language, operation, code and relation. Pure; no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from copytaster.cli.looking.streams_view import Seen
from copytaster.errors import Misconfigured
from copytaster_schemas import ClusterChanged, DecisionMade, EntryDied, FeedChanged, ItemDropped, Story
from copytaster_schemas.link import StoryCompared

FITTING: Final[Mapping[str, Sequence[str]]] = {
    "outlet": ("stories", "clusters"),
    "language": ("stories", "clusters"),
    "op": ("stories", "clusters", "feeds", "decisions"),
    "code": ("drops", "dead"),
    "relation": ("links",),
}
"""The streams that have something to compare with each filter."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What was asked for, by filter; several values of one mean any of them, several filters all of them."""

    wanted: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def passes(self, seen: Seen) -> bool:
        """Whether the entry is shown; one that this version cannot read passes only when nothing is asked for."""
        if not self.wanted:
            return True
        held = facts(seen)
        return all(values & held.get(name, frozenset()) for name, values in self.wanted.items())


def make_filter(stream: str, **asked: Sequence[str]) -> Filter:
    """The filter for a stream; raises Misconfigured naming the streams that a filter fits when it does not fit this one."""
    wanted = {name: frozenset(value.lower() for value in values) for name, values in asked.items() if values}
    for name in wanted:
        if stream not in FITTING[name]:
            raise Misconfigured(f"--{name} says nothing on {stream}; it fits {', '.join(FITTING[name])}")
    return Filter(wanted)


def facts(seen: Seen) -> dict[str, frozenset[str]]:
    """What an entry can be filtered by, in lower case; a language counts whole and by its first part (`pt-br`, `pt`)."""
    match seen.event:
        case Story() as story:
            op = seen.envelope.type.rsplit(".", 2)[-2] if seen.envelope else ""
            return _lower(outlet=[story.provider.outlet], language=_tags(story.language), op=[op])
        case ClusterChanged() as change:
            return _lower(
                outlet=[member.outlet for member in change.members],
                language=[tag for member in change.members for tag in _tags(member.language)],
                op=[change.op],
            )
        case FeedChanged() as news:
            return _lower(op=[news.change])
        case DecisionMade() as decision:
            return _lower(op=[decision.op])
        case ItemDropped(code=code) | EntryDied(code=code):
            return _lower(code=[code])
        case StoryCompared() as compared:
            return _lower(relation=[link.relation for link in compared.links])
    return {}


def _tags(language: str | None) -> list[str]:
    return [language, language.split("-")[0]] if language else []


def _lower(**values: Sequence[str]) -> dict[str, frozenset[str]]:
    return {name: frozenset(value.lower() for value in held) for name, held in values.items()}
