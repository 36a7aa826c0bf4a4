"""Credits in plain text: which agency, outlet or address a text names, in which role, on which words.

The very same functions serve pages (body, lead, captions, byline) and plain text (`copytaster credits`). They read text
only; credits that stand in a page's markup are found by the extractor. Nothing here knows a host or an outlet.

A line is read by the rules in the order of their certainty (dateline, photo, credit line, what stands inside a line, attribution); a name that one rule
has explained is not looked at again. At the end the roles of the whole text are settled (`roles.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from copytaster.text.agencies import find_mentions, may_name_agency
from copytaster.text.credits.attribution import attribution_credits
from copytaster.text.credits.credit_lines import credit_line_credits
from copytaster.text.credits.datelines import Dateline, dateline_credits, find_dateline
from copytaster.text.credits.inner import inner_credits
from copytaster.text.credits.model import Credit, Line
from copytaster.text.credits.photos import photo_credits
from copytaster.text.credits.roles import settle_roles
from copytaster.text.credits.sources import source_credits

__all__ = ["Credit", "Dateline", "collect_credits", "find_credits", "find_dateline", "settle_roles"]

MENTIONS_PER_END: Final = 100
"""A line that names agencies more often is no story; its first and last mentions are read (rules look around each one)."""


def find_credits(text: str, *, field: str = "text") -> list[Credit]:
    """The credits of a text in order of appearance, at most one for an agency in a role.

    `field` is text, lead, title, caption or byline: in a caption an unexplained agency is a photo credit, in a byline an
    originator. Offsets are code points into `text`.
    """
    return settle_roles(collect_credits(text, field=field), len(text))


def collect_credits(text: str, *, field: str = "text") -> list[Credit]:
    """Every credit of a text in order of appearance, roles not settled: for callers that settle several fields at once."""
    found: list[Credit] = []
    named = may_name_agency(text)
    for line in _lines(text, named=named):
        if line.mentions:
            found += sorted(_line_credits(line, field), key=lambda credit: credit.begin or 0)
        found += source_credits(line.text, line.begin, field=field)
    return found


def _line_credits(line: Line, field: str) -> list[Credit]:
    rules: tuple[Callable[..., list[Credit]], ...] = (
        dateline_credits,
        photo_credits,
        credit_line_credits,
        inner_credits,
        attribution_credits,
    )
    found: list[Credit] = []
    rest = line
    for rule in rules:
        credits = rule(rest, field=field)
        found += credits
        explained = {credit.begin for credit in credits}
        left = tuple(m for m in rest.mentions if line.begin + m.begin not in explained)
        rest = Line(line.text, line.begin, left)
        if not left:
            break
    return found


def _lines(text: str, *, named: bool) -> Iterator[Line]:
    begin = 0
    for part in text.split("\n"):
        if part.strip():
            mentions = find_mentions(part) if named else []
            if len(mentions) > 2 * MENTIONS_PER_END:
                mentions = [*mentions[:MENTIONS_PER_END], *mentions[-MENTIONS_PER_END:]]
            yield Line(part, begin, tuple(mentions))
        begin += len(part) + 1
