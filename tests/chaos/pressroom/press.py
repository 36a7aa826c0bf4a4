"""What the storm's newsroom publishes: points, their articles and the odd items, made from a number alone. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

OUTLETS: Final = 8
PARAGRAPHS: Final = 4
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
_NOUNS: Final = [
    "harbour",
    "bridge",
    "tunnel",
    "ferry",
    "orchard",
    "quarry",
    "airfield",
    "archive",
    "reservoir",
    "tramway",
    "glasshouse",
    "barracks",
    "brewery",
    "cannery",
    "lighthouse",
    "museum",
    "nursery",
    "observatory",
    "pier",
    "refinery",
    "school",
    "theatre",
    "university",
    "viaduct",
    "warehouse",
    "yard",
    "zoo",
    "court",
    "dam",
]
_ACTS: Final = [
    "closed",
    "reopened",
    "bought",
    "flooded",
    "inspected",
    "renamed",
    "evacuated",
    "auctioned",
    "repaired",
    "photographed",
    "searched",
    "surveyed",
    "occupied",
    "restored",
    "demolished",
    "insured",
    "measured",
    "painted",
    "lit",
    "emptied",
    "sealed",
    "widened",
    "moved",
    "leased",
    "blessed",
    "fenced",
]
_TRADES: Final = [
    "divers",
    "carpenters",
    "surveyors",
    "bakers",
    "engineers",
    "teachers",
    "pilots",
    "farmers",
    "nurses",
    "sailors",
    "printers",
    "masons",
    "lawyers",
    "gardeners",
    "miners",
    "weavers",
    "drivers",
    "painters",
    "brewers",
    "clerks",
]
_REASONS: Final = [
    "after a week of rain",
    "because of a missing permit",
    "before the harvest fair",
    "in spite of two lawsuits",
    "for lack of steel",
    "following a vote by hand",
    "during the night shift",
    "on the advice of an insurer",
    "without a word to the council",
    "as the lease ran out",
    "under the eyes of inspectors",
    "at the wish of the heirs",
]


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
    town, noun, act = _name(dice), dice.choice(_NOUNS), dice.choice(_ACTS)
    title = f"{town} {noun} {act} {dice.choice(_REASONS)}"
    lede = f"{town.upper()} - The {noun} of {town} was {act} on Tuesday {dice.choice(_REASONS)}, mayor {_name(dice)} said."
    paragraphs = [lede, *(_paragraph(dice, town) for _ in range(PARAGRAPHS - 1))]
    return title, tuple(paragraphs), f"{_paragraph(dice, town)} An earlier version gave another number."


def _paragraph(dice: random.Random, town: str) -> str:
    return " ".join(_sentence(dice, town) for _ in range(2))


def _sentence(dice: random.Random, town: str) -> str:
    forms = (
        "{count} {trades} from {place} had {act} the {noun} {reason}, according to {person}.",
        "{person}, who speaks for the {trades} of {place}, put the cost at {count} crowns {reason}.",
        "In {place}, {count} kilometres from {town}, the {noun} was {act} {reason}.",
        "The {noun} near {place} holds {count} tonnes and was last {act} {reason}, {person} recalled.",
        "{person} told reporters in {place} that {count} {trades} had {act} a {noun} {reason}.",
        "Of {count} letters that reached {town} {reason}, {person} answered those of the {trades} in {place}.",
    )
    return dice.choice(forms).format(
        count=f"{dice.randint(13, 98_765):,}",
        trades=dice.choice(_TRADES),
        place=_name(dice),
        town=town,
        person=f"{_name(dice)} {_name(dice)}",
        noun=dice.choice(_NOUNS),
        act=dice.choice(_ACTS),
        reason=dice.choice(_REASONS),
    )


def _name(dice: random.Random) -> str:
    return "".join(dice.choice(_SYLLABLES) for _ in range(dice.randint(2, 4))).capitalize()
