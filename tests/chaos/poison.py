"""Entries that nobody can process, for every stream that is read in a group. Pure but for the one who pours."""

from __future__ import annotations

from typing import Final

import redis

from copytaster.keys import Keys

STREAMS: Final = ("articles", "stories", "links")
KINDS: Final[tuple[dict[bytes, bytes], ...]] = (
    {b"data": b"no envelope"},
    {b"\xff\xfe": b"\x00\x01\x02", b"ce_id": b"\xff"},
    {
        b"ce_specversion": b"1.0",
        b"ce_id": b"poison",
        b"ce_source": b"/storm",
        b"ce_type": b"copytaster.article.fetched.v1",
        b"ce_subject": b"urn:storm",
        b"ce_time": b"2026-03-01T12:00:00Z",
        b"data": b"{broken",
    },
    {
        b"ce_specversion": b"1.0",
        b"ce_id": b"unknown",
        b"ce_source": b"/storm",
        b"ce_type": b"copytaster.nothing.known.v9",
        b"ce_subject": b"urn:storm",
        b"ce_time": b"2026-03-01T12:00:00Z",
        b"data": b"{}",
    },
)


def pour(client: redis.Redis, keys: Keys) -> dict[str, list[str]]:
    """Put one entry of each kind on each stream; gives their ids by the stream's name."""
    return {name: [client.xadd(keys.stream(name), fields).decode() for fields in KINDS] for name in STREAMS}
