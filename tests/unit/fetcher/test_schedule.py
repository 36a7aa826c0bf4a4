"""When a feed is polled next and an article tried again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from copytaster.fetcher.outcomes import Failure
from copytaster.fetcher.schedule import (
    ARTICLE_TRIES,
    DAY_SECONDS,
    DORMANT_SECONDS,
    MAX_RETRY_AFTER_SECONDS,
    article_retry,
    parse_max_age,
    parse_retry_after,
    poll_backoff,
    poll_interval,
    revision_wait,
    weight_after,
)

NOW = datetime(2021, 11, 22, 14, 0, tzinfo=UTC)
EVEN = 0.5
"""The chance that moves nothing."""


def interval(own: float | None = None, max_age: float | None = None, chance: float = EVEN) -> float:
    """The interval at a default of 900 s."""
    return poll_interval(own_seconds=own, default_seconds=900, max_age_seconds=max_age, chance=chance)


def test_an_operators_interval_is_kept_whatever_the_server_says() -> None:
    """It was set for this feed by somebody who knows it."""
    assert interval(own=60, max_age=3600) == pytest.approx(60)


def test_a_document_is_not_asked_for_before_it_may_change() -> None:
    """Cache-Control lengthens the interval, within a day, and never shortens it."""
    assert interval(max_age=3600) == pytest.approx(3600)
    assert interval(max_age=10) == pytest.approx(900)
    assert interval(max_age=10 * DAY_SECONDS) == pytest.approx(DAY_SECONDS)


def test_jitter_moves_a_poll_by_a_tenth_at_most() -> None:
    """Feeds of one batch drift apart."""
    assert interval(chance=0.0) == pytest.approx(810)
    assert interval(chance=0.999999) == pytest.approx(990, rel=1e-3)


def backoff(weight: float, retry_after: float | None = None) -> float:
    """The wait of a feed with an interval of 600 s."""
    return poll_backoff(interval_seconds=600, weight=weight, retry_after_seconds=retry_after, chance=EVEN)


def test_failures_double_the_interval_by_their_weight_up_to_a_day_then_a_week() -> None:
    """What passes by itself weighs less; nothing is ever given up."""
    assert backoff(1.0) == pytest.approx(1200)
    assert backoff(2.0) == pytest.approx(2400)
    assert backoff(9.0) == pytest.approx(DAY_SECONDS)
    assert backoff(10.5) == pytest.approx(DORMANT_SECONDS)
    assert (
        weight_after(0, Failure.TIMEOUT)
        < weight_after(0, Failure.SERVER_ERROR)
        < weight_after(0, Failure.GONE)
    )


def test_a_feed_is_never_asked_before_retry_after() -> None:
    """The server's word counts when it is longer than our own wait."""
    assert backoff(0.5, retry_after=7200) == 7200
    assert backoff(2.0, retry_after=60) == pytest.approx(2400)


def retry(tries: int, failure: Failure = Failure.TIMEOUT) -> float | None:
    """The wait after so many tries, without a word of the server."""
    return article_retry(failure, tries=tries, retry_after_seconds=None, chance=EVEN)


def test_an_article_is_tried_a_bounded_number_of_times_ever_later() -> None:
    """Half a minute, then four times as long each time."""
    assert [retry(tries) for tries in range(1, 5)] == pytest.approx([30, 120, 480, 1920])
    assert retry(ARTICLE_TRIES) is None


def test_an_article_that_brings_out_a_bug_of_ours_is_kept() -> None:
    """It is tried daily until a mended version fetches it."""
    assert retry(ARTICLE_TRIES + 100, Failure.CRASHED) == DAY_SECONDS


def test_corrections_are_fetched_at_once_and_endless_changes_ever_later() -> None:
    """A feed that counts comments in its summaries does not have every page fetched at every poll."""
    waits = [revision_wait(number) for number in (0, 1, 5, 6, 7, 8, 1000)]

    assert waits == [0, 0, 0, 600, 1200, 2400, DAY_SECONDS]


RETRY_AFTER = {
    "seconds": ("120", 120.0),
    "with blanks": (" 7 ", 7.0),
    "a date": ("Mon, 22 Nov 2021 14:10:00 GMT", 600.0),
    "a date that has passed": ("Mon, 22 Nov 2021 13:00:00 GMT", 0.0),
    "too long": ("99999999", float(MAX_RETRY_AFTER_SECONDS)),
    "absent": (None, None),
    "empty": ("", None),
    "a fraction": ("1.5", None),
    "negative": ("-1", None),
    "words": ("soon", None),
}


@pytest.mark.parametrize(("value", "expected"), RETRY_AFTER.values(), ids=RETRY_AFTER)
def test_retry_after_is_read_as_seconds_and_as_a_date(value: str | None, expected: float | None) -> None:
    """RFC 9110, 10.2.3 allows both."""
    assert parse_retry_after(value, now=NOW) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("max-age=600", 600.0),
        ("public, MAX-AGE = 60", 60.0),
        ('max-age="5"', 5.0),
        ("s-maxage=600", None),
        ("no-cache, max-age=600", None),
        ("no-store", None),
        ("", None),
        (None, None),
    ],
)
def test_max_age_is_read_from_cache_control(header: str | None, expected: float | None) -> None:
    """`s-maxage` speaks to shared caches, `no-cache` takes the promise back."""
    assert parse_max_age(header) == expected
