"""Words from outside made fit for a terminal or a log: one line, no control character, no turned writing direction."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
"""C0 and C1 control characters (they move the cursor, colour, or name the window), line separators, bidirectional marks."""


def one_line(text: str | None) -> str:
    """`text` with everything that a terminal would obey replaced by a space; empty for None."""
    return _UNFIT.sub(" ", text or "").strip()


def instant(milliseconds: int) -> datetime:
    """The aware UTC time of milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def clock(moment: datetime) -> str:
    """A moment as a person reads it in a list: date and time in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def age(seconds: float) -> str:
    """A length of time in the one unit that says most: `42 s`, `7 min`, `3 h`, `12 d`."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length or (unit == "min" and seconds >= length):
            return f"{seconds / length:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def count(number: int, noun: str) -> str:
    """A number with its noun: `1 story`, `2 stories`, `0 outlets`."""
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else many}"


def short(urn: str) -> str:
    """The first eight digits of a urn: enough to type, and commands take the start of one."""
    return urn.removeprefix("urn:uuid:")[:8]


def json_line(value: Mapping[str, Any]) -> str:
    """One line of JSON; half a character pair, which no UTF-8 can carry, becomes a question mark."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
