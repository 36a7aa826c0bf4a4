"""datasketch's MinHashLSH on the same Redis beside the passage index alone: throughput, bytes, and copies found.

As its documentation advises for speed: signatures in bulk, a buffered insertion session, Redis as the store. Texts are cut into
shingles of three words; the threshold of 0.5 is the one its examples use.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]
from redis.asyncio import Redis
from xxhash import xxh32_intdigest

from benchmarks.linking_cost.texts import Text
from benchmarks.linking_cost.window import AT_ONCE, Prepared
from copytaster.deduplicator.candidates import MAX_PASSAGE_KEYS, IndexKeys
from copytaster.deduplicator.io.index import Index
from tests.stack.deduplicator.desk import KEYS

PERMUTATIONS: Final = 128
THRESHOLD: Final = 0.5
SHINGLE_WORDS: Final = 3


def passages(prepared: Sequence[Prepared]) -> list[Prepared]:
    """The same stories with their passage keys alone."""
    return [Prepared(one.record, IndexKeys(one.keys.words[:MAX_PASSAGE_KEYS], ())) for one in prepared]


async def ours(redis: Redis, prepared: Sequence[Prepared], texts: Sequence[Text]) -> dict[str, Any]:
    """The passage index: every story written, then every story looked up. Reading the text is not in either figure."""
    await redis.flushall()
    index, before, started = Index(redis, KEYS), await _server_seconds(redis), time.process_time()
    for begin in range(0, len(prepared), AT_ONCE):
        chunk = prepared[begin : begin + AT_ONCE]
        await asyncio.gather(*(index.write(one.record, one.keys) for one in chunk))
    found: dict[str, set[str]] = {}
    for begin in range(0, len(prepared), AT_ONCE):
        chunk = prepared[begin : begin + AT_ONCE]
        hits = await asyncio.gather(*(index.search(one.record, one.keys) for one in chunk))
        found.update({one.record.id: set(hit) for one, hit in zip(chunk, hits, strict=True)})
    names = {text.number: one.record.id for text, one in zip(texts, prepared, strict=True)}
    return await _figures(redis, before, started, len(texts), ("index:*", "numbers:*")) | {
        "recall": _recall(texts, lambda a, b: names[b] in found[names[a]] or names[a] in found[names[b]])
    }


async def theirs(redis: Redis, url: str, texts: Sequence[Text]) -> dict[str, Any]:
    """MinHashLSH: every signature inserted in one buffered session, then every one queried. Signatures are not in the figure."""
    await redis.flushall()
    signatures = MinHash.bulk(
        [_shingles(text.text) for text in texts], num_perm=PERMUTATIONS, hashfunc=xxh32_intdigest
    )
    address = urlsplit(url)
    store = {"type": "redis", "basename": b"lsh", "redis": {"host": address.hostname, "port": address.port}}
    before, started = await _server_seconds(redis), time.process_time()
    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, storage_config=store)
    with lsh.insertion_session(buffer_size=1000) as session:
        for text, signature in zip(texts, signatures, strict=True):
            session.insert(str(text.number), signature)
    found = {
        text.number: {int(name) for name in lsh.query(signature)}
        for text, signature in zip(texts, signatures, strict=True)
    }
    return await _figures(redis, before, started, len(texts), ("*",)) | {
        "recall": _recall(texts, lambda a, b: b in found[a])
    }


def _shingles(text: str) -> list[bytes]:
    words = text.casefold().split()
    return [" ".join(words[at : at + SHINGLE_WORDS]).encode() for at in range(len(words) - SHINGLE_WORDS + 1)]


async def _server_seconds(redis: Redis) -> float:
    cpu = await redis.info("cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])


async def _figures(
    redis: Redis, before: float, started: float, count: int, patterns: Sequence[str]
) -> dict[str, Any]:
    seconds = time.process_time() - started + await _server_seconds(redis) - before
    used = 0
    for pattern in patterns:
        name = KEYS.key(pattern) if pattern != "*" else pattern
        async for key in redis.scan_iter(match=name.replace("{", "[{]"), count=1000):
            used += await redis.memory_usage(key, samples=0) or 0
    return {
        "stories": count,
        "stories_per_second_and_core": round(count / seconds, 1),
        "bytes_a_story": round(used / count),
    }


def _recall(texts: Sequence[Text], is_found: Any) -> float:
    """The share of stories made from another one that are found with it."""
    pairs = [(text.number, text.source) for text in texts if text.source is not None]
    return round(float(sum(is_found(a, b) for a, b in pairs)) / len(pairs), 4)
