"""How a feed's state lies in its Redis hash: short names and words, whole seconds, absent defaults, long texts in parts.

Pure. Redis and Valkey keep a hash in its compact form only while no value is longer than 64 bytes, and many addresses of
feeds are: cut into parts, a feed takes half the memory (docs/decisions/0023). A field without a code stands under its own
name, as do those that the Lua scripts read.
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
    "oldest_ms": "h",
    "shrunk_seconds": "k",
    "overflow_ms": "os",
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

DEFAULTS: Final[Mapping[str, str]] = {"status": "active", "added_by": "file", "why": "pace"}
"""What is usual is not stored."""

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "last_status": {
        "new_items": "i",
        "nothing_new": "k",
        "not_modified": "n",
        "same_body": "s",
        "failed": "f",
    }
}
"""Words of closed vocabularies that nearly every feed has; any other word stands as it is."""

_NAMES: Final = {code: name for name, code in CODES.items()}
_WORDS_BACK: Final = {name: {short: word for word, short in words.items()} for name, words in WORDS.items()}


def write_feed(
    step: Effects,
    keys: Keys,
    feed_id: str,
    fields: Mapping[str, Value],
    *,
    stored: Mapping[str, str] | None = None,
) -> None:
    """Let `step` set `fields` of the feed's hash; an empty value takes its field out.

    Of what is `stored` already (full names) nothing is written again: most polls change three fields.
    """
    key = keys.key("feed", feed_id)
    kept, gone = encode(fields if stored is None else _changed(fields, stored))
    if kept:
        step.write_hash(key, kept, lifetime_seconds=None)
    if gone:
        step.op("HDEL", key, *gone)


def _changed(fields: Mapping[str, Value], stored: Mapping[str, str]) -> dict[str, Value]:
    return {
        name: value
        for name, value in fields.items()
        if (held := stored.get(name, "")) != str(value) and (held or value != DEFAULTS.get(name))
    }


def encode(fields: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
    """The fields of the hash to set, and those to delete.

    A value of one part leaves the further parts of a longer one before it behind; `decode` does not look at them.
    """
    kept: dict[str, Value] = {}
    gone: list[str] = []
    for name, value in fields.items():
        code = CODES.get(name, name)
        if value in ("", b"") or value == DEFAULTS.get(name):
            gone.append(code)
        elif name not in CODES:
            kept[code] = value
        elif name.endswith("_ms"):
            kept[code] = int(value) // 1000
        elif isinstance(value, str | bytes):
            kept |= _parts(code, _raw(name, value))
        else:
            kept[code] = value
    return kept, gone


def _raw(name: str, value: str | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    return WORDS.get(name, {}).get(value, value).encode("utf-8", errors="replace")


def _parts(code: str, value: bytes) -> dict[str, Value]:
    """The value in parts; one that fills its last part is ended by an empty one."""
    if len(value) < PART_BYTES:
        return {code: value}
    starts = range(0, len(value) + 1, PART_BYTES)
    return {f"{code}{number or ''}": value[at : at + PART_BYTES] for number, at in enumerate(starts)}


def decode(stored: Mapping[bytes, bytes]) -> dict[str, str]:
    """The fields by their full names, defaults left out, times in milliseconds."""
    raw = {name.decode(): value for name, value in stored.items()}
    found = {}
    for field, value in raw.items():
        name = _NAMES.get(field)
        if name is None:
            if field.rstrip("0123456789") not in _NAMES:
                found[field] = value.decode("utf-8", errors="replace")
        elif name.endswith("_ms"):
            found[name] = f"{value.decode()}000"
        else:
            whole = value if len(value) < PART_BYTES else _joined(field, raw)
            text = whole.decode("utf-8", errors="replace")
            found[name] = _WORDS_BACK[name].get(text, text) if name in WORDS else text
    return found


def _joined(code: str, raw: Mapping[str, bytes]) -> bytes:
    parts = [raw[code]]
    while len(parts[-1]) == PART_BYTES:
        parts.append(raw.get(f"{code}{len(parts)}", b""))
    return b"".join(parts)
