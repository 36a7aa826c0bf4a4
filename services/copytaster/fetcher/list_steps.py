"""The atomic steps that change the list of feeds, as plain values.

Pure. Each change is guarded by the feed's revision counter, so that of two hands that change one feed at the same
moment one has to look again. Times are milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from copytaster.fetcher.census import recount
from copytaster.fetcher.feedfields import CODES, write_feed
from copytaster.fetcher.feedlist import Change, ListChange
from copytaster.fetcher.feedstate import FeedStatus, Hand
from copytaster.fetcher.notices import FeedNews, add_feed_news
from copytaster.fetcher.pastpolls import outcomes_key
from copytaster.keys import STATE_SECONDS, Keys
from copytaster.streams.effects import Check, Effects, Outbox, Value

AT_ONCE: Final = 20
"""So many feeds are polled as soon as they are added: whoever tries it with a handful waits for nothing."""

START_GAP_MS: Final = 200
"""Between the first polls of further ones: five a second, the default budget."""


def start_delay_ms(number: int) -> int:
    """How long the feed `number` (from 0) of those that are added together waits for its first poll."""
    return max(number - AT_ONCE + 1, 0) * START_GAP_MS


def list_step(
    keys: Keys, outbox: Outbox, changes: Sequence[ListChange], *, now_ms: int, first: int = 0
) -> Effects:
    """The one step that carries out all of `changes` (each of another feed), or none of them.

    A feed that is polled from now on becomes due at once, or one after the other where they are many; a paused or removed
    one leaves the queue, and a poll of it on its way is thrown away. `first` is how many were added just before.
    """
    step = Effects()
    for number, change in enumerate(changes, start=first):
        if change.change is Change.REMOVED:
            _remove(step, keys, change)
        else:
            _write(step, keys, change, now_ms + start_delay_ms(number))
        news = FeedNews(
            change.feed_id, change.revision, change.url, change.title, change.change.value, change.detail
        )
        add_feed_news(step, keys, outbox, news, now_ms=now_ms)
    return step


def _write(step: Effects, keys: Keys, change: ListChange, now_ms: int) -> None:
    key, due = keys.key("feed", change.feed_id), keys.key("feeds", "due")
    paused, brought = keys.key("feeds", "paused"), keys.key("feeds", "file")
    fields: dict[str, Value] = {**change.fields, **({"due_ms": now_ms} if change.active else {})}
    write_feed(step, keys, change.feed_id, fields)
    if change.change is Change.ADDED:
        step.op("PERSIST", key)  # what an earlier listing left has a life
    if change.active:
        step.op("ZADD", due, now_ms, change.feed_id)
        step.op("SREM", paused, change.feed_id)
    else:
        step.op("ZREM", due, change.feed_id)
        step.op("SADD", paused, change.feed_id)
    if change.change is Change.PAUSED:
        step.op("HINCRBY", key, "fence", 1)
        _leave_census(step, keys, change)
        write_feed(step, keys, change.feed_id, {"census": ""})
    if change.fields.get("added_by") == Hand.FILE:
        step.op("SADD", brought, change.feed_id)
    elif change.fields.get("added_by") == Hand.COMMAND:
        step.op("SREM", brought, change.feed_id)


def _leave_census(step: Effects, keys: Keys, change: ListChange) -> None:
    """Count the feed out, provided that no poll has counted it otherwise meanwhile."""
    key, field = keys.key("feed", change.feed_id), CODES["census"]
    if change.census is None:
        step.checks.append(Check(key, field, "absent"))
    else:
        step.checks.append(Check(key, field, "equals", change.census))
    recount(step, keys, change.census, None)


def _remove(step: Effects, keys: Keys, change: ListChange) -> None:
    """All state of the feed goes but its counters: with them a feed that comes back repeats no event's id and no fence."""
    key = keys.key("feed", change.feed_id)
    step.checks.append(
        Check(key, "fence", "equals", str(change.fence)) if change.fence else Check(key, "fence", "absent")
    )
    _leave_census(step, keys, change)
    step.op("DEL", key)
    left: dict[str, Value] = {
        "status": FeedStatus.REMOVED.value,
        "revision": change.revision + 1,
        "fence": change.fence + 1,
    }
    step.write_hash(key, left, lifetime_seconds=STATE_SECONDS)
    step.op("DEL", keys.key("seen", change.feed_id))
    step.op("DEL", outcomes_key(keys, change.feed_id))
    step.op("ZREM", keys.key("feeds", "due"), change.feed_id)
    step.op("SREM", keys.key("feeds", "paused"), change.feed_id)
    step.op("SREM", keys.key("feeds", "file"), change.feed_id)
