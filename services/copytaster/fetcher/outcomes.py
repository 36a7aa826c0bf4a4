"""Closed vocabularies of what can come of a poll and of an article fetch, and which failures pass.

Pure. `failure_of_status` and the classes after research/fetching.md, 6 (weights after Media Cloud's rss-fetcher): a
temporary failure says little, a soft one may pass (active feeds do return 404 and come back), a hard one rarely does.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class PollStatus(StrEnum):
    """The `status` of one `feed.polled` line."""

    NEW_ITEMS = "new_items"
    NOTHING_NEW = "nothing_new"
    NOT_MODIFIED = "not_modified"
    SAME_BODY = "same_body"
    FAILED = "failed"
    STALE = "stale"
    """Another fetcher has taken the feed over since; what this poll found is thrown away."""


class FetchStatus(StrEnum):
    """The `status` of one `article.fetched` line."""

    FETCHED = "fetched"
    DROPPED = "dropped"
    POSTPONED = "postponed"
    STALE = "stale"


class LookStatus(StrEnum):
    """The `status` of one `article.refetched` line."""

    NOT_MODIFIED = "not_modified"
    SAME_BODY = "same_body"
    CHANGED = "changed"
    """Published for the extractor, which says whether the text changed."""
    MISSING = "missing"
    """404 or 410: the second one in a row withdraws the story."""
    FAILED = "failed"
    POSTPONED = "postponed"
    EARLY = "early"
    """The extractor has not come to the article yet."""
    ENDED = "ended"
    """The article became no story, or robots.txt forbids the page by now."""
    STALE = "stale"


class FailureClass(StrEnum):
    """How long a failure is likely to last; the back-off grows by its weight."""

    TEMPORARY = "temporary"
    SOFT = "soft"
    HARD = "hard"
    BLOCKED = "blocked"


class Failure(StrEnum):
    """Why a request or its body was of no use: a feed's `last_failure`, and through `drop_code` the code of a drop."""

    DNS = "dns_failed"
    CONNECTION = "connect_failed"
    TIMEOUT = "timed_out"
    TLS = "tls_failed"
    TOO_LARGE = "body_too_large"
    PROTOCOL = "protocol_error"
    BAD_URL = "bad_url"
    FORBIDDEN_ADDRESS = "forbidden_address"
    REDIRECT_LOOP = "redirect_loop"
    NOT_FOUND = "not_found"
    GONE = "gone"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    REFUSED = "refused"
    CHALLENGE = "challenge_wall"
    CLIENT_ERROR = "client_error"
    UNEXPECTED_STATUS = "unexpected_status"
    EMPTY_BODY = "empty_body"
    NOT_A_FEED = "not_a_feed"
    ROBOTS = "robots"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    CRASHED = "fetch_crashed"
    """A bug of ours; logged with its traceback, tried again like any other soft failure."""


_CLASS: Final = {
    Failure.DNS: FailureClass.TEMPORARY,
    Failure.CONNECTION: FailureClass.TEMPORARY,
    Failure.TIMEOUT: FailureClass.TEMPORARY,
    Failure.PROTOCOL: FailureClass.TEMPORARY,
    Failure.ROBOTS_UNREACHABLE: FailureClass.TEMPORARY,
    Failure.CRASHED: FailureClass.SOFT,
    Failure.TLS: FailureClass.SOFT,
    Failure.NOT_FOUND: FailureClass.SOFT,
    Failure.RATE_LIMITED: FailureClass.SOFT,
    Failure.SERVER_ERROR: FailureClass.SOFT,
    Failure.EMPTY_BODY: FailureClass.SOFT,
    Failure.NOT_A_FEED: FailureClass.SOFT,
    Failure.TOO_LARGE: FailureClass.SOFT,
    Failure.REDIRECT_LOOP: FailureClass.SOFT,
    Failure.UNEXPECTED_STATUS: FailureClass.SOFT,
    Failure.BAD_URL: FailureClass.HARD,
    Failure.FORBIDDEN_ADDRESS: FailureClass.HARD,
    Failure.GONE: FailureClass.HARD,
    Failure.REFUSED: FailureClass.HARD,
    Failure.CLIENT_ERROR: FailureClass.HARD,
    Failure.ROBOTS: FailureClass.HARD,
    Failure.CHALLENGE: FailureClass.BLOCKED,
}

# An article that meets one of these is dropped at once: another try cannot, or must not, change it.
_FINAL_FOR_ARTICLES: Final = frozenset(
    {
        Failure.NOT_FOUND,
        Failure.GONE,
        Failure.REFUSED,
        Failure.CLIENT_ERROR,
        Failure.CHALLENGE,
        Failure.TOO_LARGE,
        Failure.BAD_URL,
        Failure.FORBIDDEN_ADDRESS,
        Failure.REDIRECT_LOOP,
        Failure.EMPTY_BODY,
        Failure.UNEXPECTED_STATUS,
        Failure.ROBOTS,
    }
)


def class_of(failure: Failure) -> FailureClass:
    """The class of `failure`."""
    return _CLASS[failure]


def is_final_for_article(failure: Failure) -> bool:
    """Whether an article that met `failure` is dropped without a further try."""
    return failure in _FINAL_FOR_ARTICLES


# The outlet took the page away, or its address is one that nobody may be sent to.
_NO_STAND_IN: Final = frozenset(
    {Failure.NOT_FOUND, Failure.GONE, Failure.FORBIDDEN_ADDRESS, Failure.BAD_URL, Failure.CRASHED}
)


def feed_may_stand_in(failure: Failure) -> bool:
    """Whether the text that the feed gives may be published where `failure` kept the page from us."""
    return failure not in _NO_STAND_IN


def failure_of_status(status: int, *, challenged: bool = False) -> Failure | None:
    """What the HTTP status says went wrong; None for 200 and 304. `challenged`: a bot wall answered, not the outlet."""
    if status in (200, 304):
        return None
    if challenged:
        return Failure.CHALLENGE
    named = {404: Failure.NOT_FOUND, 410: Failure.GONE, 429: Failure.RATE_LIMITED, 408: Failure.TIMEOUT}
    if status in named:
        return named[status]
    if status in (401, 402, 403, 451):
        return Failure.REFUSED
    if 400 <= status < 500:
        return Failure.CLIENT_ERROR
    if status >= 500:
        return Failure.SERVER_ERROR
    return Failure.UNEXPECTED_STATUS


# The drops have one code where a feed's state keeps two apart.
_MERGED: Final = {
    Failure.NOT_FOUND: Failure.GONE,
    Failure.REFUSED: Failure.CLIENT_ERROR,
    Failure.UNEXPECTED_STATUS: Failure.CLIENT_ERROR,
    Failure.PROTOCOL: Failure.CONNECTION,
    Failure.ROBOTS_UNREACHABLE: Failure.ROBOTS,
}


def drop_code(failure: Failure) -> str:
    """The code in `drops` (see `copytaster_schemas.reasons`) of an article that `failure` left unfetched."""
    return _MERGED.get(failure, failure).value
