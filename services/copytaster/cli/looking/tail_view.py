"""What `copytaster tail` prints for a person: one line an event, links with a line each below. Pure; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import singledispatch
from typing import Final

from rich.text import Text

from copytaster.cli.looking.cluster_view import origin_in_words
from copytaster.cli.looking.story_titles import Titled
from copytaster.cli.looking.streams_view import Seen
from copytaster.cli.plain import clock, count, one_line, short
from copytaster_schemas import (
    ArticleFetched,
    ClusterChanged,
    DecisionMade,
    EntryDied,
    EventModel,
    FeedChanged,
    ItemDropped,
    Link,
    Story,
    StoryCompared,
)

WHAT_WIDTH: Final = 10
"""The second column: `published`, the longest usual word, and a blank."""

STYLES: Final = {
    "published": "cyan",
    "created": "cyan",
    "joined": "green",
    "merged": "green",
    "compared": "green",
    "revised": "magenta",
    "updated": "magenta",
    "split": "yellow",
    "left": "yellow",
    "dropped": "yellow",
    "failing": "red",
    "gone": "red",
    "died": "red",
    "unknown": "red",
}
"""Colours by what happened; a word that is not here stays plain."""


def lines(seen: Seen, titles: Mapping[str, Titled]) -> Iterator[Text]:
    """The lines of one entry; `titles` names the stories of its links."""
    what, words = ("unknown", one_line(seen.problem)) if seen.event is None else _told(seen)
    yield _line(seen, what, words)
    if isinstance(seen.event, StoryCompared):
        yield from _links(seen.event, titles)


def stories_in(seen: Seen) -> list[str]:
    """The urns whose titles `lines` asks for."""
    compared = seen.event
    if not isinstance(compared, StoryCompared):
        return []
    return [compared.story.uri, *(_other(link, compared.story.uri) for link in compared.links)]


def _line(seen: Seen, what: str, words: str) -> Text:
    return Text.assemble(
        (clock(seen.time), "dim"), "  ", (f"{what:<{WHAT_WIDTH}}", STYLES.get(what, "")), " ", words
    )


def _told(seen: Seen) -> tuple[str, str]:
    assert seen.event is not None
    if isinstance(seen.event, Story):
        assert seen.envelope is not None
        return seen.envelope.type.rsplit(".", 2)[-2], _words(seen.event)
    return _what(seen.event), _words(seen.event)


def _what(event: EventModel) -> str:
    match event:
        case ClusterChanged(op=op) | DecisionMade(op=op):
            return one_line(op)
        case FeedChanged(change=change):
            return one_line(change)
        case ItemDropped():
            return "dropped"
        case EntryDied():
            return "died"
        case StoryCompared():
            return "compared"
    return "fetched"


@singledispatch
def _words(event: EventModel) -> str:
    return type(event).__name__


@_words.register
def _story(event: Story) -> str:
    version = f" (version {event.version})" if event.version > 1 else ""
    return one_line(
        f"{event.provider.outlet} [{event.language or '?'}] {event.title}{version}  {event.url}  {short(event.uri)}"
    )


@_words.register
def _compared(event: StoryCompared) -> str:
    silent = f"{event.abstained} abstained, {event.unrelated} unrelated"
    return f"{short(event.story.uri)} with {count(event.candidates, 'story')}: {count(len(event.links), 'link')}, {silent}"


@_words.register
def _cluster(event: ClusterChanged) -> str:
    if event.merged_into:
        return f"{short(event.cluster)} into {short(event.merged_into)}"
    counts = event.counts
    return one_line(
        f"{event.headline or '(no headline)'}  {count(counts.members, 'story')}, {count(counts.outlets, 'outlet')}, "
        f"{counts.independent} independent; origin {origin_in_words(event)}  {short(event.cluster)}"
    )


@_words.register
def _drop(event: ItemDropped) -> str:
    detail = f" ({event.detail})" if event.detail else ""
    return one_line(
        f"{event.code} in {event.stage}: {event.title or ''}  {event.url or event.article}{detail}"
    )


@_words.register
def _feed(event: FeedChanged) -> str:
    detail = f": {event.detail}" if event.detail else ""
    return one_line(f"{event.title or ''}  {event.url}{detail}")


@_words.register
def _died(event: EntryDied) -> str:
    return one_line(
        f"{event.code} after {count(event.failures, 'failure')}: {event.error}  {event.stream} {event.entry_id} "
        f"of {event.group}"
    )


@_words.register
def _article(event: ArticleFetched) -> str:
    return one_line(f"{event.status} {event.byte_count} bytes  {event.final_url}  {event.item.title or ''}")


@_words.register
def _decision(event: DecisionMade) -> str:
    return one_line(
        f"by {event.actor}: {event.reason}  {' '.join(map(short, [*event.stories, *event.clusters]))}"
    )


def _links(event: StoryCompared, titles: Mapping[str, Titled]) -> Iterator[Text]:
    margin = " " * (len("2026-01-01 00:00:00") + 2 + WHAT_WIDTH + 1)
    if event.story.uri in titles:
        yield Text(f"{margin}{titles[event.story.uri]}", style="bold")
    for link in event.links:
        other = _other(link, event.story.uri)
        arrow = "→" if link.b.uri == other else "←"
        yield Text.assemble(
            margin,
            "  ",
            (f"{one_line(link.relation):<15}", "green" if link.merges else "dim"),
            f" {link.confidence:.2f} {arrow} {titles.get(other) or short(other)}  {short(other)}",
        )


def _other(link: Link, story: str) -> str:
    """The story at the other end of a link; a link is read from the one that was made from the other."""
    return link.a.uri if link.b.uri == story else link.b.uri
