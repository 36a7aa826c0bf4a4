"""Clusters as a person or a program sees them: the latest event of each, as table rows or JSON. No I/O of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from copytaster.cli.looking.streams_view import Seen
from copytaster.cli.plain import clock, count, one_line, short
from copytaster_schemas import ClusterChanged, Member

NUMBERS_WIDTH: Final = 48
"""What the four columns of numbers and the gaps take."""


def living(latest: Iterable[ClusterChanged]) -> list[ClusterChanged]:
    """The clusters that have members, the largest first."""
    found = [change for change in latest if change.state != "merged" and change.members]
    return sorted(found, key=lambda change: (-change.counts.members, -change.counts.outlets, change.cluster))


def origin_in_words(change: ClusterChanged) -> str:
    """Who the news comes from, in a few words."""
    origin = change.origin
    if origin.agency:
        return origin.agency if origin.seen else f"{origin.agency} (credited, not fetched)"
    outlet = next((member.outlet for member in change.members if member.story == origin.story), None)
    return outlet or "unknown"


def table(clusters: Sequence[ClusterChanged], *, title: str, width: int) -> Table:
    """A table that needs no explanation: what the news is, how many tell it, how many sources it really has.

    `width` is what the terminal has, in characters.
    """
    shown = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    left = max(width - NUMBERS_WIDTH, 40)
    shown.add_column("News", width=left * 3 // 5, overflow="ellipsis", no_wrap=True)
    for name in ("Stories", "Outlets", "Languages", "Independent"):
        shown.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    shown.add_column("Origin", width=left * 2 // 5, overflow="ellipsis", no_wrap=True)
    for change in clusters:
        counts = change.counts
        shown.add_row(
            Text(one_line(change.headline) or "(no headline)"),
            str(counts.members),
            str(counts.outlets),
            str(counts.languages),
            str(counts.independent),
            Text(one_line(origin_in_words(change))),
        )
    return shown


def details(change: ClusterChanged) -> Table:
    """The members of one cluster, earliest first; stories of one family share a letter."""
    shown = members(change.members)
    shown.title = Text(one_line(change.headline) or change.cluster)
    return shown


def members(stories: Iterable[Member]) -> Table:
    """A table of members, in their order; stories of one family share a letter."""
    shown = Table(title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("Family", "Outlet", "Language", "Title", "Address", "Story"):
        shown.add_column(name, overflow="fold")
    letters: dict[str, str] = {}
    for member in stories:
        letter = letters.setdefault(member.family or member.story, _letter(len(letters)))
        cells = (member.outlet, member.language or "?", member.title, member.url, short(member.story))
        shown.add_row(letter, *(Text(one_line(cell)) for cell in cells))
    return shown


def summary(change: ClusterChanged) -> list[str]:
    """What the counts and the origin of a cluster say, in words; and that members are left out where they are."""
    counts = change.counts
    told = [
        f"{counts.independent} independent of {count(counts.members, 'story')} in "
        f"{count(counts.families, 'family')}; origin: {one_line(origin_in_words(change))}"
    ]
    if change.members_truncated:
        told.append(f"The first {len(change.members)} members are shown.")
    return told


def history(events: Sequence[Seen]) -> Table:
    """The events of a cluster, in their order: when, what, who came and went."""
    shown = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("Time (UTC)", "Cluster", "Revision", "What", "Stories", "Came", "Went", "More"):
        shown.add_column(name, overflow="fold")
    for seen in events:
        change = seen.event
        if not isinstance(change, ClusterChanged):
            shown.add_row(clock(seen.time), "", "", "unknown", "", "", "", Text(one_line(seen.problem)))
            continue
        came, went = (" ".join(map(short, stories)) for stories in (change.added, change.removed))
        shown.add_row(
            clock(seen.time),
            short(change.cluster),
            str(change.revision),
            Text(one_line(change.op)),
            str(change.counts.members),
            came,
            went,
            _relatives(change),
        )
    return shown


def _relatives(change: ClusterChanged) -> str:
    """The other clusters that an event names."""
    told = [
        ("into", [change.merged_into] if change.merged_into else []),
        ("with", change.merged_from),
        ("out of", [change.split_from] if change.split_from else []),
        ("split off", change.split_into),
    ]
    return "; ".join(f"{word} {' '.join(map(short, urns))}" for word, urns in told if urns)


def _letter(number: int) -> str:
    """The letter of a family: A to Z, then A2 and on."""
    rounds, place = divmod(number, 26)
    return chr(ord("A") + place) + (str(rounds + 1) if rounds else "")


def as_json(change: ClusterChanged) -> dict[str, Any]:
    """The event's data as published."""
    return change.to_dict()
