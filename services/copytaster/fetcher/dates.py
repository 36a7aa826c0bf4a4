"""Reads the dates of feeds: RFC 822, W3C date-time, and what publishers write instead.

Pure. Exists because feedparser takes the wall clock of an unknown zone for UTC (it does not know CET or MSK) and knows
English month names only. A date without a time is said to be one. Does not look for dates in prose or in pages.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo

from copytaster.fetcher.datewords import AFTERNOON, FORENOON, MONTHS, ZONE_HOURS

MAX_DATE_CHARS: Final = 120
"""Longer texts are no dates; the longest form seen in the conformance suites has 64 characters."""

_KOREA: Final = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class FeedTime:
    """An instant in UTC; `has_time` False means that the feed gave a date only, and `at` is its midnight."""

    at: datetime
    has_time: bool

    @property
    def iso(self) -> str:
        """RFC 3339 with `Z`, to the second, or to the microsecond where the feed gave fractions."""
        return self.at.isoformat().replace("+00:00", "Z")


_OFFSET = r"[+\-\u2212]\d{2}:?\d{2}"
_ISO: Final = re.compile(
    r"(?P<y>\d{4})-(?P<m>\d{1,3})-(?P<d>\d{1,2})"
    r"(?:[t ]+(?P<h>\d{1,2}):(?P<mi>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?)?"
    rf"\s*(?P<z>z|(?:utc|gmt)?\s*{_OFFSET}|{_OFFSET}z|[a-z]{{2,5}})?"
)
_SHORT_ISO: Final = (
    re.compile(r"(?P<y>\d{4})(?:-(?P<m>\d{2}))?"),
    re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:t(?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2})?(?P<z>z)?)?"),
    re.compile(r"(?P<y>\d{2})-?(?P<m>\d{2})-?(?P<d>\d{2})"),
    re.compile(r"-(?P<y>\d{2})-?(?P<m>\d{2})"),
    re.compile(r"(?P<y>\d{2})(?P<yday>\d{3})"),
)
_UNIX_SECONDS: Final = re.compile(r"\d{9,10}(?:\.\d+)?")
_UNIX_MILLISECONDS: Final = re.compile(r"\d{12,13}")
_CLOCK: Final = re.compile(r"(?<![\d:])(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d+)?)?(?![\d:])\s*([ap]m\b)?")
_BARE_HOUR: Final = re.compile(r"\b(\d{1,2})\s*([ap]m)\b")
_YEAR_FIRST: Final = re.compile(r"(?<![\d\-])(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})(?!-?\d)")
_DAY_OR_MONTH_FIRST: Final = re.compile(
    r"(?<![\d\-])(\d{1,2})([/.\- ])(\d{1,2})[/.\- ](\d{4}|\d{2})(?![\d:])"
)
_NAMED_MONTH: Final = re.compile(r"(\d{4})-([^\W\d_]+)-(\d{1,2})t?")
_ORDINAL: Final = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|er|º|ª)\b")
_AREA: Final = re.compile(r"\b([a-z]+)/([a-z_]+(?:/[a-z_]+)?)")
_WORD: Final = re.compile(r"[^\W\d_]+")
_HANGUL: Final = re.compile(r"[\uac00-\ud7a3]")


def parse_feed_date(text: str | None) -> FeedTime | None:
    """The instant that `text` names, None when it names none; a zone nobody knows is read as UTC.

    With slashes and no better hint the month comes first (10/05/2023 is 5 October), with dots the day.
    """
    folded = _fold(text or "")
    if not folded or len(folded) > MAX_DATE_CHARS:
        return None
    try:
        return _unix(folded) or _iso(folded) or _loose(folded)
    except (ValueError, OverflowError, OSError):
        return None


def _fold(text: str) -> str:
    """Lower case, no accents, no parentheses, single spaces (a line feed written as backslash and n is one too)."""
    plain = unicodedata.normalize("NFKD", text.replace("\\n", " ").lower())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    plain = unicodedata.normalize("NFC", re.sub(r"\([^)]*\)", " ", plain))
    return " ".join(plain.split())


def _unix(text: str) -> FeedTime | None:
    if _UNIX_SECONDS.fullmatch(text):
        return FeedTime(datetime.fromtimestamp(int(float(text)), UTC), has_time=True)
    if _UNIX_MILLISECONDS.fullmatch(text):
        return FeedTime(datetime.fromtimestamp(int(text) // 1000, UTC), has_time=True)
    return None


def _iso(text: str) -> FeedTime | None:
    match = _ISO.fullmatch(text) or next(
        (found for form in _SHORT_ISO if (found := form.fullmatch(text))), None
    )
    if match is None:
        return None
    parts = {key: value for key, value in match.groupdict().items() if value is not None}
    year = _full_year(parts["y"])
    if "yday" in parts:
        if not 1 <= int(parts["yday"]) <= 366:
            return None
        return FeedTime(
            datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=int(parts["yday"]) - 1), has_time=False
        )
    at = _day(year, int(parts.get("m", 1)), int(parts.get("d", 1)))
    if "h" not in parts:
        return FeedTime(at, has_time=False)
    micros = int(parts.get("f", "0")[:6].ljust(6, "0"))
    return _at(
        at + timedelta(microseconds=micros), parts["h"], parts["mi"], parts.get("s"), parts.get("z", "")
    )


def _loose(text: str) -> FeedTime | None:
    """Forms with names: the clock and the zone are taken out first, the date is what is left."""
    zone_default = _KOREA if _HANGUL.search(text) else UTC
    text = re.sub(r"([년월])\s*", "-", text).replace("일", " ")
    text = re.sub(r"\b([ap])\.\s?m\.?", r"\1m", _NAMED_MONTH.sub(r"\1 \2 \3 ", _ORDINAL.sub(r"\1", text)))
    clock = _CLOCK.search(text) or _BARE_HOUR.search(text)
    before, after = (text[: clock.start()], text[clock.end() :]) if clock else (text, "")
    day = _date_of(before) or _date_of(f"{before} {after}")
    if day is None or (clock is None and re.search(r"\d:", text)):
        return None
    if clock is None:
        return FeedTime(day, has_time=False)
    groups = clock.groups()
    hour, minute, second = (groups[0], groups[1], groups[2]) if len(groups) == 4 else (groups[0], "0", None)
    return _at(day, _hour_of(hour, groups[-1], text), minute, second, after, zone_default)


def _hour_of(hour: str, half: str | None, text: str) -> str:
    """The hour on the 24-hour clock; `half` is am or pm beside it, or a word elsewhere in `text`."""
    words = set(_WORD.findall(text))
    if (half == "pm" or words & AFTERNOON) and int(hour) < 12:
        return str(int(hour) + 12)
    if (half == "am" or words & FORENOON) and int(hour) == 12:
        return "0"
    return hour


def _at(
    day: datetime, hour: str, minute: str, second: str | None, zone_text: str, default: timezone = UTC
) -> FeedTime | None:
    seconds = int(second or 0)
    if int(hour) > 24 or int(minute) > 59 or seconds > 60:
        return None
    clock = timedelta(hours=int(hour), minutes=int(minute), seconds=min(seconds, 59))
    local = day + clock
    zone = _zone_of(zone_text, default)
    return None if zone is None else FeedTime(local.replace(tzinfo=zone).astimezone(UTC), has_time=True)


def _zone_of(text: str, default: timezone) -> timezone | ZoneInfo | None:
    """The zone written in `text`: an offset wins over a name, a name over `default`; None for a broken offset."""
    offset = re.search(_OFFSET, text)
    if offset:
        digits = re.sub(r"\D", "", offset[0])
        sign = 1 if offset[0][0] == "+" else -1
        if int(digits[2:]) > 59:
            return None
        return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
    if re.search(r"[+\-]\d{0,2}:?[a-z]", text):
        return None
    area = _AREA.search(text)
    if area and area[1] != "etc":
        return _area_zone(f"{area[1].title()}/{area[2].title()}")
    for word in _WORD.findall(text):
        if word in ZONE_HOURS:
            return timezone(timedelta(hours=ZONE_HOURS[word]))
    return default


def _area_zone(name: str) -> timezone | ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _date_of(text: str) -> datetime | None:
    match = _YEAR_FIRST.search(text)
    if match:
        return _day(int(match[1]), int(match[2]), int(match[3]))
    # The last one, since "mar." opens a Romance Tuesday: "mar., 01 déc. 2020".
    months = [MONTHS[word] for word in _WORD.findall(text) if word in MONTHS]
    if months:
        return _around_month(text, months[-1])
    match = _DAY_OR_MONTH_FIRST.search(text)
    if match is None:
        return None
    first, second, year = int(match[1]), int(match[3]), _full_year(match[4])
    month_first = (match[2] == "/" and first <= 12) or second > 12
    return _day(year, first, second) if month_first else _day(year, second, first)


def _around_month(text: str, month: int) -> datetime | None:
    """The date whose month is a name: the four-digit number is the year, else the last one; no day means the first."""
    numbers = re.findall(r"\d+", re.sub(_OFFSET, " ", text))
    year = next((number for number in numbers if len(number) == 4), None)
    if year is None and len(numbers) >= 2:
        year = numbers[1]
    if year is None:
        return None
    days = [number for number in numbers if number is not year and len(number) <= 2]
    return _day(_full_year(year), month, int(days[0]) if days else 1)


def _day(year: int, month: int, day: int) -> datetime:
    """Midnight UTC; callers put the zone right where the clock has one. ValueError for no date."""
    return datetime(year, month, day, tzinfo=UTC)


def _full_year(digits: str) -> int:
    """Two digits from 90 are 19xx, below 20xx, as feedparser reads them."""
    year = int(digits)
    return year if len(digits) > 2 else year + (1900 if year >= 90 else 2000)
