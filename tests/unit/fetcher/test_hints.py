"""What a publisher says of how often a feed may be asked for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytaster.fetcher.hints import MAX_HINT_SECONDS, Hints, allowed_from, freshness, hints_of

NOW = datetime(2021, 11, 22, 14, 0, tzinfo=UTC)  # a Monday
SKIPS = st.builds(
    Hints,
    st.integers(0, 86_400).map(float),
    st.frozensets(st.integers(0, 23), max_size=23),
    st.frozensets(st.integers(0, 6), max_size=6),
)


def rss(head: str, items: str = "<item><title>a</title></item>") -> bytes:
    """An RSS document with this in its head."""
    return f"<rss version='2.0'><channel><title>Bote</title>{head}{items}</channel></rss>".encode()


LEAST = {
    "a ttl in minutes": (rss("<ttl>60</ttl>"), 3600),
    "twice an hour": (
        rss("<sy:updatePeriod>\n hourly </sy:updatePeriod><sy:updateFrequency> 2\n</sy:updateFrequency>"),
        1800,
    ),
    "daily without a frequency": (rss("<sy:updatePeriod>daily</sy:updatePeriod>"), 86_400),
    "the longer of two": (rss("<ttl>5</ttl><sy:updatePeriod>hourly</sy:updatePeriod>"), 3600),
    "more than is believed": (rss("<ttl>99999</ttl>"), MAX_HINT_SECONDS),
    "frequency zero": (
        rss("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>"),
        3600,
    ),
    "an unknown period": (rss("<sy:updatePeriod>often</sy:updatePeriod>"), 0),
    "a ttl that belongs to an item": (rss("", "<item><ttl>60</ttl></item>"), 0),
    "no feed": (b"\xff\xfe\x00<ttl>", 0),
}


@pytest.mark.parametrize(("body", "seconds"), LEAST.values(), ids=LEAST)
def test_the_least_interval_is_read_from_the_head(body: bytes, seconds: float) -> None:
    """RSS 2.0 counts in minutes, the syndication module in periods."""
    assert hints_of(body).least_seconds == seconds


def test_all_hours_and_days_are_read_and_nonsense_is_none() -> None:
    """Names in any case; the hour 24 of RSS 0.91 is midnight; who forbids everything forbids nothing."""
    some = hints_of(
        rss(
            "<skipHours><hour>1</hour><hour> 24 </hour></skipHours><skipDays><day>SUNDAY</day><day>Feiertag</day></skipDays>"
        )
    )
    every = hints_of(
        rss("<skipHours>" + "".join(f"<hour>{one}</hour>" for one in range(24)) + "</skipHours>")
    )

    assert some == Hints(0, frozenset({0, 1}), frozenset({6}))
    assert every == Hints()


FRESH: dict[str, tuple[dict[str, str], float]] = {
    "max-age": ({"cache-control": "public, max-age=600"}, 600),
    "max-age wins over Expires": (
        {"cache-control": "max-age=60", "expires": "Mon, 22 Nov 2021 15:00:00 GMT"},
        60,
    ),
    "Expires against the server's own clock": (
        {"expires": "Mon, 22 Nov 2021 15:00:00 GMT", "date": "Mon, 22 Nov 2021 14:50:00 GMT"},
        600,
    ),
    "Expires without a Date": ({"expires": "Mon, 22 Nov 2021 14:10:00 GMT"}, 600),
    "Expires: 0": ({"expires": "0"}, 0),
    "no-cache takes all back": (
        {"cache-control": "no-cache, max-age=60", "expires": "Mon, 22 Nov 2021 15:00:00 GMT"},
        0,
    ),
    "far too long": ({"cache-control": "max-age=31536000"}, MAX_HINT_SECONDS),
    "in the past": ({"expires": "Mon, 22 Nov 2021 13:00:00 GMT"}, 0),
    "nothing": ({}, 0),
}


@pytest.mark.parametrize(("headers", "seconds"), FRESH.values(), ids=FRESH)
def test_freshness_is_what_the_headers_promise(headers: dict[str, str], seconds: float) -> None:
    """As a cache would read them (RFC 9111, 4.2.1)."""
    assert freshness(headers, now=NOW) == seconds


@given(SKIPS, st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_poll_is_never_put_into_a_forbidden_hour_and_never_sooner(hints: Hints, at: datetime) -> None:
    """Whatever hours and days are left out."""
    moved = allowed_from(at, hints)

    assert moved >= at
    assert moved.hour not in hints.skip_hours
    assert moved.weekday() not in hints.skip_days
    assert moved == at or (moved.minute, moved.second) == (0, 0)


@given(SKIPS)
def test_hints_survive_being_stored(hints: Hints) -> None:
    """They hold until the next document, over many answers without one."""
    assert Hints.unpack(hints.pack()) == hints
