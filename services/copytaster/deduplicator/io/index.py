"""The candidate index in Redis: which stories of the window share passages, rare names or numbers with a story.

Time is cut into slices of a week; a story's keys lie in its own slice, a search looks into the slices of the window.
A slice expires by itself. Its buckets grow with it, so that a search costs the same in a window of ten thousand stories and of a
million (benchmarks, linking_cost); a member is 48 bits of a key and the story's number.
"""

from __future__ import annotations

import uuid
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Final

from redis.asyncio import Redis

from copytaster.deduplicator.candidates import BUCKET_LIMIT, TOP_CANDIDATES, IndexKeys, rank, together
from copytaster.deduplicator.record import StoryRecord, from_json, to_json
from copytaster.keys import DAY_SECONDS, RECORD_SECONDS, WINDOW_DAYS, Keys
from copytaster_schemas.identity import short_id

SLICE_MS: Final = 7 * DAY_SECONDS * 1000
"""A week: five slices cover the window of 14 days on both sides, so a search asks each key five times at most."""

WINDOW_MS: Final = WINDOW_DAYS * DAY_SECONDS * 1000

KEY_BYTES: Final = 6
"""What is kept of a 64-bit key. Two different keys in a window of a million stories are equal in 48 bits once in 30,000 searches, and
then one candidate more is compared."""

MOST_RANKED: Final = 10 * TOP_CANDIDATES
"""Stories looked at before the window is full of candidates; slices reach up to a week beyond the window."""

_SCRIPTS: Final = files("copytaster.deduplicator.io")


class Index:
    """Records and candidate keys of one desk."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys
        self._write = redis.register_script(_SCRIPTS.joinpath("index.lua").read_text(encoding="utf-8"))
        self._lookup = redis.register_script(_SCRIPTS.joinpath("lookup.lua").read_text(encoding="utf-8"))

    async def write(self, record: StoryRecord, index_keys: IndexKeys) -> bool:
        """Store the record and its keys; False when a newer version is stored already. Safe to repeat."""
        every_key = (*index_keys.words, *index_keys.meaning)
        week = record.time_ms // SLICE_MS
        keys = [
            self._keys.key("story", short_id(record.id)),
            self._keys.key("numbers"),
            self._keys.key("numbers", str(week)),
        ]
        packed = zlib.compress(to_json(record).encode())
        arguments = [
            record.version,
            packed,
            uuid.UUID(record.id).bytes,
            RECORD_SECONDS,
            self._buckets(week),
            BUCKET_LIMIT,
            *map(_packed, every_key),
        ]
        written, _ = await self._write(keys=keys, args=arguments)
        return bool(written)

    async def search(self, record: StoryRecord, index_keys: IndexKeys) -> Mapping[str, int]:
        """Urns of the stories that share keys with the record, with how many they share; itself left out."""
        return together(
            await self._sharing(record, index_keys.words), await self._sharing(record, index_keys.meaning)
        )

    async def _sharing(self, record: StoryRecord, wanted: Sequence[int]) -> Mapping[str, int]:
        if not wanted:
            return {}
        first = (record.time_ms - WINDOW_MS) // SLICE_MS
        last = (record.time_ms + WINDOW_MS) // SLICE_MS
        weeks = range(first, last + 1)
        reply = await self._lookup(
            keys=[self._keys.key("numbers", str(week)) for week in weeks],
            args=[*map(self._buckets, weeks), *map(_packed, wanted)],
        )
        hits: Counter[str] = Counter()
        for story, shared in zip(reply[::2], reply[1::2], strict=True):
            hits[uuid.UUID(bytes=story).urn] += int(shared)
        hits.pop(record.id, None)
        return hits

    async def candidates(self, record: StoryRecord, index_keys: IndexKeys) -> list[StoryRecord]:
        """The records most worth comparing with `record`, best first: the best ranked within the window of time."""
        ranked = rank(await self.search(record, index_keys), top=MOST_RANKED)
        near: list[StoryRecord] = []
        for begin in range(0, len(ranked), TOP_CANDIDATES):
            names = ranked[begin : begin + TOP_CANDIDATES]
            known = await self.records(names)
            near += [known[name] for name in names if name in known and in_window(record, known[name])]
            if len(near) >= TOP_CANDIDATES:
                break
        return near[:TOP_CANDIDATES]

    async def records(self, stories: Sequence[str]) -> dict[str, StoryRecord]:
        """The stored records of `stories` (urns); one that has expired is missing from the answer."""
        if not stories:
            return {}
        async with self._redis.pipeline(transaction=False) as pipe:
            for story in stories:
                pipe.hget(self._keys.key("story", short_id(story)), "record")
            packed = await pipe.execute()
        return {
            story: from_json(zlib.decompress(value))
            for story, value in zip(stories, packed, strict=True)
            if value
        }

    def _buckets(self, week: int) -> str:
        """The start of the keys of a slice's buckets; their number follows (see index.lua)."""
        return self._keys.key("index", str(week), "")


def _packed(key: int) -> bytes:
    """The part of a key that the index keeps."""
    return (key & ((1 << (8 * KEY_BYTES)) - 1)).to_bytes(KEY_BYTES, "big")


def in_window(a: StoryRecord, b: StoryRecord) -> bool:
    """Whether two stories lie close enough in time to be compared (design 5): at most 14 days apart."""
    return abs(a.time_ms - b.time_ms) <= WINDOW_MS
