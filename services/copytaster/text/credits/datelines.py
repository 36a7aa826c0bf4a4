"""Datelines: the place, date and agency that open a wire text, `MOSKAU, 3. Mai (TASS) –` or `(ANSA) - VIENNA, 20 FEB`.

A dateline makes the agency the text's originator. Forms covered: agency in parentheses after the place, between slashes,
after a dash or a dated sentence (Russian agencies), before the place (Italian, Vietnamese), and the Chinese 电 form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from copytaster.text.agencies import Mention
from copytaster.text.credits.model import ORIGINATOR, Credit, Line

MAX_HEAD_CHARS: Final = 90
"""Place and date before the agency; the longest of the 277 datelines in the labelled texts has 44 characters."""

MAX_HEAD_WORDS: Final = 11

_PLACE_START: Final = re.compile(r"^[\s«„“\"'*•‣▪+-]*[^\W\d_a-zа-яß-ÿіїєґ]")
_SENTENCE: Final = re.compile(
    r"[!?;|]|[a-zà-ÿа-яіїє]{4,}\.\s+[A-ZÀ-ÞА-ЯІЇЄ][a-zà-ÿа-яіїє]{2,}\s+[a-zà-ÿа-яіїє]"
)
_AFTER_CLOSED: Final = re.compile(r"\s*(?:[-–—‒―:.]|\.-)|\s+[^\W\d_a-zа-яß-ÿ]|\s*\d")
_DASHED: Final = re.compile(r"[-–—]\s*$")
_AFTER_OPEN: Final = re.compile(r"\s*(?:[-–—‒―]|\.\s|:\s)")
_DATE_FIRST: Final = re.compile(r",\s+\d{1,2}\.?\s+\w{3,9}\.\s")  # ТАСС, 17 мая. Авиакомпания …
_THEN_AUTHOR: Final = re.compile(r",\s+[^\W\d_a-zа-я]")  # … 25 мая — РИА Новости, Имя Фамилия.
_CODES: Final = re.compile(r"[\s,/&+-]*(?:[\w.]{2,10}[\s,/&-]*){0,3}")
_WIRE_SIGN: Final = re.compile(r".{0,24}?[电電]|[^】]{0,20}】")
_SIGNED: Final = re.compile(r"/[a-z]{2,4}\.\s+[^\W\d_a-zа-я]")  # dpa/eig. Mit scharfer Kritik …
_PLACE_AND_AGENCY: Final = re.compile(r"\s*[^\W\d_a-zа-я]{3,}(?:[ ,./-]+[^\W\d_a-zа-я]{2,}){0,3}\s*[-–—]\s*")
"""`ANKARA - Anadolu Agency` as a line of its own: the place in capitals."""
_LEADING_PLACE: Final = re.compile(r"\s+[^\W\d_a-zа-я]{3,}[^.]{0,30}\.\s")


@dataclass(frozen=True, slots=True)
class Dateline:
    """The opening of a text up to where the story begins; `place` as printed, without the date."""

    place: str
    begin: int
    end: int


def dateline_credits(line: Line, *, field: str) -> list[Credit]:
    """The credits of the dateline that opens `line`, an empty list if none does."""
    opened = _opening(line)
    if opened is None:
        return []
    mentions, rule, confidence = opened
    return [line.credit(m, ORIGINATOR, rule, confidence, field=field) for m in mentions]


def find_dateline(text: str) -> Dateline | None:
    """The dateline that opens `text` (a body), with or without an agency; None where the text just begins."""
    match = re.match(
        r"\s*(?P<place>[^\W\d_a-zа-яß-ÿ][^()\n!?;:|]{1,60}?)"
        r"(?:[,.]\s*(?:le\s+|den\s+|am\s+)?\d[^()\n]{2,24}|,\s*[^\W\d_]{3,9}\.?\s+\d{1,2}(?:,\s*\d{4})?)?\s*"
        r"(?:\([^()\n]{2,30}\)\s*(?:[-–—:]|\.-?)?|/[^/\n]{2,30}/\.?|[-–—]{1,2}(?=\s))\s*",
        text[:200],
    )
    if match is None or len(match["place"].split()) > 6 or _SENTENCE.search(match["place"]):
        return None
    if (
        match[0].rstrip().endswith(("-", "–", "—"))
        and not re.search(r"[(/]|\d", match[0])
        and not match["place"].isupper()
    ):
        return None
    return Dateline(match["place"].strip(" ,."), 0, match.end())


def _opening(line: Line) -> tuple[tuple[Mention, ...], str, float] | None:
    text = line.text
    if (
        _PLACE_AND_AGENCY.fullmatch(text[: line.mentions[0].begin])
        and not text[line.mentions[0].end :].strip()
    ):
        return (line.mentions[0],), "dateline_line", 0.9
    for mention in line.mentions[:3]:
        head = text[: mention.begin]
        if len(head) > MAX_HEAD_CHARS or len(head.split()) > MAX_HEAD_WORDS or _SENTENCE.search(head):
            return None
        around = enclosed(text, mention)
        if around is not None:
            begin, end, rule = around
            inside = tuple(m for m in line.mentions if begin <= m.begin and m.end <= end)
            if _opens(text, begin, end):
                return inside, rule, 0.98
        elif _is_open_form(text, mention, head):
            return (mention,), "dateline_open", 0.95
    return None


def enclosed(text: str, mention: Mention) -> tuple[int, int, str] | None:
    """Begin, end and rule of the parentheses or slashes around a mention and the desk codes beside it."""
    for opening, closing, rule in (
        ("(", ")", "dateline"),
        ("[", "]", "dateline"),
        ("/", "/", "dateline_slashes"),
    ):
        begin = text.rfind(opening, max(0, mention.begin - 30), mention.begin)
        end = text.find(closing, mention.end, mention.end + 30)
        if begin < 0 or end < 0 or (opening == "/" and text[begin + 1 : mention.begin].strip()):
            continue
        if _CODES.fullmatch(text[begin + 1 : mention.begin]) and _CODES.fullmatch(text[mention.end : end]):
            return begin, end + 1, rule
    return None


def _opens(text: str, begin: int, end: int) -> bool:
    """Whether what stands before is a place (or nothing) and a story follows."""
    head, rest = text[:begin].strip(), text[end:]
    if len(rest.strip()) < 20 or not _AFTER_CLOSED.match(rest):
        return False
    if not head:
        return True
    return bool(_PLACE_START.match(head)) and not re.search(r"[!?:;]|[.]{2,}", head.rstrip(".-–— "))


def _is_open_form(text: str, mention: Mention, head: str) -> bool:
    rest = text[mention.end :]
    if len(rest.strip()) < 20:
        return False
    if not head.strip(' «„“"') and _DATE_FIRST.match(rest):
        return True
    if len(head.strip(" 【（([")) == 0 and _WIRE_SIGN.match(rest):
        return True
    if not head.strip():
        # `dpa KUMLUCALI. Eine Fähre …`: the agency first, then a place in capitals.
        if _SIGNED.match(rest):
            return True
        place = _LEADING_PLACE.match(rest)
        return place is not None and place[0].strip(" .").isupper()
    if _PLACE_START.match(head) and re.search(r"\d.*[-–—]\s*$", head) and _THEN_AUTHOR.match(rest):
        return True
    if not _PLACE_START.match(head) or not _AFTER_OPEN.match(rest):
        return False
    return bool(_DASHED.search(head)) or (bool(re.search(r"\d", head)) and head.rstrip().endswith((".", ",")))
