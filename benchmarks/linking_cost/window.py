"""Fills a window of the candidate index in bulk, through the index's own code, with records as the linker makes them.

Sentences, keys and vectors are computed for at most `BASE` stories; a larger window repeats them as variants that keep a share of their
candidate keys and have the others redrawn, for to read a million texts would take the day.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from xxhash import xxh3_64_intdigest

from benchmarks.linking_cost.texts import START_MS, WINDOW_MS
from copytaster.deduplicator.candidates import IndexKeys
from copytaster.deduplicator.io.index import Index
from copytaster.deduplicator.record import StoryRecord
from copytaster_schemas.identity import story_urn

BASE: Final = 5_000
KEPT_PERCENT: Final = 15
"""Keys that stories of a window share with another one, in percent (research/linking.md, what an index costs)."""

AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record and its candidate keys."""

    record: StoryRecord
    keys: IndexKeys


async def fill(index: Index, base: Sequence[Prepared], size: int) -> int:
    """Write `size` stories; gives the bytes of their texts as they are stored, which are not counted as cost of the index."""
    text_bytes = [len(zlib.compress(one.record.text.encode())) for one in base]
    for begin in range(0, size, AT_ONCE):
        numbers = range(begin, min(begin + AT_ONCE, size))
        await asyncio.gather(*(_write(index, base, number, size) for number in numbers))
    return sum(text_bytes[number % len(base)] for number in range(size))


async def _write(index: Index, base: Sequence[Prepared], number: int, size: int) -> None:
    variant, place = divmod(number, len(base))
    one = base[place]
    keys = one.keys if variant == 0 else _variants(one.keys, variant)
    moment = START_MS + number * 7_919 % size * WINDOW_MS // size
    name = story_urn(f"window.example/{number}")
    record = replace(one.record, id=name, published_ms=moment, first_seen_ms=moment)
    assert await index.write(record, keys)


def _variants(keys: IndexKeys, variant: int) -> IndexKeys:
    words, meaning = (tuple(_variant(key, variant) for key in kind) for kind in keys)
    return IndexKeys(words, meaning)


def _variant(key: int, variant: int) -> int:
    drawn = xxh3_64_intdigest(b"%x %x" % (key, variant))
    return key if drawn % 100 < KEPT_PERCENT else drawn
