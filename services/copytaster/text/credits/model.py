"""What a credit is, and the units of text in which credits are looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from copytaster.text.agencies import Mention

ORIGINATOR: Final = "originator"
DISTRIBUTOR: Final = "distributor"
QUOTED: Final = "quoted"
PHOTO: Final = "photo"
TRANSLATOR_OF: Final = "translator_of"
CITED_URL: Final = "cited_url"


@dataclass(frozen=True, slots=True)
class Credit:
    """An agency (a key of the agency list) in a role, at code points `begin` to `end` of `field`.

    `agency` is None for an address or an outlet that is no agency; `begin` and `end` are None for what stands in the
    page's markup only. `quote` is what was printed, `rule` names the rule that decided, `confidence` is in (0, 1].
    """

    agency: str | None
    role: str
    field: str
    begin: int | None
    end: int | None
    quote: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text at offset `begin`, with the agencies it names (offsets count from the line's start)."""

    text: str
    begin: int
    mentions: tuple[Mention, ...]

    def credit(self, mention: Mention, role: str, rule: str, confidence: float, *, field: str) -> Credit:
        """The credit for `mention`, with its offsets in the whole text."""
        begin, end = self.begin + mention.begin, self.begin + mention.end
        quote = self.text[mention.begin : mention.end]
        return Credit(mention.agency, role, field, begin, end, quote, rule, confidence)


_CHAIN: Final = re.compile(
    r"\s*(?:[,/&+|•·;、和-]|(?:,\s*)?\b(?:und|sowie|and|as well as|y|e|et|и|і|й|та|va|ve|và|i|oraz|og|och|en)\b)\s*"
    r"[«„“\"'(]?\s*(?:the\s+|die\s+|l['’])?"
)
"""What may stand between two agencies of one enumeration: `TASS, RIA and Reuters`."""


def chains(line: Line) -> Iterator[tuple[Mention, ...]]:
    """The mentions of a line, those of one enumeration together."""
    group: list[Mention] = []
    for mention in line.mentions:
        if group and not _CHAIN.fullmatch(line.text[group[-1].end : mention.begin].strip("»“”\"'")):
            yield tuple(group)
            group = []
        group.append(mention)
    if group:
        yield tuple(group)
