"""The clusterer's handler: after each comparison the clusters around the story are derived anew and every change is told.

One process per desk is active: it holds the lease, and every commit checks that it still does.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from typing import Final

from redis.asyncio import Redis

from copytaster.deduplicator.io.clusters import Clusters
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.pairs import of_link
from copytaster.deduplicator.rearrange import Rearrangement, rearrange
from copytaster.errors import Quarantine, RetryLater
from copytaster.keys import Keys
from copytaster.streams.effects import Effects, Guard, Outbox
from copytaster.streams.entries import Entry
from copytaster.streams.lease import Lease
from copytaster_schemas import StoryCompared
from copytaster_schemas.identity import new_cluster_urn
from copytaster_schemas.registry import CLUSTER_CHANGED

GROUP: Final = "clusterer"


class Clusterer:
    """Derives the partition from the latest comparison of every story."""

    def __init__(
        self, redis: Redis, keys: Keys, clusters: Clusters, matcher: Matcher, lease: Lease, cpu: Executor
    ) -> None:
        """`cpu` runs the scoring of missing pairs beside the event loop."""
        self._redis = redis
        self._clusters = clusters
        self._matcher = matcher
        self._lease = lease
        self._cpu = cpu
        self._outbox = Outbox(keys, "deduplicator")

    async def __call__(self, entry: Entry) -> Effects:
        """The effects of one `story.compared`."""
        comparison = entry.data
        if not isinstance(comparison, StoryCompared):
            raise Quarantine("unexpected_type", f"{entry.envelope.type} does not belong on this stream")
        if not await self._lease.held():
            raise RetryLater("another process is the clusterer")
        story = comparison.story
        said = [of_link(link) for link in comparison.links]
        around = await self._clusters.around(story.uri, said)
        known = around.records.get(story.uri)
        if known is None or known.version > story.version:
            return Effects(status="superseded", facts={"story_uri": story.uri, "version": story.version})
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(
            self._cpu, rearrange, around, story.uri, self._matcher, new_cluster_urn
        )
        effects = self._effects(entry, result)
        self._clusters.keep_pairs(effects, [*said, *result.decided])
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
        self._clusters.keep_clusters(effects, result)
        effects.facts = {"ops": ops, "cluster_ids": [change.cluster for change, _ in result.changes]}
        return effects
