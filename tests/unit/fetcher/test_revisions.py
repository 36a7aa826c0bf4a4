"""The budget of revisions of a feed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from copytaster.fetcher.document import FeedItem
from copytaster.fetcher.items import Candidate, Judged, KnownArticle, Verdict
from copytaster.fetcher.revisions import REVISIONS_AN_HOUR, Account, within_budget

HOUR_MS = 3_600_000
NOON_MS = 500_000 * HOUR_MS


def revised(count: int, verdict: Verdict = Verdict.REVISED) -> list[Judged]:
    """So many verdicts."""
    return [
        Judged(Candidate(str(n), "r", FeedItem(), "a", None, None, True), verdict, KnownArticle())
        for n in range(count)
    ]


def test_corrections_are_not_put_off() -> None:
    """A whole document may be corrected at once."""
    paced, account = within_budget(revised(REVISIONS_AN_HOUR), Account(), NOON_MS)

    assert {one.delay_seconds for one in paced} == {0.0}
    assert account == Account(500_000, REVISIONS_AN_HOUR)


def test_a_feed_that_touches_everything_waits_by_the_hour() -> None:
    """Each further hundred is wanted an hour later, and none is lost."""
    paced, _ = within_budget(revised(250), Account(), NOON_MS)

    assert [one.delay_seconds for one in paced] == [0.0] * 100 + [3600.0] * 100 + [7200.0] * 50


def test_what_an_hour_allows_comes_back_with_the_next() -> None:
    """The bucket leaks."""
    paced, account = within_budget(revised(1), Account(499_999, 150), NOON_MS)

    assert paced[0].delay_seconds == 0.0
    assert account.count == 51


def test_new_items_are_free() -> None:
    """And the account is not written for them."""
    paced, account = within_budget(revised(300, Verdict.NEW), Account(3, 4), NOON_MS)

    assert {one.delay_seconds for one in paced} == {0.0}
    assert account == Account(3, 4)


@settings(deadline=None)
@given(st.integers(0, 5_000), st.integers(1, 300), st.integers(0, 30))
def test_no_hour_gets_more_than_its_share(count: int, more: int, hours: int) -> None:
    """Whatever was spent before, an hour's share is at most REVISIONS_AN_HOUR."""
    paced, _ = within_budget(revised(more), Account(500_000 - hours, count), NOON_MS)

    delays = [one.delay_seconds for one in paced]
    assert max(delays.count(delay) for delay in delays) <= REVISIONS_AN_HOUR
