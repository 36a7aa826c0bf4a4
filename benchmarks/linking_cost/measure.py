"""Sends stories the real way, through linker and clusterer and every commit, into a filled window, and measures what each costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from redis.asyncio import Redis

from benchmarks.linking_cost.texts import Text
from benchmarks.linking_cost.window import Prepared, fill
from copytaster.deduplicator.io.index import Index
from copytaster.deduplicator.matcher import Matcher
from copytaster_schemas import Story
from copytaster_schemas.identity import short_id
from tests.stack.deduplicator.desk import KEYS, NOON, Desk, make_story


@dataclass(frozen=True, slots=True)
class Cost:
    """What stories cost in a window of `window` stories; CPU in ms a story, latency in ms from story to cluster event."""

    window: int
    stories: int
    client_ms: float
    server_ms: float
    stories_per_second_and_core: float
    p50_ms: float
    p95_ms: float
    candidates: float
    fill_ms: float
    index_bytes: float
    story_bytes: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """For the results file."""
        return asdict(self)


def story_of(text: Text) -> Story:
    """The story as the extractor would give it."""
    minutes = (text.published_ms - int(NOON.timestamp() * 1000)) // 60_000
    story = make_story(str(text.number), text.text, title=text.title, outlet=text.outlet, minutes=minutes)
    return story.model_copy(update={"language": "en"})


async def measure(
    redis: Redis, matcher: Matcher, base: Sequence[Prepared], texts: Sequence[Text], window: int
) -> Cost:
    """The cost of `texts`, one after another, after the index was filled with `window` stories."""
    await redis.flushall()
    before = await _memory(redis)
    started = time.process_time()
    text_bytes = await fill(Index(redis, KEYS), base, window)
    filled = time.process_time() - started
    index_bytes = (await _memory(redis) - before - text_bytes) / window
    desk = Desk(redis, f"bench-{window}", matcher)
    stories = [story_of(text) for text in texts]
    cpu, server, waits = time.process_time(), await _server_seconds(redis), []
    for story in stories:
        await desk.publish([story])
        began = time.perf_counter()
        await desk.pump()
        waits.append((time.perf_counter() - began) * 1000)
    count = len(stories)
    client_ms = (time.process_time() - cpu) * 1000 / count
    server_ms = (await _server_seconds(redis) - server) * 1000 / count
    waits.sort()
    compared = await desk.comparisons()
    return Cost(
        window=window,
        stories=count,
        client_ms=round(client_ms, 2),
        server_ms=round(server_ms, 2),
        stories_per_second_and_core=round(1000 / (client_ms + server_ms), 1),
        p50_ms=round(waits[count // 2], 1),
        p95_ms=round(waits[count * 95 // 100], 1),
        candidates=round(sum(one.candidates for one in compared) / count, 1),
        fill_ms=round(filled * 1000 / window, 2),
        index_bytes=round(index_bytes),
        story_bytes=await _by_kind(redis, stories),
    )


async def _memory(redis: Redis) -> int:
    return int((await redis.info("memory"))["used_memory"])


async def _server_seconds(redis: Redis) -> float:
    cpu = await redis.info("cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])


async def _by_kind(redis: Redis, stories: Sequence[Story]) -> dict[str, float]:
    """Bytes a story of the keys that the deduplicator keeps of those that came the real way; story hashes with their texts."""
    totals: dict[str, float] = {}
    for story in stories:
        home = await redis.hget(KEYS.key("story", short_id(story.uri)), "cluster")
        for kind, name in (("story", short_id(story.uri)), ("pairs", short_id(story.uri))):
            used = await redis.memory_usage(KEYS.key(kind, name), samples=0)
            totals[kind] = totals.get(kind, 0) + (used or 0)
        row = KEYS.key("cluster", home.decode())
        share = sum(len(field) == 16 for field in await redis.hkeys(row)) or 1
        totals["cluster"] = totals.get("cluster", 0) + (await redis.memory_usage(row, samples=0) or 0) / share
    return {kind: round(total / len(stories)) for kind, total in totals.items()}
