"""The linker's handler: per story version, into the index FIRST, then the candidates, then one `story.compared`.

Two linkers that get the two halves of a pair at the same instant both have written before either looks, so at least
one of them finds the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from typing import Final, TypeVar

from redis.asyncio import Redis

from copytaster.deduplicator.candidates import IndexKeys, index_keys
from copytaster.deduplicator.comparisons import compared
from copytaster.deduplicator.decide import PairDecision
from copytaster.deduplicator.io.index import Index
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.record import StoryRecord, from_story
from copytaster.errors import Quarantine
from copytaster.keys import RECORD_SECONDS, Keys
from copytaster.streams.effects import Check, Effects, Guard, Outbox
from copytaster.streams.entries import Entry
from copytaster_schemas import Story, StoryCompared, StoryVersion
from copytaster_schemas.identity import short_id
from copytaster_schemas.registry import STORY_COMPARED

T = TypeVar("T")

GROUP: Final = "linker"


class Linker:
    """Compares every story version with its candidates."""

    def __init__(self, redis: Redis, keys: Keys, index: Index, matcher: Matcher, cpu: Executor) -> None:
        """`cpu` runs the comparing beside the event loop; one thread, for the matcher is not made for two."""
        self._redis = redis
        self._keys = keys
        self._index = index
        self._matcher = matcher
        self._cpu = cpu
        self._outbox = Outbox(keys, "deduplicator")

    async def __call__(self, entry: Entry) -> Effects:
        """The effects of one `story.published`, `.revised` or `.withdrawn`."""
        story = entry.data
        if not isinstance(story, Story):
            raise Quarantine("unexpected_type", f"{entry.envelope.type} does not belong on this stream")
        if story.pub_status == "canceled":
            return await self._withdraw(entry, story)
        record = from_story(story)
        if story.dataref:
            record = replace(record, text=await self._body(story.dataref))
        record, keys = await self._in_thread(self._prepared, record)
        if not await self._index.write(record, keys):
            return Effects(status="superseded", facts={"story_uri": story.uri, "version": story.version})
        candidates = await self._index.candidates(record, keys)
        decisions = await self._in_thread(self._matcher.decide, record, candidates)
        return await self._tell(entry, record, candidates, decisions)

    async def _withdraw(self, entry: Entry, story: Story) -> Effects:
        """Take the record out of everybody's sight and tell the clusterer, which takes the story out of its cluster."""
        key = self._keys.key("story", short_id(story.uri))
        facts = {"story_uri": story.uri, "version": story.version}
        version, compared = await self._redis.hmget(key, "version", "compared")
        if int(version or 0) >= story.version:
            return Effects(status="superseded", facts=facts)
        before = int(compared or 0)
        data = StoryCompared(
            story=StoryVersion(uri=story.uri, version=story.version),
            revision=before + 1,
            candidates=0,
            policy=self._matcher.policy.version,
            withdrawn=True,
        )
        event = self._outbox.event(
            STORY_COMPARED,
            story.uri,
            before + 1,
            data,
            time=entry.envelope.time,
            cause=entry.cause,
            guard=Guard(key, "compared"),
        )
        effects = Effects(status="withdrawn", events=[event], facts=dict(facts))
        effects.checks.append(Check(key, "version", "below", story.version))
        effects.op("HDEL", key, "record")
        effects.write_hash(key, {"version": story.version}, lifetime_seconds=RECORD_SECONDS)
        return effects

    async def _body(self, dataref: str) -> str:
        body = await self._redis.get(self._keys.key(dataref))
        if body is None:
            raise Quarantine("body_lost", f"the text behind {dataref} is no longer there")
        return str(body, "utf-8")

    def _prepared(self, record: StoryRecord) -> tuple[StoryRecord, IndexKeys]:
        """The record with its sentence vectors, and the keys under which it is found."""
        record = self._matcher.encoded(record)
        return record, index_keys(self._matcher.features_of(record), self._matcher.policy)

    async def _tell(
        self, entry: Entry, record: StoryRecord, candidates: list[StoryRecord], decisions: list[PairDecision]
    ) -> Effects:
        key = self._keys.key("story", short_id(record.id))
        before = int(await self._redis.hget(key, "compared") or 0)
        versions = {candidate.id: candidate.version for candidate in candidates}
        policy = self._matcher.policy.version
        times = {candidate.id: candidate.time_ms for candidate in candidates}
        data = compared(record, decisions, versions, times, revision=before + 1, policy=policy)
        event = self._outbox.event(
            STORY_COMPARED,
            record.id,
            before + 1,
            data,
            time=entry.envelope.time,
            cause=entry.cause,
            guard=Guard(key, "compared"),
        )
        effects = Effects(status="compared", events=[event], facts=_facts(record, decisions))
        effects.op("EXPIRE", key, RECORD_SECONDS)
        return effects

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._cpu, work, *arguments)


def _facts(record: StoryRecord, decisions: list[PairDecision]) -> dict[str, object]:
    return {
        "story_uri": record.id,
        "version": record.version,
        "candidates": len(decisions),
        "merging": sum(decision.merges for decision in decisions),
    }
