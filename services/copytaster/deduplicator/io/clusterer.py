"""The clusterer's handlers: after a comparison or an operator's decision the clusters around it are derived anew, every change is told.

One process per desk is active: it holds the lease, and every commit checks that it still does.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Final

from redis.asyncio import Redis

from copytaster.deduplicator.decisions import constraint_of
from copytaster.deduplicator.io.clusters import Around, Clusters
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.pairs import KeptPair, of_link
from copytaster.deduplicator.rearrange import Rearrangement, rearrange
from copytaster.errors import Quarantine, RetryLater
from copytaster.keys import Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.effects import Effects, Guard, Outbox, Value
from copytaster.streams.entries import Entry
from copytaster.streams.lease import Lease
from copytaster_schemas import DecisionMade, Reason, StoryCompared
from copytaster_schemas.identity import new_cluster_urn, short_id
from copytaster_schemas.registry import CLUSTER_CHANGED

GROUP: Final = "clusterer"


def wall_clock_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Clusterer:
    """Derives the partition from the latest comparison of every story and from what operators decided."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        clusters: Clusters,
        matcher: Matcher,
        lease: Lease,
        cpu: Executor,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        """`cpu` runs the scoring of missing pairs beside the event loop; `now_ms` tells when a change is kept."""
        self._redis = redis
        self._keys = keys
        self._clusters = clusters
        self._matcher = matcher
        self._lease = lease
        self._cpu = cpu
        self._now_ms = now_ms
        self._outbox = Outbox(keys, "deduplicator")

    async def compared(self, entry: Entry) -> Effects:
        """The effects of one `story.compared`."""
        comparison = entry.data
        if not isinstance(comparison, StoryCompared):
            raise Quarantine("unexpected_type", f"{entry.envelope.type} does not belong on this stream")
        await self._claim()
        story = comparison.story
        said = [of_link(link) for link in comparison.links]
        gone = [story.uri] if comparison.withdrawn else []
        around = await self._clusters.around([story.uri], said, gone=gone)
        if not gone:
            known = around.found.records.get(story.uri)
            if known is None or known.version > story.version:
                return Effects(status="superseded", facts={"story_uri": story.uri, "version": story.version})
        reason = Reason(code="withdrawn" if gone else "compared", story=story.uri)
        return await self._rearranged(entry, around, reason, said)

    async def decided(self, entry: Entry) -> Effects:
        """The effects of one `decision.made`."""
        made = entry.data
        if not isinstance(made, DecisionMade):
            raise Quarantine("unexpected_type", f"{entry.envelope.type} does not belong on this stream")
        await self._claim()
        key = self._keys.key("decision", short_id(made.decision))
        told, packed = await self._redis.hmget(key, "told", "made")
        if int(told or 0) >= made.revision:
            return Effects(status="superseded", facts={"decision": made.decision})
        is_undo = made.op == "undo"
        if is_undo and not packed:
            return Effects(status="unknown", facts={"decision": made.decision})
        about = DecisionMade.model_validate_json(packed) if is_undo else made
        constraint = constraint_of(about)
        if constraint is None:
            raise Quarantine("unknown_decision", f"no decision is called {about.op!r} in this version")
        stories = sorted(constraint.stories)
        around = await self._clusters.around(stories, new=None if is_undo else constraint)
        if is_undo:
            around.found.constraints.pop(made.decision, None)
        reason = Reason(code="operator", text=made.reason, actor=made.actor)
        effects = await self._rearranged(entry, around, reason)
        row: dict[str, Value] = {"told": made.revision}
        if not is_undo:
            row["made"] = made.to_json()
        effects.write_hash(key, row, lifetime_seconds=None)
        await self._note(effects, stories, made.decision, in_force=not is_undo)
        effects.facts["decision"] = made.decision
        return effects

    async def _claim(self) -> None:
        if not await self._lease.held():
            raise RetryLater("another process is the clusterer")

    async def _note(self, effects: Effects, stories: Sequence[str], decision: str, *, in_force: bool) -> None:
        """Keep with every story which decisions in force speak of it."""
        key = self._keys.key("decided")
        fields = [short_id(story) for story in stories]
        for name, packed in zip(fields, await self._redis.hmget(key, fields), strict=True):
            others = set(json.loads(packed)) if packed else set()
            wanted = others | {decision} if in_force else others - {decision}
            if wanted:
                effects.op("HSET", key, name, json.dumps(sorted(wanted)))
            else:
                effects.op("HDEL", key, name)

    async def _rearranged(
        self, entry: Entry, around: Around, reason: Reason, said: Sequence[KeptPair] = ()
    ) -> Effects:
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(
            self._cpu, rearrange, around.found, reason, self._matcher, new_cluster_urn, said
        )
        effects = self._effects(entry, result)
        self._clusters.keep_clusters(effects, around, result, self._now_ms())
        self._clusters.keep_pairs(effects, result, reason.story)
        if result.unmet:
            get_logger().warning(Log.DECISION_UNMET, status="unmet", decisions=list(result.unmet))
        return effects

    def _effects(self, entry: Entry, result: Rearrangement) -> Effects:
        ops = [change.op for change, _ in result.changes]
        effects = Effects(status=ops[-1] if ops else "unchanged", checks=[self._lease.check])
        for change, data in result.changes:
            effects.events.append(
                self._outbox.event(
                    CLUSTER_CHANGED,
                    change.cluster,
                    change.revision,
                    data,
                    time=entry.envelope.time,
                    cause=entry.cause,
                    guard=Guard(self._clusters.cluster_key(change.cluster)),
                )
            )
        effects.facts = {"ops": ops, "cluster_ids": [change.cluster for change, _ in result.changes]}
        return effects
