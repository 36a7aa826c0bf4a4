"""What a publisher says of how often a feed may be asked for: headers, `ttl`, `sy:update*`, `skipHours`, `skipDays`.

Pure. All of it lengthens an interval and never shortens it. feedparser keeps only the last of several hours and days, so
the head of the document is read here, by the words of RSS 2.0 and of the syndication module of RSS 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

DAY_SECONDS: Final = 86_400

MAX_HINT_SECONDS: Final = float(DAY_SECONDS)
"""The longest wait that a hint is believed for (research/fetching.md, 6): beyond it is a mistake of a template."""

HEAD_BYTES: Final = 16 * 1024
"""What is looked at of a document: hints stand before the first item, and the largest real head has 9 kB."""

_PERIODS: Final = {
    "hourly": 3_600,
    "daily": DAY_SECONDS,
    "weekly": 7 * DAY_SECONDS,
    "monthly": 30 * DAY_SECONDS,
    "yearly": 365 * DAY_SECONDS,
}
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_FIRST_ITEM: Final = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_TTL: Final = re.compile(rb"<ttl>\s*(\d{1,6})\s*</ttl>", re.IGNORECASE)
_PERIOD: Final = re.compile(rb"<\w+:updatePeriod>\s*(\w{1,10})\s*</", re.IGNORECASE)
_FREQUENCY: Final = re.compile(rb"<\w+:updateFrequency>\s*(\d{1,6})\s*</", re.IGNORECASE)
_SKIP_HOURS: Final = re.compile(rb"<skipHours>(.{0,2000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_SKIP_DAYS: Final = re.compile(rb"<skipDays>(.{0,2000}?)</skipDays>", re.IGNORECASE | re.DOTALL)
_HOUR: Final = re.compile(rb"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_DAY: Final = re.compile(rb"<day>\s*(\w{6,9})\s*</day>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hints:
    """`least_seconds` between two polls, and the hours (0 to 23, GMT) and weekdays (0 is Monday) to leave out."""

    least_seconds: float = 0.0
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()

    def pack(self) -> str:
        """The stored form, such as `3600 0,1,2 5,6`; empty for no hints."""
        if self == Hints():
            return ""
        hours, days = (",".join(map(str, sorted(one))) for one in (self.skip_hours, self.skip_days))
        return f"{self.least_seconds:g} {hours} {days}".rstrip()

    @staticmethod
    def unpack(text: str | None) -> Hints:
        """The hints of a stored form; none for an absent or broken one."""
        least, hours, days = ([*(text or "").split(" "), "", "", ""])[:3]
        try:
            return Hints(float(least or 0), _numbers(hours), _numbers(days))
        except ValueError:
            return Hints()


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(part) for part in text.split(",") if part)


def hints_of(body: bytes) -> Hints:
    """The hints in the head of an RSS or RDF document; none for any other body."""
    head = body[:HEAD_BYTES]
    first = _FIRST_ITEM.search(head)
    head = head[: first.start()] if first else head
    ttl = _TTL.search(head)
    minutes = int(ttl[1]) if ttl else 0
    least = min(max(minutes * 60.0, _update_period(head)), MAX_HINT_SECONDS)
    hours, days = _SKIP_HOURS.search(head), _SKIP_DAYS.search(head)
    skip_hours = frozenset(int(one) % 24 for one in _HOUR.findall(hours[1])) if hours else frozenset()
    named = [one.decode("ascii", "replace").lower() for one in _DAY.findall(days[1])] if days else []
    skip_days = frozenset(_DAYS.index(name) for name in named if name in _DAYS)
    # Whoever forbids every hour or every day has misunderstood the element.
    return Hints(
        least,
        skip_hours if len(skip_hours) < 24 else frozenset(),
        skip_days if len(skip_days) < 7 else frozenset(),
    )


def _update_period(head: bytes) -> float:
    period, frequency = _PERIOD.search(head), _FREQUENCY.search(head)
    if period is None:
        return 0.0
    seconds = _PERIODS.get(period[1].decode("ascii", "replace").lower(), 0)
    return seconds / max(int(frequency[1]) if frequency else 1, 1)


def freshness(headers: Mapping[str, str], *, now: datetime) -> float:
    """Seconds for which the answer says it stays as it is: `max-age`, else `Expires` (RFC 9111, 4.2.1); at most a day."""
    control = headers.get("cache-control")
    if control:
        max_age = parse_max_age(control)
        if max_age is not None or re.search(r"\bno-(?:cache|store)\b", control, re.IGNORECASE):
            return min(max_age or 0.0, MAX_HINT_SECONDS)
    expires = _http_date(headers.get("expires"))
    if expires is None:
        return 0.0
    sent = _http_date(headers.get("date")) or now
    return min(max((expires - sent).total_seconds(), 0.0), MAX_HINT_SECONDS)


def parse_max_age(cache_control: str | None) -> float | None:
    """Seconds of `max-age` in a Cache-Control header; None without one or with no-cache or no-store."""
    if not cache_control or re.search(r"\bno-(?:cache|store)\b", cache_control, re.IGNORECASE):
        return None
    match = re.search(r"(?<![\w-])max-age\s*=\s*\"?(\d{1,9})", cache_control, re.IGNORECASE)
    return float(match[1]) if match else None


def _http_date(value: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(value or "")
    except (TypeError, ValueError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def allowed_from(at: datetime, hints: Hints) -> datetime:
    """`at`, or the beginning of the first hour after it that the hints leave open."""
    moved = at.astimezone(UTC)
    while moved.hour in hints.skip_hours or moved.weekday() in hints.skip_days:
        moved = moved.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return moved
