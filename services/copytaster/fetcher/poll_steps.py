"""The atomic steps of a poll, as plain values.

Pure. A poll's steps hold the feed's state and the articles it wants together, so that neither is ever without the
other. Times are milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from copytaster.fetcher.breaker import FIELDS as BREAKER_FIELDS
from copytaster.fetcher.census import recount
from copytaster.fetcher.feedfields import write_feed
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.items import Judged, Verdict
from copytaster.fetcher.notices import Drop, FeedNews, add_drop, add_feed_news, fenced, release
from copytaster.fetcher.outcomes import PollStatus
from copytaster.fetcher.pastpolls import PollOutcome, remember_outcome
from copytaster.fetcher.polling import PollPlan
from copytaster.fetcher.schedule import revision_wait
from copytaster.fetcher.wanted import correlation_of, event_item, feed_text
from copytaster.keys import HOST_SECONDS, STATE_SECONDS, Keys
from copytaster.streams.effects import Check, Effects, Outbox, Value, batched
from copytaster.streams.ledger.counting import Fate, Place, Tally, hour_of

ITEMS_PER_STEP: Final = 100
"""Items of one atomic step: at most 3 MB of arguments, so that the server is never held for long."""


SUPERSEDED: Final = "superseded"
"""The code under which a wanted item ends that a newer revision replaces; the newer one carries the story on, so nothing is
said of it on `drops`."""

_ENDS: Final[Mapping[Verdict, tuple[Fate, str]]] = {
    Verdict.DUPLICATE: (Fate.DUPLICATE, ""),
    Verdict.KNOWN: (Fate.UNCHANGED, ""),
}
"""Items that end with the poll that finds them."""


@dataclass(frozen=True, slots=True)
class PollResult:
    """All that a poll decided: the plan for the feed, the verdicts on its items, and what to remember of them."""

    plan: PollPlan
    judged: Sequence[Judged] = ()
    language: str | None = None
    seen: Mapping[str, str] | None = None
    """Fields of the `seen` hash to write."""
    forgotten: Sequence[str] = ()
    breaker: Mapping[str, Value] | None = None
    """Fields of the host's hash to write after a failed connection (see `breaker`)."""


def poll_steps(
    keys: Keys, outbox: Outbox, feed: FeedState, result: PollResult, *, now_ms: int
) -> list[Effects]:
    """The steps of one poll, to be committed in order; the last one holds the feed's state and next due time.

    Until the last one is committed the validators stay as they were, so that the next poll finds the rest.
    """
    steps = []
    seen = dict(result.seen or {})
    for chunk in list(batched(result.judged, ITEMS_PER_STEP)) or [[]]:
        step = fenced(keys.key("feed", feed.feed_id), feed.fence)
        for one in chunk:
            _add_item(step, keys, outbox, feed, one, result.language, now_ms)
        _count(step, keys, feed, chunk, seen, now_ms)
        marks = {one.candidate.key: seen.pop(one.candidate.key) for one in chunk if one.candidate.key in seen}
        _remember(step, keys, feed, marks)
        steps.append(step)
    _remember(steps[-1], keys, feed, seen)
    for names in batched(result.forgotten, 1000):
        steps[-1].op("HDEL", keys.key("seen", feed.feed_id), *names)
    _close(steps[-1], keys, outbox, feed, result, now_ms)
    return steps


def outcome_of(result: PollResult, now_ms: int) -> PollOutcome:
    """What a feed remembers of this poll."""
    plan = result.plan
    fresh = sum(one.verdict in (Verdict.NEW, Verdict.REVISED) for one in result.judged)
    return PollOutcome(now_ms, plan.status.value, plan.http_status, plan.reason, plan.detail, fresh)


def _close(
    step: Effects, keys: Keys, outbox: Outbox, feed: FeedState, result: PollResult, now_ms: int
) -> None:
    plan = result.plan
    due_ms = now_ms + int(plan.next_seconds * 1000)
    fields: dict[str, Value] = {**plan.fields, "polled_ms": now_ms, "due_ms": "" if plan.paused else due_ms}
    if plan.status is PollStatus.FAILED and not feed.failures:
        fields["failing_since_ms"] = now_ms
    if plan.status is PollStatus.NEW_ITEMS:
        fields["new_items_ms"] = now_ms
    write_feed(step, keys, feed.feed_id, fields, stored=feed.stored)
    if plan.paused:
        step.op("ZREM", keys.key("feeds", "due"), feed.feed_id)
        step.op("SADD", keys.key("feeds", "paused"), feed.feed_id)
    else:
        step.op("ZADD", keys.key("feeds", "due"), due_ms, feed.feed_id)
    recount(step, keys, feed.census, plan.fields.get("census") or None)
    _note_host(step, keys, feed, result)
    release(step, keys, "feeds", feed.host, feed.feed_id)
    remember_outcome(step, keys, feed.feed_id, outcome_of(result, now_ms))
    for number, notice in enumerate(plan.notices):
        news = FeedNews(
            feed.feed_id,
            feed.revision + number,
            feed.url,
            feed.title,
            notice.change,
            notice.detail,
            failures=int(plan.fields.get("failures") or 0),
            due_ms=None if plan.paused else due_ms,
        )
        add_feed_news(step, keys, outbox, news, now_ms=now_ms)


def _note_host(step: Effects, keys: Keys, feed: FeedState, result: PollResult) -> None:
    """Let the breaker of the feed's host count a failed connection, or forget all when the host answered."""
    key = keys.key("host", feed.host)
    if result.breaker:
        step.op("HINCRBY", key, "broken", 1)
        step.write_hash(key, result.breaker, lifetime_seconds=HOST_SECONDS)
    elif feed.host_broken and result.plan.http_status is not None:
        step.op("HDEL", key, *BREAKER_FIELDS)


def _remember(step: Effects, keys: Keys, feed: FeedState, marks: Mapping[str, str]) -> None:
    if marks:
        step.write_hash(keys.key("seen", feed.feed_id), dict(marks), lifetime_seconds=STATE_SECONDS)


def _count(
    step: Effects,
    keys: Keys,
    feed: FeedState,
    chunk: Sequence[Judged],
    marks: Mapping[str, str],
    now_ms: int,
) -> None:
    """Count the items of a step as seen, and those that end with it; and the wanted ones that a newer revision ends.

    One of the marks that the step leaves tells whether it took effect before, so that sent twice it counts once.
    """
    tally = Tally()
    here = Place(feed.feed_id, hour_of(now_ms))
    for one in chunk:
        tally.add(here, Fate.SEEN)
        if one.verdict in _ENDS:
            tally.add(here, *_ENDS[one.verdict])
        elif one.verdict is Verdict.UNADDRESSED:
            tally.add(here, Fate.DROPPED, _obstacle(one))
        elif one.known.hour is not None:
            tally.add(Place(feed.feed_id, one.known.hour), Fate.DROPPED, SUPERSEDED)
    if chunk:
        key = chunk[0].candidate.key
        step.checks.append(Check(keys.key("seen", feed.feed_id), key, "differs", marks[key]))
    tally.write(step, keys, now_ms=now_ms)


def _add_item(
    step: Effects, keys: Keys, outbox: Outbox, feed: FeedState, one: Judged, language: str | None, now_ms: int
) -> None:
    if one.verdict in (Verdict.NEW, Verdict.REVISED):
        _want(step, keys, feed, one, language, now_ms)
    elif one.verdict is Verdict.DUPLICATE:
        owner = one.known.feed_id
        detail = f"through feed {owner}" if owner not in (None, feed.feed_id) else "twice in this feed"
        add_drop(step, keys, outbox, _drop(feed, one, "duplicate", detail, now_ms), now_ms=now_ms)
    elif one.verdict is Verdict.UNADDRESSED:
        detail = one.candidate.item.url or "the item has no address, and the feed does not give its text"
        add_drop(step, keys, outbox, _drop(feed, one, _obstacle(one), detail, now_ms), now_ms=now_ms)


def _obstacle(one: Judged) -> str:
    """The code of the drop of an item without an address."""
    return one.candidate.obstacle or "bad_url"


def _want(step: Effects, keys: Keys, feed: FeedState, one: Judged, language: str | None, now_ms: int) -> None:
    candidate = one.candidate
    key = keys.key("item", candidate.article_id)
    if one.verdict is Verdict.NEW:
        step.checks.append(Check(key, "feed", "absent"))
    elif one.known.fence is not None:  # whether the former revision is still wanted has to be as it was read
        step.checks.append(Check(key, "fence", "equals", one.known.fence))
    first_seen_ms = one.known.first_seen_ms or now_ms
    revisions = one.known.revisions + (one.verdict is Verdict.REVISED)
    event = event_item(feed, candidate, language, first_seen_ms)
    fields: dict[str, Value] = {
        "feed": feed.feed_id,
        # Nobody is asked for an article that is only in the feed: it has a host, and so a gate, of its own.
        "url": candidate.url or "",
        "host": candidate.host or f"none-{candidate.article_id}",
        "item": event.to_json(),
        "revision": candidate.revision,
        "correlation_id": correlation_of(feed.feed_id, candidate),
        "first_seen_ms": first_seen_ms,
        "revisions": revisions,
        "hour": hour_of(now_ms),
        "tries": 0,
        "reserved": "",
    }
    if (text := feed_text(candidate, event)) is not None:
        fields["text"] = text
    step.write_hash(key, fields, lifetime_seconds=STATE_SECONDS)
    step.op("ZREM", keys.key("refetch"), candidate.article_id)
    # A fetch of the former revision that is on its way may not end this want.
    step.op("HINCRBY", key, "fence", 1)
    # LT: a revision that has to wait does not put off one that is wanted already.
    due_ms = now_ms + int(max(revision_wait(revisions), one.delay_seconds) * 1000)
    step.op("ZADD", keys.key("wanted"), "LT", due_ms, candidate.article_id)


def _drop(feed: FeedState, one: Judged, code: str, detail: str, now_ms: int) -> Drop:
    item = one.candidate.item
    return Drop(
        article_id=one.candidate.article_id,
        drops=one.known.drops,
        code=code,
        detail=detail,
        feed_id=feed.feed_id,
        guid=item.guid,
        url=item.url,
        title=item.title,
        correlation_id=correlation_of(feed.feed_id, one.candidate),
        first_seen_ms=one.known.first_seen_ms or now_ms,
    )
