"""Clusters and decided pairs in Redis: reads the neighbourhood of a story, and says what to write after a rearrangement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from redis.asyncio import Redis

from copytaster.deduplicator.cards import Card, card_from_row
from copytaster.deduplicator.clusters import MERGED, ClusterState
from copytaster.deduplicator.io.index import Index
from copytaster.deduplicator.pairs import KeptPair, pack, unpack
from copytaster.deduplicator.rearrange import Neighbourhood, Rearrangement
from copytaster.keys import RECORD_SECONDS, Keys
from copytaster.streams.effects import Effects
from copytaster_schemas.identity import short_id, urn_of


class Clusters:
    """The clusters of one desk."""

    def __init__(self, redis: Redis, keys: Keys, index: Index) -> None:
        self._redis = redis
        self._keys = keys
        self._index = index

    def cluster_key(self, cluster: str) -> str:
        """The hash of a cluster; its field `revision` guards the cluster's events."""
        return self._keys.key("cluster", short_id(cluster))

    async def around(self, story: str, said: Sequence[KeptPair]) -> Neighbourhood:
        """The neighbourhood of `story`, whose pairs `said` replace what was kept of it for other versions."""
        found = Neighbourhood()
        told = {pair.key: pair for pair in said}
        wanted, seen = {story}, set[str]()
        while wanted:
            seen |= wanted
            pairs = await self._pairs(wanted)
            pairs.update({key: pair for key, pair in told.items() if wanted & set(key)})
            found.pairs.update(pairs)
            merging = {name for key, pair in pairs.items() if pair.decision.merges for name in key}
            fellows = await self._load_clusters(wanted, found)
            wanted = (merging | fellows) - seen
        found.records = await self._index.records(sorted(seen))
        return found

    async def _pairs(self, stories: Iterable[str]) -> dict[tuple[str, str], KeptPair]:
        ordered = sorted(stories)
        async with self._redis.pipeline(transaction=False) as pipe:
            for story in ordered:
                pipe.hgetall(self._pairs_key(story))
            replies = await pipe.execute()
        pairs = (
            unpack(story, urn_of(other.decode()), packed)
            for story, reply in zip(ordered, replies, strict=True)
            for other, packed in reply.items()
        )
        return {pair.key: pair for pair in pairs}

    async def _load_clusters(self, stories: Iterable[str], found: Neighbourhood) -> set[str]:
        """Add the clusters of `stories` to `found`; gives the members of those that were not known yet."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for story in sorted(stories):
                pipe.hget(self._keys.key("story", short_id(story)), "cluster")
            named = {urn_of(short.decode()) for short in await pipe.execute() if short}
        fresh = sorted(named - found.clusters.keys())
        async with self._redis.pipeline(transaction=False) as pipe:
            for cluster in fresh:
                pipe.hgetall(self.cluster_key(cluster))
            rows = await pipe.execute()
        fellows: set[str] = set()
        for cluster, row in zip(fresh, rows, strict=True):
            if row:
                cards = stored_cards(row)
                found.clusters[cluster] = _state(row, cards)
                found.cards.update(cards)
                fellows |= cards.keys()
        return fellows

    def _pairs_key(self, story: str) -> str:
        return self._keys.key("pairs", short_id(story))

    def keep_pairs(self, effects: Effects, pairs: Iterable[KeptPair]) -> None:
        """Keep decided pairs with both of their stories."""
        for pair in pairs:
            packed = pack(pair)
            for one, other in (pair.key, pair.key[::-1]):
                effects.write_hash(
                    self._pairs_key(one), {short_id(other): packed}, lifetime_seconds=RECORD_SECONDS
                )

    def keep_clusters(self, effects: Effects, result: Rearrangement) -> None:
        """Keep the clusters of a rearrangement, and which cluster each story that moved is in."""
        for change, _ in result.changes:
            key = self.cluster_key(change.cluster)
            row = {"state": change.state, "merged_into": change.merged_into or "", "members": ""}
            if change.state != MERGED:
                row["members"] = json.dumps([result.cards[name].to_row() for name in sorted(change.members)])
            effects.write_hash(key, row, lifetime_seconds=None)
            for name in change.added:
                story_key = self._keys.key("story", short_id(name))
                effects.write_hash(
                    story_key, {"cluster": short_id(change.cluster)}, lifetime_seconds=RECORD_SECONDS
                )


def stored_cards(row: Mapping[bytes, Any]) -> dict[str, Card]:
    """The members in a cluster's hash, by story."""
    packed = row.get(b"members") or b"[]"
    return {card["story"]: card_from_row(card) for card in json.loads(packed)}


def _state(row: Mapping[bytes, Any], cards: Mapping[str, Card]) -> ClusterState:
    into = row.get(b"merged_into", b"").decode()
    return ClusterState(
        frozenset(cards), row.get(b"state", b"open").decode(), int(row.get(b"revision", 0)), into or None
    )
