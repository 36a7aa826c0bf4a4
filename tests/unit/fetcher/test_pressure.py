"""When the fetcher has to wait, without a server."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from copytaster.fetcher.pressure import (
    FOLLOW_BYTES,
    FULL_SHARE,
    Hold,
    Limits,
    Load,
    Reason,
    has_room,
    hold_of,
)
from copytaster.streams.backlog import Backlog, Memory

MIB = 1 << 20
LIMITS = Limits(entries=100, memory_percent=75)
BACKLOG = Hold(Reason.BACKLOG, "")
MEMORY = Hold(Reason.MEMORY, "")


def load(entries: int = 0, *, used: int = 0, limit: int = 0, lag: int | None = 0) -> Load:
    """A load with so many entries in the extractor's hands, and this memory."""
    return Load([Backlog("articles", "extractor", lag, entries, None, "0-0")], Memory(used, limit))


def test_an_idle_desk_is_never_held() -> None:
    """Nothing waits, and a server without a limit has no memory to run out of."""
    assert hold_of(load(used=900 * MIB), LIMITS, None) is None


def test_a_backlog_over_the_limit_holds_and_says_whose_it_is() -> None:
    """The words have the number, the stream and the group."""
    hold = hold_of(load(101), LIMITS, None)

    assert hold is not None
    assert hold.reason is Reason.BACKLOG
    assert hold.detail == "101 entries of articles wait for the extractor; the limit is 100"


def test_what_was_not_delivered_yet_counts_too() -> None:
    """Lag and entries in hand together; where the server cannot tell the lag, those in hand alone."""
    assert hold_of(load(60, lag=60), LIMITS, None) is not None
    assert hold_of(load(60, lag=None), LIMITS, None) is None


def test_it_goes_on_only_well_below_the_limit() -> None:
    """Between 80 and 100 % it stays as it was."""
    assert hold_of(load(90), LIMITS, BACKLOG) is not None
    assert hold_of(load(90), LIMITS, None) is None
    assert hold_of(load(80), LIMITS, BACKLOG) is None


def test_memory_holds_before_the_backlog_is_asked_about() -> None:
    """A full Redis is the graver reason, and it too ends later than it begins."""
    assert hold_of(load(101, used=76 * MIB, limit=100 * MIB), LIMITS, None) == Hold(
        Reason.MEMORY,
        "Redis' memory is used to 79 %, what waits in streams included; the limit is 75 %",
    )
    assert hold_of(load(used=73 * MIB, limit=100 * MIB), LIMITS, None) is None
    assert hold_of(load(used=73 * MIB, limit=100 * MIB), LIMITS, MEMORY) is not None
    assert hold_of(load(used=71 * MIB, limit=100 * MIB), LIMITS, MEMORY) is None


def test_what_waits_is_counted_with_the_room_it_will_need() -> None:
    """Half full, and what is on its way would fill the rest."""
    waiting = 30 * MIB // FOLLOW_BYTES

    hold = hold_of(load(waiting, used=50 * MIB, limit=100 * MIB), Limits(10**6, 75), None)

    assert hold is not None
    assert hold.reason is Reason.MEMORY


@given(
    used=st.integers(0, 2 * 10**9),
    limit=st.integers(0, 2 * 10**9),
    page=st.integers(0, 5 * MIB),
)
def test_no_page_is_put_in_above_the_last_tenth(used: int, limit: int, page: int) -> None:
    """Whatever is used: there is room exactly where the page ends below it, or where there is no limit."""
    assert has_room(Memory(used, limit), page) == (limit == 0 or used + page <= FULL_SHARE * limit)
