"""Reading the dates that feeds are full of."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from copytaster.fetcher.dates import FeedTime, parse_feed_date

INSTANTS = {
    "RFC 822": ("Mon, 22 Nov 2021 14:05:06 GMT", "2021-11-22T14:05:06Z"),
    "RFC 822 with offset": ("Mon, 22 Nov 2021 14:05:06 +0300", "2021-11-22T11:05:06Z"),
    "Moscow by name": ("Mon, 22 Nov 2021 14:05:06 MSK", "2021-11-22T11:05:06Z"),
    "Moscow by its Russian name": ("22 ноября 2021 14:05 МСК", "2021-11-22T11:05:00Z"),
    "central Europe in winter": ("Mon, 22 Nov 2021 14:05:06 CET", "2021-11-22T13:05:06Z"),
    "central Europe in summer": ("Tue, 22 Jun 2021 14:05:06 CEST", "2021-06-22T12:05:06Z"),
    "central Europe in German": ("Di, 22 Juni 2021 14:05:06 MESZ", "2021-06-22T12:05:06Z"),
    "eastern Europe": ("Mon, 22 Nov 2021 14:05:06 EET", "2021-11-22T12:05:06Z"),
    "London in summer": ("Tue, 22 Jun 2021 14:05:06 BST", "2021-06-22T13:05:06Z"),
    "India": ("Mon, 22 Nov 2021 14:05:06 IST", "2021-11-22T08:35:06Z"),
    "Tokyo": ("Mon, 22 Nov 2021 14:05:06 JST", "2021-11-22T05:05:06Z"),
    "New York": ("Mon, 22 Nov 2021 14:05:06 EST", "2021-11-22T19:05:06Z"),
    "a zone by area": ("Mon, 22 Nov 2021 14:05:06 Europe/Berlin", "2021-11-22T13:05:06Z"),
    "German month": ("Mo, 22 März 2021 14:05:06 +0100", "2021-03-22T13:05:06Z"),
    "German month, written plainly": ("22. Dezember 2021 14:05 CET", "2021-12-22T13:05:00Z"),
    "Russian month": ("Пн, 22 февр. 2021 14:05:06 +0300", "2021-02-22T11:05:06Z"),
    "Russian May": ("22 мая 2021 14:05 +0300", "2021-05-22T11:05:00Z"),
    "Ukrainian month": ("22 листопада 2021 14:05 +0200", "2021-11-22T12:05:00Z"),
    "French Tuesday that looks like March": ("mar., 07 déc. 2021 14:05:06 +0100", "2021-12-07T13:05:06Z"),
    "ISO 8601": ("2021-11-22T14:05:06+03:00", "2021-11-22T11:05:06Z"),
    "ISO 8601 without seconds": ("2021-11-22T14:05Z", "2021-11-22T14:05:00Z"),
    "ISO 8601 with fractions": ("2021-11-22T14:05:06.25Z", "2021-11-22T14:05:06.250000Z"),
    "ISO 8601 without a colon in the offset": ("2021-11-22T14:05:06+0300", "2021-11-22T11:05:06Z"),
    "ISO 8601 with a space": ("2021-11-22 14:05:06", "2021-11-22T14:05:06Z"),
    "the other kind of minus": ("2021-11-22T14:05:06\u221205:00", "2021-11-22T19:05:06Z"),
    "afternoon": ("Nov. 22, 2021, 2:05 p.m.", "2021-11-22T14:05:00Z"),
    "midnight in the American way": ("11/22/2021 12:05 AM", "2021-11-22T00:05:00Z"),
    "day first with dots": ("22.11.2021 14:05", "2021-11-22T14:05:00Z"),
    "day first because it cannot be a month": ("22/11/2021 14:05", "2021-11-22T14:05:00Z"),
    "seconds since 1970": ("1637589906", "2021-11-22T14:05:06Z"),
    "milliseconds since 1970": ("1637589906000", "2021-11-22T14:05:06Z"),
    "the end of a day": ("2021-11-22T24:00:00Z", "2021-11-23T00:00:00Z"),
}


@pytest.mark.parametrize(("text", "expected"), INSTANTS.values(), ids=INSTANTS)
def test_a_date_with_a_time_is_an_instant(text: str, expected: str) -> None:
    """Zones by name, months in several languages, and the forms that publishers make up."""
    found = parse_feed_date(text)

    assert found is not None
    assert (found.iso, found.has_time) == (expected, True)


@pytest.mark.parametrize(
    "text", ["2021-11-22", "22 Nov 2021", "Monday, 22 November 2021", "22.11.2021", "20211122"]
)
def test_a_date_without_a_time_is_said_to_be_one(text: str) -> None:
    """Its instant is midnight, and `has_time` says that nobody gave it."""
    assert parse_feed_date(text) == FeedTime(datetime(2021, 11, 22, tzinfo=UTC), has_time=False)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "soon",
        "Sun, 99 Jun 2009 12:00:00 GMT",
        "2021-13-01",
        "2021-11-22T25:00:00Z",
        "0",
        "x" * 500,
    ],
)
def test_what_is_no_date_gives_none(text: str | None) -> None:
    """Never an error, never today's date."""
    assert parse_feed_date(text) is None


def _agrees(case: dict[str, Any]) -> bool:
    found = parse_feed_date(case["input"])
    if case.get("must_parse"):
        return found is not None
    if "unix" in case:
        return (
            found is None
            if case["error"]
            else found is not None and int(found.at.timestamp()) == int(case["unix"])
        )
    if case["utc"] is None:
        return found is None
    if found is None:
        return False
    if isinstance(case["utc"], str):
        return found.at.strftime("%Y-%m-%d %H:%M:%S") == str(case["utc"])
    return list(found.at.timetuple()[:6]) == list(case["utc"][:6])


@pytest.mark.data
def test_the_date_cases_of_three_other_readers_agree(eval_data: Path) -> None:
    """At least 95 % of the 144 cases of feedparser, miniflux and gofeed."""
    cases = json.loads((eval_data / "feeds" / "dates.expected.json").read_text())

    agreeing = sum(_agrees(case) for case in cases)

    assert len(cases) == 144
    assert agreeing >= 0.95 * len(cases)
