"""Counting in the ledger, as operations of the atomic step that changes an item's fate. Pure; nothing is sent.

An item is one (feed, item key, revision hash). It is counted as `seen` by the poll that finds it and once more by the step that
ends it, both in the hour of first sight (UTC), which travels with it. So at any moment and for each feed and hour

    seen = published + revised + withdrawn + unchanged + duplicate + dropped + dead + in flight

where `in flight` is what is left (docs/decisions/0014).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from copytaster.keys import LEDGER_DAYS, LEDGER_SECONDS, Keys
from copytaster.streams.effects import Effects
from copytaster_schemas.identity import short_id
from copytaster_schemas.registry import ARTICLE_FETCHED

HOUR_SECONDS: Final = 3_600
_HOUR_FORM: Final = "%Y-%m-%dT%H"


class Fate(StrEnum):
    """What is counted; each but `SEEN` is an end. A drop is counted with its code (`reasons.DROP_CODES`)."""

    SEEN = "seen"
    PUBLISHED = "published"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    DROPPED = "dropped"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item is counted: its feed (short id) and the hour of its first sight."""

    feed_id: str
    hour: str


def hour_of(milliseconds: int) -> str:
    """The hour (UTC) of milliseconds since 1970, as `2026-11-22T09`."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime(_HOUR_FORM)


def start_of(hour: str) -> int:
    """Seconds since 1970 at which `hour` begins; ValueError for anything that `hour_of` does not make."""
    return int(datetime.strptime(hour, _HOUR_FORM).replace(tzinfo=UTC).timestamp())


def is_kept(hour: str, now_ms: int) -> bool:
    """Whether the ledger still tells of `hour`; an item that outlives its hour's page is no longer counted."""
    try:
        return start_of(hour) > now_ms // 1000 - LEDGER_DAYS * 24 * HOUR_SECONDS
    except ValueError:
        return False


def field_of(feed_id: str, fate: Fate, code: str = "") -> str:
    """The field of an hour's hash: the feed, the fate, and for a drop its code."""
    return f"{feed_id} {fate.value}:{code}" if code else f"{feed_id} {fate.value}"


def parse_field(name: str) -> tuple[str, Fate, str]:
    """Feed, fate and code of a field; ValueError for another form."""
    feed_id, _, rest = name.partition(" ")
    fate, _, code = rest.partition(":")
    return feed_id, Fate(fate), code


@dataclass(slots=True)
class Tally:
    """Counts of one atomic step, gathered, so that many items of one feed cost one operation a fate."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By hour and field."""

    def add(self, place: Place, fate: Fate, code: str = "", *, by: int = 1) -> None:
        """Count one item, or take one back with `by=-1`."""
        self.counts[place.hour, field_of(place.feed_id, fate, code)] += by

    def write(self, step: Effects, keys: Keys, *, now_ms: int) -> None:
        """Let `step` count; hours beyond the ledger's life are left out."""
        hours = dict.fromkeys(hour for hour, _ in self.counts if is_kept(hour, now_ms))
        for (hour, name), number in self.counts.items():
            if hour in hours and number:
                step.op("HINCRBY", ledger_key(keys, hour), name, number)
        for hour in hours:
            step.op("EXPIREAT", ledger_key(keys, hour), expires_at(hour))


def count(step: Effects, keys: Keys, place: Place, fate: Fate, code: str = "", *, now_ms: int) -> None:
    """Let `step` count the end of one item."""
    tally = Tally()
    tally.add(place, fate, code)
    tally.write(step, keys, now_ms=now_ms)


def ledger_key(keys: Keys, hour: str) -> str:
    """The key of an hour's counts."""
    return keys.key("ledger", hour)


def expires_at(hour: str) -> int:
    """When an hour's counts go (seconds since 1970): a day after the last hour in which one looks at them."""
    return start_of(hour) + LEDGER_SECONDS


def place_of_entry(fields: Mapping[bytes, bytes] | Mapping[str, str]) -> Place | None:
    """Where the item of an `article.fetched` entry is counted; None for any other entry and for a fetch that is no item.

    Reads no more than it needs, so that an entry of another version, which dies as unreadable, is still counted.
    """
    plain = {_text(name): value for name, value in fields.items()}
    if _text(plain.get("ce_type", "")) != ARTICLE_FETCHED.name:
        return None
    try:
        data = json.loads(plain["data"])
        hour, feed = str(data["ledgerHour"]), short_id(str(data["item"]["feed"]))
        start_of(hour)
    except (KeyError, TypeError, ValueError):
        return None
    return Place(feed, hour)


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value
