"""What a failed poll means for the feed itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copytaster.fetcher.failing import BLOCKED_AFTER, FAILING_AFTER, plan_failure
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.intervals import Pace
from copytaster.fetcher.outcomes import Failure
from copytaster.fetcher.pace import Arrivals, least_pace
from copytaster.fetcher.polling import PollAnswer, PollPlan
from copytaster.fetcher.schedule import DAY_SECONDS, MAX_WEIGHT

DAY_MS = DAY_SECONDS * 1000
NOW = 1_637_589_600_000
FEED = FeedState(
    "0" * 32, url="https://bote.example/rss", etag='"1"', polled_ms=NOW - 1, arrivals=Arrivals(70, 7)
)


def plan(
    failure: Failure = Failure.SERVER_ERROR,
    feed: FeedState = FEED,
    *,
    retry_after: float | None = None,
    now_ms: int = NOW,
) -> PollPlan:
    """The plan with the chance that moves nothing."""
    answer = PollAnswer(500, failure=failure, detail="HTTP 500", retry_after_seconds=retry_after)
    return plan_failure(feed, answer, failure, pace=Pace(least_pace(300), 300), now_ms=now_ms, chance=0.5)


def told(found: PollPlan) -> list[str]:
    """The changes that an operator hears of."""
    return [notice.change for notice in found.notices]


def test_a_failure_keeps_validators_and_body_hash() -> None:
    """The document we know is still the one we know."""
    fields = plan().fields

    assert not {"etag", "last_modified", "body_hash", "arrivals"} & set(fields)
    assert (fields["failures"], fields["last_failure"], fields["why"]) == ("1", "server_error", "failing")


TOLD = {
    "single failures are everyday life": (Failure.TIMEOUT, replace(FEED, failures=FAILING_AFTER - 2), []),
    "several in a row": (Failure.TIMEOUT, replace(FEED, failures=FAILING_AFTER - 1), ["failing"]),
    "told before": (Failure.TIMEOUT, replace(FEED, failures=9, notified="failing"), []),
    "a wall": (Failure.CHALLENGE, replace(FEED, failures=BLOCKED_AFTER - 1), ["blocked"]),
    "a wall told before": (Failure.CHALLENGE, replace(FEED, failures=9, notified="blocked"), []),
    "asked once a week from now on": (
        Failure.SERVER_ERROR,
        replace(FEED, failures=30, weight=MAX_WEIGHT, notified="failing"),
        ["dormant"],
    ),
    "dormant and told so": (
        Failure.SERVER_ERROR,
        replace(FEED, failures=31, weight=MAX_WEIGHT + 1, notified="dormant"),
        [],
    ),
}


@pytest.mark.parametrize(("failure", "feed", "changes"), TOLD.values(), ids=TOLD)
def test_an_operator_is_told_once_of_what_is_worse_than_before(
    failure: Failure, feed: FeedState, changes: list[str]
) -> None:
    """Nothing is given up in silence, and nothing is said at every poll."""
    assert told(plan(failure, feed)) == changes


def test_410_counts_only_after_a_day_and_then_the_feed_is_asked_weekly() -> None:
    """A first 410 may be a mistake; the second one over a day later is none."""
    first = plan(Failure.GONE)
    since = int(first.fields["gone_since_ms"])
    soon = plan(Failure.GONE, replace(FEED, failures=1, gone_since_ms=since), now_ms=NOW + DAY_MS - 1)
    proven = plan(Failure.GONE, replace(FEED, failures=2, gone_since_ms=since), now_ms=NOW + DAY_MS)

    assert since == NOW
    assert (told(first), told(soon), told(proven)) == ([], [], ["gone"])
    assert (first.fields["why"], proven.fields["why"]) == ("failing", "gone")
    assert proven.next_seconds == pytest.approx(7 * DAY_SECONDS)


def test_another_failure_meanwhile_does_not_make_a_feed_gone() -> None:
    """A name server that fails for a day says nothing of the feed."""
    found = plan(Failure.DNS, replace(FEED, failures=3, gone_since_ms=NOW - 2 * DAY_MS))

    assert (told(found), found.fields["why"]) == ([], "failing")
    assert found.fields["gone_since_ms"] == str(NOW - 2 * DAY_MS)


def test_retry_after_is_kept_and_named_when_it_is_longer() -> None:
    """An operator sees who decided."""
    longer, shorter = plan(retry_after=50_000), plan(retry_after=1)

    assert (longer.next_seconds, longer.fields["why"]) == (50_000, "retry_after")
    assert (shorter.next_seconds > 1, shorter.fields["why"]) == (True, "failing")


def test_a_failure_ends_the_proof_of_a_move() -> None:
    """Three polls in a row are three polls in a row."""
    found = plan(feed=replace(FEED, moved_to="https://neu.example/", moved_polls=2, moved_since_ms=1))

    assert (found.fields["moved_to"], found.fields["moved_polls"]) == ("", "")


@pytest.mark.parametrize(
    ("failure", "counted"), [(Failure.TIMEOUT, True), (Failure.DNS, True), (Failure.SERVER_ERROR, False)]
)
def test_the_breaker_counts_what_got_no_connection(failure: Failure, counted: bool) -> None:
    """A server that answers with an error is there."""
    assert plan(failure).unreachable is counted
