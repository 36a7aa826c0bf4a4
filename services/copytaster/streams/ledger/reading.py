"""Reads the ledger and, independently of it, counts what lies in queues and streams. Changes nothing.

What moves between a queue and a stream is read in one transaction, so that a busy desk balances like an idle one.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, ResponseError

from copytaster.keys import LEDGER_DAYS, Keys
from copytaster.streams.ledger.balance import Fault, Lying, Snapshot, Stage, faults, parse_hour
from copytaster.streams.ledger.counting import (
    HOUR_SECONDS,
    Fate,
    Place,
    hour_of,
    is_kept,
    ledger_key,
    place_of_entry,
)
from copytaster.streams.presence import now_ms_of

_WANTED: Final = files("copytaster.streams.ledger").joinpath("wanted.lua").read_text(encoding="utf-8")

GROUP: Final = "extractor"
"""The group whose acknowledgement ends the stage `articles`."""

MOST_PENDING: Final = 100_000
"""Entries in hand that are looked at: far above what back-pressure lets come about."""

DEAD_AT_ONCE: Final = 50
"""A dead entry may carry its page along."""

LOOKS: Final = 3
"""A dead entry that is being retried is between two reads of ours; a fault that is real is there at every look."""

SUSPECTS: Final = 20
"""Items named for one fault."""


async def read(redis: Redis, keys: Keys, *, hours: int = LEDGER_DAYS * 24) -> Snapshot:
    """The ledger of the last `hours` hours, the present one included, with everything unfinished that belongs to them."""
    for look in range(LOOKS):
        snapshot = await _look(redis, keys, hours)
        if look == LOOKS - 1 or not faults(snapshot):
            break
    return snapshot


async def _look(redis: Redis, keys: Keys, hours: int) -> Snapshot:
    dead = [one async for one in _dead(redis, keys)]
    now_ms = await now_ms_of(redis)
    names = [hour_of(now_ms - back * HOUR_SECONDS * 1000) for back in reversed(range(-1, hours))]
    names = [name for name in names if is_kept(name, now_ms)]
    pages, wanted, waiting = await _at_one_instant(redis, keys, names)
    counts: dict[Place, Counter[tuple[Fate, str]]] = {}
    for name, fields in zip(names, pages, strict=True):
        counts |= parse_hour(name, {field.decode(): int(value) for field, value in fields.items()})
    told = set(names)
    lying = [one for one in (*wanted, *waiting, *dead) if one.place.hour in told]
    return Snapshot(now_ms, counts, lying)


async def _at_one_instant(
    redis: Redis, keys: Keys, hours: Sequence[str]
) -> tuple[list[dict[bytes, bytes]], list[Lying], list[Lying]]:
    """The pages of the hours, what is wanted, and what waits on `articles`."""
    stream = keys.stream("articles")
    sha = await redis.script_load(_WANTED)
    start = await _first_unfinished(redis, stream)
    while True:
        async with redis.pipeline(transaction=True) as pipe:
            for hour in hours:
                pipe.hgetall(ledger_key(keys, hour))
            pipe.execute_command("EVALSHA_RO", sha, 1, keys.key("wanted"), keys.key("item", ""))
            pipe.xinfo_groups(stream)
            pipe.xpending_range(stream, GROUP, "-", "+", MOST_PENDING)
            pipe.xrange(stream, min=start)
            replies: list[Any] = await pipe.execute(raise_on_error=False)
        *pages, wanted, groups, pending, entries = replies
        if isinstance(wanted, NoScriptError):  # the server lost its scripts meanwhile
            sha = await redis.script_load(_WANTED)
            continue
        for reply in (*pages, wanted, entries):
            if isinstance(reply, Exception):
                raise reply
        return pages, _wanted(wanted), _waiting(_or_none(groups), _or_none(pending), entries)


def _or_none(reply: Any) -> list[Any]:
    """An answer, or nothing where the stream or the group is not there yet."""
    if isinstance(reply, ResponseError) and ("no such key" in str(reply) or "NOGROUP" in str(reply)):
        return []
    if isinstance(reply, Exception):
        raise reply
    return list(reply)


async def _first_unfinished(redis: Redis, stream: str) -> str:
    """An id before which everything is done: what is acknowledged stays so."""
    try:
        summary = await redis.xpending(stream, GROUP)
        groups = await redis.xinfo_groups(stream)
    except ResponseError as error:
        _or_none(error)
        return "-"
    if summary["min"]:
        return str(summary["min"].decode())
    last = next(row["last-delivered-id"] for row in groups if row["name"] == GROUP.encode())
    return f"({last.decode()}"


def _wanted(flat: Sequence[bytes]) -> list[Lying]:
    triples = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
    return [
        Lying(Place(feed.decode(), hour.decode()), Stage.WANTED, article.decode())
        for article, hour, feed in triples
    ]


def _waiting(
    groups: Iterable[Any], pending: Iterable[Any], entries: Iterable[tuple[bytes, dict[bytes, bytes]]]
) -> list[Lying]:
    held = {row["message_id"] for row in pending}
    last = next((row["last-delivered-id"] for row in groups if row["name"] == GROUP.encode()), b"0-0")
    found = []
    for entry_id, fields in entries:
        if entry_id in held or _order(entry_id) > _order(last):
            place = place_of_entry(fields)
            if place is not None:
                found.append(Lying(place, Stage.ARTICLES, entry_id.decode()))
    return found


def _order(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition(b"-")
    return int(milliseconds), int(sequence or 0)


async def _dead(redis: Redis, keys: Keys) -> AsyncIterator[Lying]:
    start = "-"
    while page := await redis.xrange(keys.stream("dead"), min=start, count=DEAD_AT_ONCE):
        for entry_id, fields in page:
            place = _place_of_death(fields)
            if place is not None:
                yield Lying(place, Stage.DEAD, entry_id.decode())
        start = f"({page[-1][0].decode()}"


def _place_of_death(fields: dict[bytes, bytes]) -> Place | None:
    try:
        original = json.loads(fields[b"data"])["fields"]
        return place_of_entry(original)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


async def traced(redis: Redis, keys: Keys, snapshot: Snapshot) -> list[Fault]:
    """The faults of `snapshot`, those of lost items with the stage and the articles where that can be found out.

    Looks at all articles of the desk, so it takes seconds on a large one; without a fault it asks nothing.
    """
    found = faults(snapshot)
    lost = {fault.place: fault for fault in found if fault.lost and fault.stage is None}
    if not lost:
        return found
    suspects = await _suspects(redis, keys, lost, snapshot)
    return [
        replace(fault, stage=suspects[fault.place][0], items=tuple(suspects[fault.place][1][:SUSPECTS]))
        if fault.place in suspects and fault.stage is None and fault.lost
        else fault
        for fault in found
    ]


async def _suspects(
    redis: Redis, keys: Keys, lost: Iterable[Place], snapshot: Snapshot
) -> dict[Place, tuple[Stage, list[str]]]:
    """By place: articles that are to be fetched and stand in no queue, else those of its feed fetched and never extracted."""
    places = set(lost)
    prefix = keys.key("item", "")
    queued = {one.name for one in snapshot.lying if one.stage is Stage.WANTED}
    unqueued: defaultdict[Place, list[str]] = defaultdict(list)
    unextracted: defaultdict[str, list[str]] = defaultdict(list)
    async for key in redis.scan_iter(match=prefix + "*", count=1000):
        article_id = key.decode().removeprefix(prefix)
        hour, feed = await redis.hmget(key, "hour", "feed")
        if hour and feed and article_id not in queued:
            unqueued[Place(feed.decode(), hour.decode())].append(article_id)
        elif feed and not hour and any(place.feed_id == feed.decode() for place in places):
            fetched, extracted = await redis.hmget(keys.key("article", article_id), "sequence", "extracted")
            if int(fetched or 0) > int(extracted or 0):
                unextracted[feed.decode()].append(article_id)
    found = {
        place: (Stage.ARTICLES, unextracted[place.feed_id])
        for place in places
        if place.feed_id in unextracted
    }
    return found | {place: (Stage.WANTED, names) for place, names in unqueued.items() if place in places}
