"""The time of day that a page prints beside its date, `Do 25.04.24 | 14:07 Uhr`, where no metadata give it."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Final

SEARCHED_CHARS: Final = 20_000
"""A page prints its date above the text; menus before it may be long."""

_PRINTED: Final = re.compile(
    r"(?<![\d.])(?:(?P<d>\d{1,2})[./](?P<m>\d{1,2})[./](?P<y>\d{4}|\d{2})|(?P<y2>\d{4})[-./](?P<m2>\d{1,2})[-./](?P<d2>\d{1,2}))"
    r"\.?[^\d\n]{1,12}(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?![\d.])"
)


def printed_time(visible: str, day: date) -> time | None:
    """The first time that `visible`, the page's text, prints directly behind `day`; None if there is none.

    Day and month stand in that order; a page that means the other is not understood, for then the day does not match.
    """
    for match in _PRINTED.finditer(visible[:SEARCHED_CHARS]):
        year = int(match["y"] or match["y2"])
        stated = (
            year + 2000 if year < 100 else year,
            int(match["m"] or match["m2"]),
            int(match["d"] or match["d2"]),
        )
        hour, minute = int(match["hour"]), int(match["minute"])
        if stated == (day.year, day.month, day.day) and hour < 24 and minute < 60:
            return time(hour, minute)
    return None
