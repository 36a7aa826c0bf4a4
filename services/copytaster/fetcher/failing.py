"""What a failed poll means for the feed: how long it is left alone, and when an operator is told.

Pure. Nothing is ever given up in silence: a feed that fails, is blocked, falls dormant or is gone says so once on the
`feeds` stream, and is still asked now and then.
"""

from __future__ import annotations

from typing import Final

from copytaster.fetcher.breaker import UNREACHABLE
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.intervals import Pace, Why
from copytaster.fetcher.moving import NO_MOVE
from copytaster.fetcher.outcomes import Failure, FailureClass, PollStatus, class_of
from copytaster.fetcher.pace import Bounds, census_class
from copytaster.fetcher.polling import FeedNotice, PollAnswer, PollPlan, timing_of
from copytaster.fetcher.schedule import GONE_PROOF_MS, MAX_WEIGHT, gone_wait, poll_backoff, weight_after
from copytaster.fetcher.wanted import clip

FAILING_AFTER: Final = 5
"""Failures in a row after which an operator is told, once; single ones are everyday life."""

BLOCKED_AFTER: Final = 2
"""A wall against robots is told sooner: it does not pass by itself, and a person can write to the publisher."""

DETAIL_BYTES: Final = 200
"""A longer error text says nothing more to a person, and every feed pays for it in memory."""

_RANK: Final = {None: 0, "failing": 1, "blocked": 1, "dormant": 2, "gone": 3}
"""What an operator was told of a feed is not told again, and neither is what is less."""


def plan_failure(
    state: FeedState, answer: PollAnswer, failure: Failure, *, pace: Pace, now_ms: int, chance: float
) -> PollPlan:
    """The plan after an `answer` that is a `failure`; `chance` is a random number in [0, 1)."""
    weight, failures = weight_after(state.weight, failure), state.failures + 1
    gone_since_ms = state.gone_since_ms or (now_ms if failure is Failure.GONE else None)
    gone_ms = now_ms - gone_since_ms if failure is Failure.GONE and gone_since_ms is not None else 0
    timing = timing_of(state, now_ms=now_ms)
    why, wait = _why(failure, weight, gone_ms), 0.0
    if why is Why.GONE:
        wait = gone_wait(gone_ms / 1000, chance=chance)
    else:
        wait = poll_backoff(
            interval_seconds=timing.interval(pace), weight=weight, retry_after_seconds=None, chance=chance
        )
    if (answer.retry_after_seconds or 0.0) > wait:
        why, wait = Why.RETRY_AFTER, answer.retry_after_seconds or 0.0
    fields = {
        **(NO_MOVE if state.moved_to else {}),
        "failures": str(failures),
        "weight": f"{weight:g}",
        "last_status": PollStatus.FAILED.value,
        "last_failure": failure.value,
        "last_detail": clip(answer.detail, DETAIL_BYTES) or "",
        "gone_since_ms": "" if gone_since_ms is None else str(gone_since_ms),
        "why": why.value,
        "census": census_class(timing.rate, Bounds(wait, wait)),
    }
    notice = _notice(state, failure, failures, weight, gone_ms, answer.detail)
    if notice is not None:
        fields["notified"] = notice.change
    return PollPlan(
        PollStatus.FAILED,
        fields,
        wait,
        () if notice is None else (notice,),
        answer.http_status,
        failure.value,
        answer.detail,
        unreachable=failure in UNREACHABLE,
    )


def _why(failure: Failure, weight: float, gone_ms: int) -> Why:
    if gone_ms >= GONE_PROOF_MS:
        return Why.GONE
    if weight > MAX_WEIGHT:
        return Why.DORMANT
    return Why.BLOCKED if class_of(failure) is FailureClass.BLOCKED else Why.FAILING


def _notice(
    state: FeedState, failure: Failure, failures: int, weight: float, gone_ms: int, detail: str | None
) -> FeedNotice | None:
    """What to tell of the failure, unless as much was told before."""
    blocked = class_of(failure) is FailureClass.BLOCKED
    if gone_ms >= GONE_PROOF_MS:
        change = "gone"
    elif weight > MAX_WEIGHT:
        change = "dormant"
    elif blocked and failures >= BLOCKED_AFTER:
        change = "blocked"
    elif failures >= FAILING_AFTER:
        change = "failing"
    else:
        return None
    if _RANK[change] <= _RANK.get(state.notified, 0):
        return None
    return FeedNotice(change, f"{failure.value}: {detail}" if detail else failure.value)
