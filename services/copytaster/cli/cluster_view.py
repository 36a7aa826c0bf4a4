"""Clusters as a person or a program sees them: the latest event of each, as table rows or JSON. No I/O of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from copytaster_schemas import ClusterChanged

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
            Text(change.headline or "(no headline)"),
            str(counts.members),
            str(counts.outlets),
            str(counts.languages),
            str(counts.independent),
            Text(origin_in_words(change)),
        )
    return shown


def details(change: ClusterChanged) -> Table:
    """The members of one cluster, earliest first; stories of one family share a letter."""
    shown = Table(title=change.headline or change.cluster, title_justify="left", title_style="bold")
    for name in ("Family", "Outlet", "Language", "Title", "Address"):
        shown.add_column(name, overflow="fold")
    letters: dict[str, str] = {}
    for member in change.members:
        family = member.family or member.story
        letter = letters.setdefault(family, _letter(len(letters)))
        shown.add_row(
            letter, member.outlet, member.language or "?", Text(member.title or ""), Text(member.url or "")
        )
    return shown


def _letter(number: int) -> str:
    """The letter of a family: A to Z, then A2 and on."""
    rounds, place = divmod(number, 26)
    return chr(ord("A") + place) + (str(rounds + 1) if rounds else "")


def as_json(change: ClusterChanged) -> dict[str, Any]:
    """The event's data as published."""
    return change.to_dict()
