"""What the storm's newsroom publishes: points, their articles and the odd items, made from a number alone. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

OUTLETS: Final = 8
PARAGRAPHS: Final = 3
MOST_COPIES: Final = 2
ODD_EVERY: Final = 25
"""One item in so many lies where robots.txt lets nobody in: it has to be dropped, once."""

_SYLLABLES: Final = [
    "bar",
    "den",
    "fel",
    "gor",
    "hul",
    "kam",
    "lin",
    "mor",
    "nes",
    "pol",
    "rav",
    "sil",
    "tor",
    "ulm",
    "vas",
    "wen",
    "zor",
    "eck",
    "ost",
    "ild",
    "arn",
    "und",
    "ott",
    "eb",
]
_FORMS: Final = (
    "{person} said that {count} people of {place} had gone to {other} by night.",
    "In {place}, {count} steps from {other}, {person} had a house with {many} rooms.",
    "It was {person} who gave {count} crowns to {place}, and {many} more to {other}.",
    "Of {count} letters to {other} only {many} came from {place}, as {person} found.",
    "{person} and {second} of {place} had known {other} for {many} days.",
    "The way from {place} to {other} took {person} {many} hours, not {count}.",
    "{other} is what {person} called {place} when {count} men and {second} came back.",
)
"""Common words between invented names and numbers: no two points share a passage or a rare word, so that only copies are
candidates for one another and a storm spends its time on delivery."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One item of one outlet: an article of a point, or an odd item without one (`point` None)."""

    number: int
    outlet: int
    point: int | None
    title: str
    paragraphs: tuple[str, ...]
    corrected: str
    """The paragraph that takes the place of the second one once the article is corrected."""

    @property
    def path(self) -> str:
        """Where it lies on its outlet's host; odd items lie where robots.txt lets nobody in."""
        return f"/{'intern' if self.point is None else 'news'}/{self.number}.html"


def host(outlet: int) -> str:
    """The name of an outlet's host."""
    return f"outlet-{outlet}.storm.example"


def edition(points: int, seed: int = 1) -> list[Piece]:
    """All items in the order in which they come out: each point once or in copies at other outlets, odd items between."""
    dice = random.Random(seed)
    pieces: list[Piece] = []
    for point in range(points):
        title, paragraphs, corrected = _report(random.Random(f"{seed}-{point}"))
        outlets = dice.sample(range(OUTLETS), 1 + dice.randint(0, MOST_COPIES))
        for outlet in outlets:
            pieces.append(Piece(len(pieces), outlet, point, title, paragraphs, corrected))
            if len(pieces) % ODD_EVERY == 0:
                odd = f"Internal note {len(pieces)}"
                pieces.append(Piece(len(pieces), dice.randrange(OUTLETS), None, odd, (), ""))
    return pieces


def _report(dice: random.Random) -> tuple[str, tuple[str, ...], str]:
    """Title, paragraphs and a corrected paragraph of one point; names and numbers of its own in every sentence."""
    title = f"{_name(dice)} and {_name(dice)} meet at {_name(dice)}"
    lede = f"{_name(dice).upper()} - {_name(dice)} {_name(dice)} met {_name(dice)} {_name(dice)} at {_name(dice)} on Tuesday."
    paragraphs = [f"{lede} {_sentence(dice)}", *(_paragraph(dice) for _ in range(PARAGRAPHS - 1))]
    return title, tuple(paragraphs), f"{_paragraph(dice)} An earlier version gave another number."


def _paragraph(dice: random.Random) -> str:
    return " ".join(_sentence(dice) for _ in range(3))


def _sentence(dice: random.Random) -> str:
    return dice.choice(_FORMS).format(
        person=f"{_name(dice)} {_name(dice)}",
        second=_name(dice),
        place=_name(dice),
        other=_name(dice),
        count=f"{dice.randint(1_013, 98_765):,}",
        many=dice.randint(13, 999),
    )


def _name(dice: random.Random) -> str:
    return "".join(dice.choice(_SYLLABLES) for _ in range(dice.randint(3, 4))).capitalize()
