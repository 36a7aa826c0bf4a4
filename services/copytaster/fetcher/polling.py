"""What a poll brought and what is planned after it; the validators that a poll sends and keeps.

Pure. Answers are planned in `answering`, failures in `failing`, items are judged in `items`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from copytaster.fetcher.document import FeedDocument
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.hints import Hints
from copytaster.fetcher.intervals import Timing
from copytaster.fetcher.outcomes import Failure, PollStatus
from copytaster.fetcher.pace import Arrivals

MAX_VALIDATOR_CHARS: Final = 1_024
"""Longer validators, and such with characters that no header can carry back unchanged, are not kept."""


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """What one poll brought: a document, or 304, or the same bytes as last time, or a failure."""

    http_status: int | None = None
    headers: Mapping[str, str] | None = None
    body_hash: str | None = None
    byte_count: int = 0
    document: FeedDocument | None = None
    failure: Failure | None = None
    detail: str | None = None
    retry_after_seconds: float | None = None
    hints: Hints | None = None
    """Of the document; None without one."""
    moved_to: str | None = None
    """Where redirects led that were all permanent; None without."""
    probed: bool = False
    """The poll went without validators that are trusted, to see whether they tell the truth."""


@dataclass(frozen=True, slots=True)
class FeedNotice:
    """Something an operator should know: `change` is a code of `reasons.FEED_CHANGES`."""

    change: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class PollPlan:
    """What to store after a poll: fields of the feed's hash, seconds until the next poll, and notices."""

    status: PollStatus
    fields: dict[str, str]
    next_seconds: float
    notices: tuple[FeedNotice, ...] = ()
    http_status: int | None = None
    reason: str | None = None
    """The failure's code; None for a success."""
    detail: str | None = None
    paused: bool = False
    """The feed is not polled any more: its address leads to another feed of the list."""
    unreachable: bool = False
    """Nobody answered at the host, which its breaker counts."""


def conditional_headers(state: FeedState) -> dict[str, str]:
    """The request headers that ask for a document only if it changed: both validators, byte for byte as served."""
    headers = {}
    if state.etag:
        headers["If-None-Match"] = state.etag
    if state.last_modified:
        headers["If-Modified-Since"] = state.last_modified
    return headers


def timing_of(state: FeedState, *, now_ms: int) -> Timing:
    """The timing of a feed as it is stored."""
    arrivals = state.arrivals or Arrivals()
    return Timing(
        state.interval_seconds,
        arrivals.rate,
        state.hints.least_seconds,
        window_of(state.oldest_ms, now_ms),
        state.shrunk_seconds,
    )


def window_of(oldest_ms: int | None, now_ms: int) -> float | None:
    """How far back the document goes, in seconds."""
    return None if oldest_ms is None or oldest_ms >= now_ms else (now_ms - oldest_ms) / 1000


def validator_fields(state: FeedState, answer: PollAnswer) -> dict[str, str]:
    """Validators as the last answer gave them; a 304 without them keeps the stored ones (RFC 9110, 15.4.5)."""
    headers = answer.headers or {}
    kept = (state.etag or "", state.last_modified or "") if answer.http_status == 304 else ("", "")
    return {
        "etag": usable_validator(headers.get("etag")) or kept[0],
        "last_modified": usable_validator(headers.get("last-modified")) or kept[1],
    }


def usable_validator(validator: str | None) -> str | None:
    """The validator as it may be sent back; None for one that is missing, too long, or that no header can carry unchanged."""
    if not validator or len(validator) > MAX_VALIDATOR_CHARS or not validator.isascii():
        return None
    return validator if validator.isprintable() else None
