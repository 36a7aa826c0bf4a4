"""Compares the keys that a test left in Redis with the table in `copytaster.keys`.

A key nobody declared, of another type, or immortal though its row has a lifetime is a leak in production. Not for
what the values hold.
"""

from __future__ import annotations

import redis
from redis.utils import str_if_bytes

from copytaster.keys import row_of


def faults(client: redis.Redis) -> list[str]:
    """One line for each key of the server that is not as `copytaster.keys.TABLE` says; empty if all are."""
    found = (_fault(client, key) for key in sorted(client.scan_iter(count=1000)))
    return [fault for fault in found if fault]


def _fault(client: redis.Redis, raw_key: str | bytes) -> str | None:
    key = str_if_bytes(raw_key)
    row = row_of(key)
    if row is None:
        return f"{key}: not in the table of copytaster.keys"
    kind = str_if_bytes(client.type(raw_key))
    if kind == "none":  # it ran out between the scan and here
        return None
    if kind != row.type:
        return f"{key}: a {kind}, but the table says {row.type}"
    seconds = client.ttl(raw_key)
    if row.lifetime_seconds is None or seconds == -2:  # -2: it ran out just now
        return None
    if seconds == -1:
        return f"{key}: never ends, but the table says {row.lifetime_seconds} s"
    if seconds > row.lifetime_seconds:
        return f"{key}: lives {seconds} s, but the table says {row.lifetime_seconds} s"
    return None
