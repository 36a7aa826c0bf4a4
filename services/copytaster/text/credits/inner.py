"""Credits inside a line: what stood on a line of its own until someone ran the lines together.

Feeds, archives and machine translations often hold a whole page as one line. A dateline then follows the headline, a credit
line the last sentence, and a byline stands between the headline and the date.
"""

from __future__ import annotations

import re
from typing import Final

from copytaster.text.agencies import Mention, agencies
from copytaster.text.credits.credit_lines import only_credit_words
from copytaster.text.credits.datelines import enclosed
from copytaster.text.credits.model import ORIGINATOR, Credit, Line, chains

_UPPER: Final = r"[^\W\d_a-zà-öø-ÿа-яёіїєґ]"
_STORY_BEGINS: Final = re.compile(rf"\s?[-–—―]{{1,2}}\s*[«„“”\"'‘]?{_UPPER}")
"""A dash and a capital letter: `(AP) — The council`, `(BSS/Xinhua) -The`."""

_NEXT_SENTENCE: Final = re.compile(rf":?\s+[«„“”\"'‘]?{_UPPER}")
_DATED_PLACE_BEFORE: Final = re.compile(rf"(?:\b{_UPPER}{{3,}}|\d)\s*$")
"""`BERLIN (…) The coalition`, `Nuova Delhi, 1 gennaio (…) Il`: a place in capitals or a date before the parenthesis."""

_RELEASE_BEGINS: Final = re.compile(rf"\s*(?:[-–—]{{1,2}}\s*)?{_UPPER}|,?\s")
_PLACE_BEFORE: Final = re.compile(rf"{_UPPER}[\w'’.-]+\s*$")
_SENTENCE_BEFORE: Final = re.compile(r"[.!?…][»”“\"'’)]*\s+(?:[a-z]{2,4}(?:\s?[,/]\s?[a-z]{2,4})*\s*/?\s+)?$")
"""The end of a sentence, perhaps with the initials of those who wrote it (`aw/mm`)."""

_DASH_AFTER_SENTENCE: Final = re.compile(r"[.!?…][»”“\"'’)]*\s+[—–]\s*$")
_SENTENCE_END: Final = re.compile(r"[.!?…][»”“\"'’)]*\s+$")
_OWNED_BEFORE: Final = re.compile(r"[.!?…][»”“\"'’)]*\s+(?:\+\s*)?©\s*$")
_DATE_AFTER: Final = re.compile(r"\s*[•|,·-]?\s*\d{1,2}\.?\s+\w{3,10}\.?,?\s+20\d\d\b")
_CORRESPONDENT: Final = re.compile(
    rf"\b(?:Z|Ze|From|Aus|Da|Desde|De|Из)\s+{_UPPER}\w+\s+{_UPPER}\w+\s+{_UPPER}[\w-]+\s*$"
)
_SIGNED_BEFORE: Final = re.compile(rf"{_UPPER}\w+\s+{_UPPER}[\w-]+\s*$")
_INITIALS_AFTER: Final = re.compile(r"\W*(?:[a-z]{2,4}\W*){0,3}")
_OWN_REPORTER: Final = re.compile(r"\s+muhabir\w+")
"""Turkish agencies name themselves so in their own reports (`AA muhabirine yaptığı açıklamada`)."""
_BYLINE_BEFORE: Final = re.compile(r"(?:^|[\s.!?])(?:Von|By|Par|Por)\s+(?:\w{2,6}/)?$")
_BYLINE_AFTER: Final = re.compile(rf"\s+(?:\d|{_UPPER})|\s*$")
_SHORT_BYLINE_BEFORE: Final = re.compile(r"\b(?:von|by|par|por|di)\s+$", re.IGNORECASE)

MAX_BYLINE_CHARS: Final = 60
"""`Avatar_desk von dpa` is a byline; a longer line that ends with `von dpa` is a sentence."""


def inner_credits(line: Line, *, field: str) -> list[Credit]:
    """The datelines, credit lines and bylines that a line holds in its middle; role `originator`."""
    found: list[Credit] = []
    for chain in chains(line):
        verdict = _verdict(line.text, chain)
        if verdict is not None:
            rule, confidence = verdict
            found += [line.credit(m, ORIGINATOR, rule, confidence, field=field) for m in chain]
    return found


def _verdict(text: str, chain: tuple[Mention, ...]) -> tuple[str, float] | None:
    begin, end = chain[0].begin, chain[-1].end
    before, after = text[max(0, begin - 40) : begin], text[end : end + 40]
    around = enclosed(text, chain[0])
    if around is not None and around[1] >= end:
        return _verdict_enclosed(text, around[0], around[1], chain)
    if not any(m.exact for m in chain):
        return None
    if _OWNED_BEFORE.search(before) and re.match(rf"\s*$|\s+{_UPPER}", after):
        return "copyright_line", 0.8
    if _SENTENCE_END.search(before) and re.match(r"\s+©", after):
        return "inner_credit_line", 0.85
    if _DATE_AFTER.match(after) and not re.search(r"[\d(/,]\s*$", before):
        return "dated_byline", 0.8
    if _OWN_REPORTER.match(after):
        return "own_reporter", 0.8
    if _DASH_AFTER_SENTENCE.search(before) and re.match(rf"\s*$|\s+{_UPPER}", after):
        return "inner_credit_line", 0.85
    if _BYLINE_BEFORE.search(before) and _BYLINE_AFTER.match(after):
        return "inner_byline", 0.85
    ends_line = len(text) <= MAX_BYLINE_CHARS and not after.strip()
    return ("inner_byline", 0.85) if ends_line and _SHORT_BYLINE_BEFORE.search(before) else None


def _verdict_enclosed(
    text: str, begin: int, end: int, chain: tuple[Mention, ...]
) -> tuple[str, float] | None:
    before, after = text[max(0, begin - 40) : begin], text[end : end + 40]
    if _STORY_BEGINS.match(after):
        return "inner_dateline", 0.9
    if _DATED_PLACE_BEFORE.search(before) and _NEXT_SENTENCE.match(after):
        return "inner_dateline", 0.85
    signed = _SIGNED_BEFORE.search(before) and _INITIALS_AFTER.fullmatch(text[end:])
    if (_CORRESPONDENT.search(before) and _NEXT_SENTENCE.match(after)) or signed:
        return "inner_byline", 0.8
    released = any(agencies()[m.agency].kind == "press_release" for m in chain)
    if released and _PLACE_BEFORE.search(before) and (not after.strip() or _RELEASE_BEGINS.match(after)):
        return "inner_dateline", 0.85
    if _SENTENCE_BEFORE.search(before) and only_credit_words(text, begin + 1, end - 1, chain):
        return "inner_credit_line", 0.9
    return None
