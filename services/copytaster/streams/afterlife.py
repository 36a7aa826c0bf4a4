"""What a person may do with a dead entry: put it back on its stream, or drop it for good. Each is one atomic step.

An entry on `dead` holds the original whole (`entry.died`), so that it can be processed again exactly as it was.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Final

from redis.asyncio import Redis

from copytaster.keys import Keys
from copytaster.streams.deaths import BASE64_MARK
from copytaster.streams.ledger.counting import (
    Fate,
    expires_at,
    field_of,
    hour_of,
    is_kept,
    ledger_key,
    place_of_entry,
)
from copytaster.streams.presence import now_ms_of
from copytaster_schemas import EntryDied

_RETRY: Final = """
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
local pairs_end = 3 + 2 * tonumber(ARGV[3])
for at = 4, pairs_end, 2 do
  redis.call('HINCRBY', KEYS[3], ARGV[at], ARGV[at + 1])
  redis.call('EXPIREAT', KEYS[3], ARGV[2])
end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, pairs_end + 1))
return 1
"""
"""KEYS: dead, the entry's stream, the ledger's hour. ARGV: entry id, when the hour's counts go, how many counts, each a field
and a number, then the fields of the original. The entry leaves `dead`, is counted and lies on its stream again, in one step."""

_DROP: Final = """
if redis.call('XDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('UNLINK', KEYS[2])
for at = 4, 3 + 2 * tonumber(ARGV[3]), 2 do
  redis.call('HINCRBY', KEYS[3], ARGV[at], ARGV[at + 1])
  redis.call('EXPIREAT', KEYS[3], ARGV[2])
end
return 1
"""
"""As above, but KEYS[2] is where its page lies, which goes with it."""

GIVEN_UP: Final = "given_up"
"""The code under which the ledger counts an item whose dead entry an operator dropped."""


def original_fields(death: EntryDied) -> dict[bytes, bytes]:
    """The fields of the entry that died, byte for byte."""
    return {_raw(name): _raw(value) for name, value in death.fields.items()}


def _raw(text: str) -> bytes:
    if text.startswith(BASE64_MARK):
        return base64.b64decode(text.removeprefix(BASE64_MARK))
    return text.encode()


async def retry(redis: Redis, keys: Keys, entry_id: str, death: EntryDied) -> bool:
    """Put the original back on its stream and take the entry `entry_id` off `dead`; False if it is gone already.

    Only the group in which it died processes it again: the others hold the mark that it took effect for them.
    """
    flat = [part for pair in original_fields(death).items() for part in pair]
    hour_key, counts = await _counts(redis, keys, death, {(Fate.DEAD, ""): -1})
    done = await redis.eval(_RETRY, 3, keys.stream("dead"), death.stream, hour_key, entry_id, *counts, *flat)
    return bool(done)


async def drop(redis: Redis, keys: Keys, entry_id: str, death: EntryDied) -> bool:
    """Take the entry off `dead` for good, and the page bytes it waited for with it; False if it is gone already."""
    dataref = _dataref(death.fields)
    hour_key, counts = await _counts(redis, keys, death, {(Fate.DEAD, ""): -1, (Fate.DROPPED, GIVEN_UP): 1})
    page_key = keys.key(dataref or "page:none")
    done = await redis.eval(_DROP, 3, keys.stream("dead"), page_key, hour_key, entry_id, *counts)
    return bool(done)


async def _counts(
    redis: Redis, keys: Keys, death: EntryDied, changes: Mapping[tuple[Fate, str], int]
) -> tuple[str, list[str | int]]:
    """The key of the ledger's hour and the arguments of the scripts for it; no counts for what the ledger does not hold."""
    now_ms = await now_ms_of(redis)
    place = place_of_entry(death.fields)
    if place is None or not is_kept(place.hour, now_ms):
        return ledger_key(keys, hour_of(now_ms)), [0, 0]
    pairs = [
        part
        for (fate, code), number in changes.items()
        for part in (field_of(place.feed_id, fate, code), number)
    ]
    return ledger_key(keys, place.hour), [expires_at(place.hour), len(changes), *pairs]


def _dataref(fields: Mapping[str, str]) -> str | None:
    """Where the page of a dead `article.fetched` lies, if the entry can be read that far."""
    if fields.get("ce_type") != "copytaster.article.fetched.v1":
        return None
    try:
        found = json.loads(fields.get("data", "")).get("dataref")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, str) and found.startswith("page:") else None
