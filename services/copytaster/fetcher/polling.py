"""What a poll means for the feed itself: its new state, the next poll, and what an operator should know.

Pure: it is given what the server answered and what is stored, and says what to store. Items are judged in `items`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from copytaster.fetcher.document import FeedDocument
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.outcomes import Failure, PollStatus
from copytaster.fetcher.schedule import parse_max_age, poll_backoff, poll_interval, weight_after
from copytaster.fetcher.wanted import LINE_BYTES, clip

FAILING_AFTER: Final = 5
"""Failures in a row after which an operator is told, once; single ones are everyday life."""

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


@dataclass(frozen=True, slots=True)
class FeedNotice:
    """Something an operator should know: `change` is a code of `reasons.FEED_CHANGES`."""

    change: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class PollPlan:
    """What to store after a poll: fields of the feed's hash, seconds until the next poll, and a notice or None."""

    status: PollStatus
    fields: dict[str, str]
    next_seconds: float
    notice: FeedNotice | None = None
    http_status: int | None = None
    reason: str | None = None
    """The failure's code; None for a success."""
    detail: str | None = None


def conditional_headers(state: FeedState) -> dict[str, str]:
    """The request headers that ask for a document only if it changed: both validators, byte for byte as served."""
    headers = {}
    if state.etag:
        headers["If-None-Match"] = state.etag
    if state.last_modified:
        headers["If-Modified-Since"] = state.last_modified
    return headers


def plan_poll(
    state: FeedState, answer: PollAnswer, *, found_items: bool, default_seconds: float, chance: float
) -> PollPlan:
    """The plan after `answer`; `found_items`: the document had items that are new or revised; `chance` in [0, 1)."""
    if answer.failure is not None:
        return _plan_failure(state, answer, answer.failure, default_seconds, chance)
    status = _status(answer, found_items=found_items)
    fields = {
        **_validators(state, answer),
        "failures": "0",
        "weight": "0",
        "notified": "",
        "last_status": status.value,
        "last_failure": "",
        "last_detail": "",
        "failing_since_ms": "",
    }
    if answer.body_hash:
        fields["body_hash"] = answer.body_hash
    if answer.document is not None and answer.document.title and not state.title:
        fields["title"] = answer.document.title[:200]
    wait = poll_interval(
        own_seconds=state.interval_seconds,
        default_seconds=default_seconds,
        max_age_seconds=parse_max_age((answer.headers or {}).get("cache-control")),
        chance=chance,
    )
    notice = FeedNotice("recovered", f"after {state.failures} failures") if state.notified else None
    return PollPlan(status, fields, wait, notice, answer.http_status)


def _status(answer: PollAnswer, *, found_items: bool) -> PollStatus:
    if answer.http_status == 304:
        return PollStatus.NOT_MODIFIED
    if answer.document is None:
        return PollStatus.SAME_BODY
    return PollStatus.NEW_ITEMS if found_items else PollStatus.NOTHING_NEW


def _validators(state: FeedState, answer: PollAnswer) -> dict[str, str]:
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


def _plan_failure(
    state: FeedState, answer: PollAnswer, failure: Failure, default_seconds: float, chance: float
) -> PollPlan:
    weight = weight_after(state.weight, failure)
    failures = state.failures + 1
    wait = poll_backoff(
        interval_seconds=state.interval_seconds or default_seconds,
        weight=weight,
        retry_after_seconds=answer.retry_after_seconds,
        chance=chance,
    )
    notice = _failure_notice(state, failure, failures, answer.detail)
    fields = {
        "failures": str(failures),
        "weight": f"{weight:g}",
        "last_status": PollStatus.FAILED.value,
        "last_failure": failure.value,
        "last_detail": clip(answer.detail, LINE_BYTES) or "",
    }
    if notice is not None:
        fields["notified"] = notice.change
    return PollPlan(PollStatus.FAILED, fields, wait, notice, answer.http_status, failure.value, answer.detail)


def _failure_notice(
    state: FeedState, failure: Failure, failures: int, detail: str | None
) -> FeedNotice | None:
    text = f"{failure.value}: {detail}" if detail else failure.value
    if failure is Failure.GONE and state.notified != "gone":
        return FeedNotice("gone", text)
    if failures >= FAILING_AFTER and state.notified is None:
        return FeedNotice("failing", text)
    return None
