"""The interval of a feed that answers, and the pace of all feeds."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytaster.fetcher.intervals import Pace, Timing, Why, poll_wait, shrunk_after
from copytaster.fetcher.pace import (
    BUSY_RATE,
    MAX_PACE,
    Arrivals,
    Bounds,
    census_class,
    least_pace,
    paced,
    solve_pace,
)
from copytaster.fetcher.schedule import JITTER

DAY = 86_400.0
SECONDS = st.floats(1, 30 * DAY)
TIMINGS = st.builds(
    Timing,
    st.none(),
    st.floats(0.01, 1e4),
    st.floats(0, DAY),
    st.none() | st.floats(1, 365 * DAY),
    st.none() | st.floats(1, DAY),
)
PACES = st.builds(Pace, st.floats(1, MAX_PACE), st.floats(1, 3600))
CHANCES = st.floats(0, 1, exclude_max=True)


@given(TIMINGS, PACES, CHANCES, st.booleans())
def test_no_feed_is_polled_sooner_than_its_publisher_and_its_operator_want(
    timing: Timing, pace: Pace, chance: float, first: bool
) -> None:
    """Jitter included, whatever the rate, the pace and the document say."""
    wait = poll_wait(timing, pace, chance=chance, first=first)

    assert wait >= max(timing.publisher_seconds, pace.shortest_seconds)


@given(TIMINGS, PACES, CHANCES, st.booleans())
def test_no_feed_is_polled_later_than_its_document_allows_unless_the_publisher_wants_it(
    timing: Timing, pace: Pace, chance: float, first: bool
) -> None:
    """At the latest when half of the document may have changed, after an overflow sooner, and once a day."""
    wait = poll_wait(timing, pace, chance=chance, first=first)
    window = (timing.window_seconds or math.inf) / 2
    least = max(timing.publisher_seconds, pace.shortest_seconds)

    assert wait <= max(min(window, timing.shrunk_seconds or math.inf, DAY), least * (1 + JITTER))


@given(SECONDS, st.floats(0.01, 1e4), PACES, CHANCES)
def test_an_operators_interval_is_kept_whatever_else_is_known(
    own: float, rate: float, pace: Pace, chance: float
) -> None:
    """It was set for this feed by somebody who knows it."""
    wait = poll_wait(Timing(own, rate, DAY, 1.0, 1.0), pace, chance=chance)

    assert own * (1 - JITTER) <= wait <= own * (1 + JITTER)


def test_a_feed_that_brings_four_times_as_much_is_polled_twice_as_often() -> None:
    """The square root is what makes the total delay least."""
    pace = Pace(20_000, 60)

    assert Timing(None, 4.0).interval(pace) == pytest.approx(Timing(None, 16.0).interval(pace) * 2)


def test_after_its_first_poll_a_feed_waits_for_any_part_of_its_interval() -> None:
    """Feeds that were added together drift apart at once."""
    timing, pace = Timing(None, 1.0), Pace(10_000, 300)
    waits = [poll_wait(timing, pace, chance=chance, first=True) for chance in (0, 0.5, 0.999999)]

    assert waits == pytest.approx([300, 5650, 11_000], rel=1e-3)


WHY = {
    "the budget": (Timing(None, 1.0), Why.PACE),
    "the shortest interval": (Timing(None, 1e6), Why.PACE),
    "the longest interval": (Timing(None, 1e-9), Why.PACE),
    "the publisher": (Timing(None, 1.0, 50_000), Why.PUBLISHER),
    "the document": (Timing(None, 1.0, 0, 2000), Why.WINDOW),
    "an overflow": (Timing(None, 1.0, 0, 90_000, 1000), Why.OVERFLOW),
    "the operator": (Timing(60, 1.0), Why.OWN),
}


@pytest.mark.parametrize(("timing", "why"), WHY.values(), ids=WHY)
def test_it_is_known_what_decided(timing: Timing, why: Why) -> None:
    """`feeds health` says it."""
    assert timing.why(Pace(10_000, 300)) is why


def test_an_overflow_halves_the_interval_which_grows_back_by_and_by() -> None:
    """Until it bounds nothing any more."""
    after = shrunk_after(None, overflow=True, elapsed_seconds=7200)
    later = shrunk_after(after, overflow=False, elapsed_seconds=1)

    assert (after, later) == (3600, 4500)
    assert shrunk_after(80_000, overflow=False, elapsed_seconds=1) is None


def test_the_rate_follows_a_week_and_is_never_zero() -> None:
    """After two weeks with 10 items a day and a silent month, the feed counts as quiet, and not as dead."""
    busy = Arrivals()
    for _ in range(14):
        busy = busy.after(10, DAY)
    quiet = busy.after(0, 30 * DAY)

    assert busy.rate == pytest.approx(10, rel=0.15)
    assert 0.1 < quiet.rate < 0.5
    assert Arrivals().rate == 1


@given(st.lists(st.floats(-DAY, 400 * DAY), max_size=50))
def test_ages_of_a_first_document_give_a_rate(ages: list[float]) -> None:
    """Dates of the future and of years ago included."""
    assert 0.1 < Arrivals.of_ages(ages).rate <= 51


@given(st.floats(0, 1e6), st.floats(0, 7))
def test_arrivals_survive_being_stored(items: float, days: float) -> None:
    """To three digits."""
    stored = Arrivals.unpack(Arrivals(items, days).pack())

    assert (stored.items, stored.days) == pytest.approx((items, days), rel=6e-3)


CENSUS = st.lists(
    st.tuples(st.floats(0.1, 1000), st.floats(1, DAY), st.floats(60, DAY)), min_size=1, max_size=200
)


@given(CENSUS, st.floats(1e-4, 10))
def test_the_pace_meets_the_budget_as_far_as_the_feeds_can_stand(
    feeds: list[tuple[float, float, float]], budget: float
) -> None:
    """Never more polls than allowed, never fewer than needed: the next faster pace would be too fast."""
    rows = [(rate, Bounds(least, most)) for rate, least, most in feeds]
    census = Counter(census_class(rate, bounds) for rate, bounds in rows)
    pace = solve_pace(census, polls_per_second=budget, shortest_seconds=300)

    def load(at: float) -> float:
        """The load of the feeds themselves, not of their classes."""
        return sum(1 / paced(rate, at, bounds) for rate, bounds in rows)

    rounding = 2 ** (1 / 4)
    if pace < MAX_PACE:
        assert load(pace) <= budget * rounding
    if pace > least_pace(300):
        assert load(pace * 0.99) >= budget / rounding or pace == MAX_PACE


def test_a_budget_to_spare_polls_no_feed_faster_than_it_is_worth() -> None:
    """One with an item an hour at the shortest interval, one with an item a day every 25 minutes."""
    pace = Pace(solve_pace({}, polls_per_second=1e6, shortest_seconds=300), 300)

    assert Timing(None, BUSY_RATE).interval(pace) == pytest.approx(300)
    assert Timing(None, 1.0).interval(pace) == pytest.approx(1470, rel=0.01)
