"""Feeds as a person or a program sees them: table rows, lines, or JSON. No I/O of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from copytaster.fetcher.document import FeedDocument
from copytaster.fetcher.feedstate import FeedState, FeedStatus, Hand
from copytaster.fetcher.intervals import Why
from copytaster.fetcher.notices import instant
from copytaster.fetcher.pastpolls import PollOutcome

if TYPE_CHECKING:  # it brings the HTTP client and the parser along, which a list of feeds does without
    from copytaster.fetcher.io.finder import Look
    from copytaster.fetcher.io.store import HostHold

UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))

ITEMS_SHOWN: Final = 10
"""Items of a feed that `feeds test` shows to a person; the JSON has all."""

OTHER_COLUMNS_WIDTH: Final = 74
"""What the columns beside the address take, in characters."""


PAUSED_BY: Final = {
    Hand.COMMAND: "paused by a command",
    Hand.FILE: "paused by the file",
    Hand.FETCHER: "paused: another's double",
}

BECAUSE: Final = {
    Why.OWN: "the interval that was set for it",
    Why.PACE: "its share of the polls, by what it brings",
    Why.PUBLISHER: "the publisher wants it asked no more often",
    Why.WINDOW: "its document does not hold more",
    Why.OVERFLOW: "items may have slipped through lately",
    Why.SKIPPED: "the publisher leaves the hours before it out",
    Why.FAILING: "it fails",
    Why.RETRY_AFTER: "its server asked to wait (Retry-After)",
    Why.BLOCKED: "a wall against robots; the publisher can be written to",
    Why.DORMANT: "it has failed for so long that it is asked once a week",
    Why.GONE: "its server says it is gone; it is asked weekly, later monthly",
}
"""Why the next poll is when it is, in words."""


def next_poll(feed: FeedState, now_ms: int) -> str:
    """When the feed is polled next, and why then."""
    if feed.status is not FeedStatus.ACTIVE:
        return "none"
    at = when(feed.due_ms, now_ms)
    return f"{at}; {BECAUSE[Why(feed.why or Why.PACE)]}" if feed.polled_ms else at


def hold_line(hold: HostHold | None, *, now_ms: int) -> str | None:
    """Why the host of a feed is left alone at present; None when it is not."""
    if hold is None or hold.until_ms <= now_ms:
        return None
    why = "nobody answered there" if hold.broken else "it asked to wait (429 with Retry-After)"
    return f"  {'host':<14}left alone, next asked {when(hold.until_ms, now_ms)}: {why}"


def hold_as_json(hold: HostHold | None, now_ms: int) -> dict[str, Any]:
    """Until when the host of a feed is left alone, for a program; nothing when it is not."""
    if hold is None or hold.until_ms <= now_ms:
        return {}
    return {
        "hostHeldUntil": _iso(hold.until_ms),
        "hostHeldBecause": "breaker" if hold.broken else "retry_after",
    }


def is_failing(feed: FeedState) -> bool:
    """Whether the last poll of a feed that is polled failed."""
    return feed.status is FeedStatus.ACTIVE and feed.failures > 0


def state_in_words(feed: FeedState) -> str:
    """How the feed is, in a few words."""
    if feed.status is FeedStatus.PAUSED:
        return PAUSED_BY[feed.paused_by]
    if feed.failures:
        how = feed.notified if feed.notified in ("gone", "dormant", "blocked") else "failing"
        return f"{how}: {feed.last_failure or 'unknown'}"
    return "answers" if feed.polled_ms else "not polled yet"


def when(at_ms: int | None, now_ms: int) -> str:
    """`3 min ago`, `in 2 h`, or a dash for never."""
    if at_ms is None:
        return "–"
    seconds = abs(at_ms - now_ms) // 1000
    size, unit = next((pair for pair in UNITS if seconds >= pair[0]), UNITS[-1])
    text = f"{seconds // size} {unit}"
    return f"in {text}" if at_ms > now_ms else f"{text} ago"


def table(feeds: Sequence[FeedState], *, title: str, width: int, now_ms: int) -> Table:
    """The list of feeds; `width` is what the terminal has, in characters."""
    shown = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    shown.add_column("Feed", width=max(width - OTHER_COLUMNS_WIDTH, 30), overflow="ellipsis", no_wrap=True)
    shown.add_column("Outlet", max_width=22, overflow="ellipsis", no_wrap=True)
    shown.add_column("State", max_width=26, overflow="ellipsis", no_wrap=True)
    shown.add_column("Last poll", justify="right", no_wrap=True)
    shown.add_column("Next", justify="right", no_wrap=True)
    for feed in feeds:
        due = feed.due_ms if feed.status is FeedStatus.ACTIVE else None
        shown.add_row(
            Text(feed.url),
            Text(feed.outlet or ""),
            Text(state_in_words(feed), style="red" if is_failing(feed) else ""),
            when(feed.polled_ms, now_ms),
            when(due, now_ms),
        )
    return shown


def lines(feed: FeedState, *, in_file: bool, now_ms: int) -> Iterator[str]:
    """Everything that is known of one feed, a line each."""
    facts = {
        "feed": feed.urn,
        "title": feed.title,
        "outlet": feed.outlet,
        "state": state_in_words(feed),
        "added by": "a command" if feed.added_by is Hand.COMMAND else "the feeds file",
        "in the file": "yes" if in_file else "no",
        "interval": f"{feed.interval_seconds:g} s" if feed.interval_seconds else "by what it brings",
        "last poll": f"{when(feed.polled_ms, now_ms)}, {feed.last_status}" if feed.polled_ms else "never",
        "last new item": when(feed.new_items_ms, now_ms),
        "next poll": next_poll(feed, now_ms),
        "brings": f"{feed.arrivals.rate:.1f} items a day" if feed.arrivals else None,
        "moved from": feed.moved_from,
        "redirected": f"to {feed.moved_to}, not proven yet" if feed.moved_to else None,
        "validators": _distrust(feed, now_ms),
    }
    yield feed.url
    for name, value in facts.items():
        if value:
            yield f"  {name:<14}{value}"
    if is_failing(feed):
        yield from failure_lines(feed, now_ms=now_ms)


def _distrust(feed: FeedState, now_ms: int) -> str | None:
    if feed.distrust_until_ms is None or feed.distrust_until_ms <= now_ms:
        return None
    return f"hid items; sent again {when(feed.distrust_until_ms, now_ms)}"


def failure_lines(feed: FeedState, *, now_ms: int) -> Iterator[str]:
    """Why the feed fails and since when."""
    since = when(feed.failing_since_ms, now_ms) if feed.failing_since_ms else "before this was kept"
    yield f"  {'failing':<14}{feed.failures} times in a row, first {since}"
    detail = f": {feed.last_detail}" if feed.last_detail else ""
    yield f"  {'reason':<14}{feed.last_failure or 'unknown'}{detail}"


def outcomes_table(outcomes: Iterable[PollOutcome], *, now_ms: int) -> Table:
    """The last polls, newest first."""
    shown = Table(
        title="Last polls", title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False
    )
    for name in ("When", "Status", "HTTP", "New", "Reason"):
        shown.add_column(name, overflow="fold")
    for one in outcomes:
        reason = ": ".join(part for part in (one.reason, one.detail) if part)
        http = str(one.http_status) if one.http_status else ""
        shown.add_row(when(one.at_ms, now_ms), one.status, http, str(one.new_items or ""), Text(reason))
    return shown


def as_json(feed: FeedState) -> dict[str, Any]:
    """The feed for a program: times ISO 8601 in UTC, None for what is not known."""
    paused = feed.status is FeedStatus.PAUSED
    return {
        "feed": feed.urn,
        "url": feed.url,
        "outlet": feed.outlet,
        "title": feed.title,
        "status": feed.status.value,
        "pausedBy": feed.paused_by.value if paused else None,
        "addedBy": feed.added_by.value,
        "intervalSeconds": feed.interval_seconds,
        "lastPoll": _iso(feed.polled_ms),
        "lastStatus": feed.last_status,
        "lastNewItem": _iso(feed.new_items_ms),
        "nextPoll": None if paused else _iso(feed.due_ms),
        "nextPollBecause": None if paused or not feed.polled_ms else feed.why or Why.PACE.value,
        "itemsPerDay": round(feed.arrivals.rate, 2) if feed.arrivals else None,
        "movedFrom": feed.moved_from,
        "goneSince": _iso(feed.gone_since_ms),
        "validatorsDistrustedUntil": _iso(feed.distrust_until_ms),
        "failures": feed.failures,
        "reason": feed.last_failure,
        "detail": feed.last_detail,
        "failingSince": _iso(feed.failing_since_ms),
    }


def outcome_as_json(outcome: PollOutcome) -> dict[str, Any]:
    """One past poll for a program."""
    values = {
        "at": _iso(outcome.at_ms),
        "status": outcome.status,
        "httpStatus": outcome.http_status,
        "reason": outcome.reason,
        "detail": outcome.detail,
        "newItems": outcome.new_items,
    }
    return {name: value for name, value in values.items() if value is not None}


def _iso(at_ms: int | None) -> str | None:
    return None if at_ms is None else instant(at_ms).isoformat(timespec="seconds").replace("+00:00", "Z")


def look_lines(look: Look) -> Iterator[str]:
    """What a feed would bring, for a person."""
    document, response = look.document, look.response
    addressed = sum(item.url is not None for item in document.items)
    yield f"{look.url}"
    yield f"  {'title':<14}{document.title or '(none)'}"
    yield f"  {'kind':<14}{document.kind}" + (f", language {document.language}" if document.language else "")
    yield f"  {'served':<14}HTTP {response.status}, {len(response.body)} bytes in {look.elapsed_ms} ms"
    if response.final_url != response.requested_url:
        how = "moved for good to" if response.moved_for_good else "redirects to"
        yield f"  {'address':<14}{how} {response.final_url}"
    yield f"  {'items':<14}{len(document.items)}, {addressed} with the address of a page"
    yield from _item_lines(document)


def _item_lines(document: FeedDocument) -> Iterator[str]:
    for item in document.items[:ITEMS_SHOWN]:
        date = item.published.iso if item.published else "no date"
        yield f"  - {date}  {item.title or '(no title)'}"
        yield f"      {item.url or 'no address'}"
    if len(document.items) > ITEMS_SHOWN:
        yield f"  … and {len(document.items) - ITEMS_SHOWN} more (--json has all)"
