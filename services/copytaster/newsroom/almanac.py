"""Dates in the words of a language and in the forms of feeds, for the demo newsroom. No clock, no locale."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from string import Template
from typing import Final


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "de": _words("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
    "en": _words("January February March April May June July August September October November December"),
    "fr": _words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    "vi": tuple(f"tháng {number}" for number in range(1, 13)),
    "ru": _words("января февраля марта апреля мая июня июля августа сентября октября ноября декабря"),
}
"""Months as they stand after a day: Russian in the genitive."""

WEEKDAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "de": _words("Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag"),
    "en": _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    "fr": _words("lundi mardi mercredi jeudi vendredi samedi dimanche"),
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "ru": ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"),
}
"""Days of the week as they stand in running text; the Russian ones bring their preposition."""

DATELINE: Final[Mapping[str, str]] = {
    "de": "$day. $month_name",
    "en": "$month_name $day",
    "fr": "$day $month_name",
    "ru": "$day $month_name",
    "vi": "$day $month_name",
}

FEED_DATE_FORMS: Final = (
    "rfc822_gmt",
    "rfc822_local",
    "rfc822_msk",
    "rfc822_cet",
    "iso_utc",
    "iso_local",
)
"""Forms of dates met in real feeds; a zone by name is what makes readers stumble (research: MSK, CET read as UTC)."""

_NAMED_ZONES: Final = {"rfc822_msk": ("MSK", 180), "rfc822_cet": ("CET", 60)}


def zone(utc_offset_minutes: int) -> timezone:
    """The fixed zone that many minutes east of Greenwich; the demo knows no summer time."""
    return timezone(timedelta(minutes=utc_offset_minutes))


def in_words(moment: datetime, language: str, form: str) -> str:
    """`moment` in its own zone after the template `form`: $day $day2 $month2 $month_name $year $time."""
    return Template(form).substitute(
        day=moment.day,
        day2=f"{moment.day:02}",
        month2=f"{moment.month:02}",
        month_name=MONTHS[language][moment.month - 1],
        year=moment.year,
        time=f"{moment.hour:02}:{moment.minute:02}",
    )


def dateline(moment: datetime, language: str) -> str:
    """The date as it stands in a dateline of that language: `3. Mai`, `May 3`, `3 мая`."""
    return in_words(moment, language, DATELINE[language])


def weekday(moment: datetime, language: str) -> str:
    """The day of the week as it stands in running text of that language."""
    return WEEKDAYS[language][moment.weekday()]


def feed_date(moment: datetime, form: str, utc_offset_minutes: int) -> str:
    """`moment` in one of FEED_DATE_FORMS; ValueError for another form."""
    local = moment.astimezone(zone(utc_offset_minutes))
    if form == "rfc822_gmt":
        return format_datetime(moment.astimezone(UTC), usegmt=True)
    if form == "rfc822_local":
        return format_datetime(local)
    if form in _NAMED_ZONES:
        name, minutes = _NAMED_ZONES[form]
        return format_datetime(moment.astimezone(zone(minutes))).rsplit(" ", 1)[0] + f" {name}"
    if form == "iso_utc":
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if form == "iso_local":
        return local.isoformat(timespec="seconds")
    raise ValueError(f"unknown form of a feed date: {form!r} (known: {', '.join(FEED_DATE_FORMS)})")
