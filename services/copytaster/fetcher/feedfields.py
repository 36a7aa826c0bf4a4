"""How a feed's state lies in its Redis hash: short field names, absent values left out, long texts in parts.

Pure. Redis and Valkey keep a hash in its compact form only while no value is longer than 64 bytes, and most addresses of
feeds are: cut into parts, a feed takes half the memory (docs/decisions, what a feed costs in Redis). A field without a
code stands under its own name, as do those that the Lua scripts read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from copytaster.keys import Keys
from copytaster.streams.effects import Effects, Value

PART_BYTES: Final = 64
"""`hash-max-listpack-value` of Redis 7 and 8 and of Valkey; a part of this length is continued by the next one."""

CODES: Final[Mapping[str, str]] = {
    "url": "u",
    "outlet": "o",
    "title": "t",
    "interval_seconds": "i",
    "added_by": "a",
    "paused_by": "p",
    "etag": "e",
    "last_modified": "m",
    "body_hash": "b",
    "failures": "f",
    "weight": "w",
    "notified": "n",
    "polled_ms": "l",
    "due_ms": "d",
    "last_status": "s",
    "last_failure": "r",
    "last_detail": "x",
    "failing_since_ms": "fs",
    "new_items_ms": "ni",
    "arrivals": "v",
    "oldest_s": "h",
    "shrunk_seconds": "k",
    "overflow_s": "os",
    "hints": "j",
    "census": "c",
    "why": "y",
    "gone_since_ms": "gs",
    "moved_from": "mf",
    "moved_to": "mt",
    "moved_since_ms": "ms",
    "moved_polls": "mp",
    "moved_proven": "mv",
    "honest_probes": "hp",
    "distrust_until_ms": "du",
}
"""No code ends in a digit: that is what a part's name ends in."""

_NAMES: Final = {code: name for name, code in CODES.items()}


def write_feed(step: Effects, keys: Keys, feed_id: str, fields: Mapping[str, Value]) -> None:
    """Let `step` set `fields` of the feed's hash; an empty value takes its field out."""
    key = keys.key("feed", feed_id)
    kept, gone = encode(fields)
    if kept:
        step.write_hash(key, kept, lifetime_seconds=None)
    if gone:
        step.op("HDEL", key, *gone)


def encode(fields: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
    """The fields of the hash to set, and those to delete.

    A value of one part leaves the further parts of a longer one before it behind; `decode` does not look at them.
    """
    kept: dict[str, Value] = {}
    gone: list[str] = []
    for name, value in fields.items():
        code = CODES.get(name, name)
        if value in ("", b""):
            gone.append(code)
        elif name in CODES and isinstance(value, str | bytes):
            kept |= _parts(code, value.encode("utf-8", errors="replace") if isinstance(value, str) else value)
        else:
            kept[code] = value
    return kept, gone


def _parts(code: str, value: bytes) -> dict[str, Value]:
    """The value in parts; one that fills its last part is ended by an empty one."""
    starts = range(0, len(value) + 1, PART_BYTES)
    return {f"{code}{number or ''}": value[at : at + PART_BYTES] for number, at in enumerate(starts)}


def decode(stored: Mapping[bytes, bytes]) -> dict[str, str]:
    """The fields by their full names."""
    raw = {name.decode(): value for name, value in stored.items()}
    found = {}
    for field, value in raw.items():
        name = _NAMES.get(field)
        if name is not None:
            found[name] = _joined(field, raw).decode("utf-8", errors="replace")
        elif field.rstrip("0123456789") not in _NAMES:
            found[field] = value.decode("utf-8", errors="replace")
    return found


def _joined(code: str, raw: Mapping[str, bytes]) -> bytes:
    parts = [raw[code]]
    while len(parts[-1]) == PART_BYTES:
        parts.append(raw.get(f"{code}{len(parts)}", b""))
    return b"".join(parts)
