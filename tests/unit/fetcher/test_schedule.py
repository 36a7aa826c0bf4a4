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
    gone_wait,
    parse_retry_after,
    poll_backoff,
    revision_wait,
    weight_after,
)

NOW = datetime(2021, 11, 22, 14, 0, tzinfo=UTC)
EVEN = 0.5
"""The chance that moves nothing."""


def backoff(weight: float, retry_after: float | None = None, chance: float = 1.0) -> float:
    """The wait of a feed with an interval of 600 s; the longest one unless another chance is given."""
    return poll_backoff(interval_seconds=600, weight=weight, retry_after_seconds=retry_after, chance=chance)


def test_failures_double_the_interval_by_their_weight_up_to_a_day_then_a_week() -> None:
    """What passes by itself weighs less; nothing is ever given up."""
    assert backoff(1.0) == pytest.approx(1200)
    assert backoff(2.0) == pytest.approx(2400)
    assert backoff(9.0) == pytest.approx(DAY_SECONDS)
    assert backoff(10.5, chance=EVEN) == pytest.approx(DORMANT_SECONDS)
    assert (
        weight_after(0, Failure.TIMEOUT)
        < weight_after(0, Failure.SERVER_ERROR)
        < weight_after(0, Failure.GONE)
    )


def test_feeds_that_failed_together_come_back_anywhere_between_one_interval_and_the_longest_wait() -> None:
    """Full jitter, and never sooner than a feed that answers."""
    assert backoff(3.0, chance=0.0) == 600
    assert backoff(3.0, chance=EVEN) == pytest.approx(2700)


def test_a_wall_against_robots_never_makes_a_feed_dormant() -> None:
    """Its wait ends at a day: somebody may take it down at any time."""
    weight = 0.0
    for _ in range(50):
        weight = weight_after(weight, Failure.CHALLENGE)

    assert backoff(weight) == pytest.approx(DAY_SECONDS)


def test_what_is_gone_is_asked_weekly_and_after_four_weeks_monthly() -> None:
    """A 410 may be a mistake, too."""
    assert gone_wait(DAY_SECONDS, chance=EVEN) == pytest.approx(7 * DAY_SECONDS)
    assert gone_wait(28 * DAY_SECONDS, chance=EVEN) == pytest.approx(30 * DAY_SECONDS)


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
