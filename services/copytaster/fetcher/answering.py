"""What an answer means for the feed itself: its new state, the next poll, and what an operator should know.

Pure: it is given what the server answered, what the document says and what is stored, and says what to store.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from copytaster.fetcher.feedstate import FeedState, FeedStatus, Hand
from copytaster.fetcher.findings import Findings
from copytaster.fetcher.hints import Hints, allowed_from, freshness
from copytaster.fetcher.honesty import DISTRUST_MS, validator_lied
from copytaster.fetcher.intervals import Pace, Timing, Why, poll_wait, shrunk_after
from copytaster.fetcher.moving import NO_MOVE, has_moved, move_fields
from copytaster.fetcher.outcomes import PollStatus
from copytaster.fetcher.pace import Arrivals, census_class
from copytaster.fetcher.polling import FeedNotice, PollAnswer, PollPlan, validator_fields, window_of
from copytaster.text.urls import host_of

OVERFLOW_NEWS_MS: Final = 86_400_000
"""An operator is told of a feed's overflows once a day: the interval is mended by itself."""

SKIPPED_SPREAD_SECONDS: Final = 600.0
"""Feeds that share a forbidden hour do not all come at its end."""


def plan_answer(
    state: FeedState,
    answer: PollAnswer,
    found: Findings,
    *,
    pace: Pace,
    now_ms: int,
    chance: float,
    target_listed: bool = False,
) -> PollPlan:
    """The plan after an `answer` that is no failure.

    `found` is what its document says (empty without one), `chance` a random number in [0, 1), `target_listed` whether
    the address that the feed has moved to is that of another listed feed.
    """
    headers = answer.headers or {}
    status = _status(answer, found)
    arrivals, timing = _timing(state, answer, found, now_ms)
    notices: list[FeedNotice] = []
    if state.notified:
        notices.append(FeedNotice("recovered", f"after {state.failures} failures"))
    fields = {
        **validator_fields(state, answer),
        **_ANSWERS,
        "last_status": status.value,
        "arrivals": arrivals.pack() if answer.document is not None or state.arrivals else "",
        "shrunk_seconds": f"{timing.shrunk_seconds:.0f}" if timing.shrunk_seconds else "",
    }
    if answer.body_hash:
        fields["body_hash"] = answer.body_hash
    if answer.document is not None:
        fields |= _document_fields(state, answer, found)
    fields |= _honesty(state, answer, headers, found, now_ms, notices)
    if found.overflow and now_ms - (state.overflow_ms or 0) >= OVERFLOW_NEWS_MS:
        fields["overflow_ms"] = str(now_ms)
        notices.append(
            FeedNotice("overflow", f"none of {found.listed} items was known; polled more often now")
        )
    paused = _move(state, answer, status, found, target_listed, now_ms, fields, notices)
    hints = state.hints if answer.hints is None else answer.hints
    wait, why = _next(state, hints, timing, pace, now_ms=now_ms, chance=chance)
    fields |= {"why": why.value, "census": "" if paused else census_class(timing.rate, timing.bounds(pace))}
    return PollPlan(status, fields, wait, tuple(notices), answer.http_status, paused=paused)


_ANSWERS: Final = dict.fromkeys(
    (
        "failures",
        "weight",
        "notified",
        "last_failure",
        "last_detail",
        "failing_since_ms",
        "gone_since_ms",
    ),
    "",
)
"""What a feed that answers has no more of."""


def _timing(state: FeedState, answer: PollAnswer, found: Findings, now_ms: int) -> tuple[Arrivals, Timing]:
    """The arrivals after this poll, and the timing that follows from it."""
    since_ms = state.failing_since_ms or state.polled_ms or now_ms
    elapsed = max(now_ms - since_ms, 0) / 1000
    if state.arrivals is None:
        arrivals = Arrivals.of_ages(found.ages_seconds)
    else:
        arrivals = state.arrivals.after(found.arrived, elapsed)
    hints = state.hints if answer.hints is None else answer.hints
    promised = freshness(answer.headers or {}, now=datetime.fromtimestamp(now_ms / 1000, UTC))
    oldest_ms, shrunk = state.oldest_ms, state.shrunk_seconds
    if answer.document is not None:
        oldest_ms = found.oldest_ms
        shrunk = shrunk_after(shrunk, overflow=found.overflow, elapsed_seconds=elapsed)
    least = max(hints.least_seconds, promised)
    window = window_of(oldest_ms, now_ms)
    return arrivals, Timing(state.interval_seconds, arrivals.rate, least, window, shrunk)


def _document_fields(state: FeedState, answer: PollAnswer, found: Findings) -> dict[str, str]:
    fields = {
        "hints": (answer.hints or Hints()).pack(),
        "oldest_ms": "" if found.oldest_ms is None else str(found.oldest_ms),
    }
    if answer.document is not None and answer.document.title and not state.title:
        fields["title"] = answer.document.title[:200]
    return fields


def _next(
    state: FeedState, hints: Hints, timing: Timing, pace: Pace, *, now_ms: int, chance: float
) -> tuple[float, Why]:
    """Seconds until the next poll, moved out of the hours that the publisher leaves out, and what decided it."""
    wait = poll_wait(timing, pace, chance=chance, first=state.polled_ms is None)
    if timing.own_seconds is not None:
        return wait, Why.OWN
    at = datetime.fromtimestamp(now_ms / 1000 + wait, UTC)
    allowed = allowed_from(at, hints)
    if allowed == at:
        return wait, timing.why(pace)
    return wait + (allowed - at).total_seconds() + SKIPPED_SPREAD_SECONDS * chance, Why.SKIPPED


def _honesty(
    state: FeedState,
    answer: PollAnswer,
    headers: Mapping[str, str],
    found: Findings,
    now_ms: int,
    notices: list[FeedNotice],
) -> dict[str, str]:
    if not answer.probed or answer.http_status != 200:
        return {}
    if not validator_lied(state, headers, arrived=found.arrived):
        return {"honest_probes": str(state.honest_probes + 1)}
    what = f"{found.arrived} items came under an unchanged {'ETag' if state.etag else 'Last-Modified'}"
    notices.append(FeedNotice("validator_lied", f"{what}; it is not sent for 30 days"))
    return {"honest_probes": "", "distrust_until_ms": str(now_ms + DISTRUST_MS)}


def _move(
    state: FeedState,
    answer: PollAnswer,
    status: PollStatus,
    found: Findings,
    target_listed: bool,
    now_ms: int,
    fields: dict[str, str],
    notices: list[FeedNotice],
) -> bool:
    """Note a redirect, or carry out a move that is proven; whether the feed is another one's double from now on."""
    proven = status is PollStatus.SAME_BODY or found.known > 0
    moved = move_fields(state, answer.moved_to, proven=proven, now_ms=now_ms)
    if not has_moved(moved, now_ms):
        fields |= moved
        return False
    target = moved["moved_to"]
    fields |= NO_MOVE
    if target_listed:
        notices.append(FeedNotice("merged", f"it leads to {target}, which is a feed of the list"))
        fields |= {"status": FeedStatus.PAUSED.value, "paused_by": Hand.FETCHER.value}
        return True
    notices.append(FeedNotice("redirected", f"from {state.url} to {target}"))
    fields |= {"url": target, "host": host_of(target), "moved_from": state.moved_from or state.url}
    return False


def _status(answer: PollAnswer, found: Findings) -> PollStatus:
    if answer.http_status == 304:
        return PollStatus.NOT_MODIFIED
    if answer.document is None:
        return PollStatus.SAME_BODY
    return PollStatus.NEW_ITEMS if found.wanted else PollStatus.NOTHING_NEW
