"""When a feed that failed is polled next and when an article is tried again: back-off, jitter, Retry-After.

Pure: the random number and the time are arguments.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from copytaster.fetcher.outcomes import Failure, FailureClass, class_of

DAY_SECONDS: Final = 86_400

JITTER: Final = 0.1
"""A tenth up or down, so that feeds of one batch do not stay together for ever (research/fetching.md, 6)."""

MAX_INTERVAL_SECONDS: Final = 1 * DAY_SECONDS
"""No feed that answers waits longer, whatever its headers say."""

MAX_RETRY_AFTER_SECONDS: Final = 7 * DAY_SECONDS
"""The longest Retry-After that is believed; more is a mistake of the server."""

FAILURE_WEIGHTS: Final = {
    FailureClass.TEMPORARY: 0.25,
    FailureClass.SOFT: 0.5,
    FailureClass.HARD: 1.0,
    FailureClass.BLOCKED: 1.0,
}
"""After Media Cloud's rss-fetcher: what passes by itself slows the polling less (research/fetching.md, 1)."""

MAX_WEIGHT: Final = 10.0
"""Up to here the interval doubles with each unit of weight; beyond, a feed counts as dormant."""

DORMANT_SECONDS: Final = 7 * DAY_SECONDS
"""A dormant feed is still asked once a week: feeds do come back (research/fetching.md, 6)."""

GONE_PROOF_MS: Final = DAY_SECONDS * 1000
"""A feed is gone when its server says 410 twice with at least a day between (research/fetching.md, 6)."""

GONE_WEEKLY_SECONDS: Final = 28 * DAY_SECONDS
GONE_MONTHLY_SECONDS: Final = 30 * DAY_SECONDS
"""A feed that is gone is asked once a week for four weeks, then once a month."""

ARTICLE_RETRY_SECONDS: Final = 30.0
"""First wait before an article is tried again; each further wait is four times as long (30 s, 2 min, 8 min, 32 min)."""

ARTICLE_TRIES: Final = 5
"""After so many tries an article is dropped; with the waits above that is after about 40 minutes."""


REVISIONS_AT_ONCE: Final = 5
"""Revisions of one article that are fetched as soon as they are seen; more than a correction and its follow-ups."""

REVISION_WAIT_SECONDS: Final = 600.0
"""The first wait after that: the pace of a live report."""


def jittered(seconds: float, chance: float) -> float:
    """`seconds` moved by up to JITTER; `chance` is a random number in [0, 1)."""
    return seconds * (1 - JITTER + 2 * JITTER * chance)


def weight_after(weight: float, failure: Failure) -> float:
    """The weight of a feed's failures in a row, after one more.

    A wall against robots never makes a feed dormant: it stands until somebody takes it down, and then it is gone at once.
    """
    kind = class_of(failure)
    heavier = weight + FAILURE_WEIGHTS[kind]
    return min(heavier, max(weight, MAX_WEIGHT)) if kind is FailureClass.BLOCKED else heavier


def poll_backoff(
    *, interval_seconds: float, weight: float, retry_after_seconds: float | None, chance: float
) -> float:
    """Seconds until a feed that failed is polled again; `chance` is a random number in [0, 1).

    Anywhere between its interval and that interval doubled with each unit of weight, up to a day (full jitter: feeds
    that failed together do not come back together), and a week once the feed is dormant; never before Retry-After.
    """
    if weight > MAX_WEIGHT:
        wait = jittered(float(DORMANT_SECONDS), chance)
    else:
        longest = min(interval_seconds * 2**weight, max(interval_seconds, MAX_INTERVAL_SECONDS))
        wait = interval_seconds + chance * (longest - interval_seconds)
    return max(wait, retry_after_seconds or 0.0)


def gone_wait(gone_seconds: float, *, chance: float) -> float:
    """Seconds until a feed that has been gone for `gone_seconds` is asked again, in case it was a mistake."""
    often = gone_seconds < GONE_WEEKLY_SECONDS
    return jittered(float(DORMANT_SECONDS if often else GONE_MONTHLY_SECONDS), chance)


def article_retry(
    failure: Failure,
    *,
    tries: int,
    retry_after_seconds: float | None,
    chance: float,
    first_seconds: float = ARTICLE_RETRY_SECONDS,
) -> float | None:
    """Seconds until an article is tried again after its `tries`-th failure; None when it has had all its tries.

    An article that brings out a bug of ours is kept and tried daily: a mended version will fetch it.
    """
    if tries >= ARTICLE_TRIES:
        return float(DAY_SECONDS) if failure is Failure.CRASHED else None
    wait = jittered(first_seconds * 4 ** (tries - 1), chance)
    return max(wait, min(retry_after_seconds or 0.0, float(DAY_SECONDS)))


def revision_wait(revisions: int) -> float:
    """Seconds before an article is fetched again for its `revisions`-th revision.

    The first REVISIONS_AT_ONCE cost no wait, since corrections matter; from there the wait doubles up to a day: some
    feeds count comments in the summary, and would have every page fetched at every poll.
    """
    if revisions <= REVISIONS_AT_ONCE:
        return 0.0
    return min(REVISION_WAIT_SECONDS * 2.0 ** min(revisions - REVISIONS_AT_ONCE - 1, 20), float(DAY_SECONDS))


def parse_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Seconds of a Retry-After header, given as seconds or as a date (RFC 9110, 10.2.3); None for anything else."""
    if not value:
        return None
    text = value.strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(min(int(text), MAX_RETRY_AFTER_SECONDS))
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return min(max((at - now).total_seconds(), 0.0), float(MAX_RETRY_AFTER_SECONDS))
