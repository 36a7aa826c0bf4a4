"""Clusters, decided pairs and decisions in Redis: reads the neighbourhood of a story, and says what to write after a rearrangement.

A cluster is one hash: `state`, `revision`, `changed` and `kept` (see `lifetime.Life`), `merged_into`, and a field for each member whose
name is the 16 bytes of the story's id and whose value is the member's card. So a story that joins costs its own bytes and no others.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from redis.asyncio import Redis

from copytaster.deduplicator.cards import Card, unpack
from copytaster.deduplicator.clusters import MERGED, OPEN, ClusterChange, ClusterState
from copytaster.deduplicator.constraints import Constraint
from copytaster.deduplicator.decisions import constraint_of
from copytaster.deduplicator.io.index import Index
from copytaster.deduplicator.lifetime import RECORD_MS, Life
from copytaster.deduplicator.pairs import KeptPair, pack
from copytaster.deduplicator.pairs import unpack as unpack_pair
from copytaster.deduplicator.rearrange import Neighbourhood, Rearrangement
from copytaster.keys import RECORD_SECONDS, STATE_SECONDS, Keys
from copytaster.streams.effects import MAX_OP_ARGUMENTS, Check, Effects, Value, batched
from copytaster_schemas import DecisionMade
from copytaster_schemas.identity import short_id, urn_of

MEMBER_BYTES: Final = 16
"""The length of a field that names a member; no other field of the hash is as long."""


@dataclass(slots=True)
class Around:
    """A neighbourhood, and what has to be unchanged when its rearrangement is written: the cluster of every story in it."""

    found: Neighbourhood = field(default_factory=Neighbourhood)
    homes: dict[str, str | None] = field(default_factory=dict)
    lives: dict[str, Life] = field(default_factory=dict)


class Clusters:
    """The clusters of one desk. `close_ms` is how long a cluster stays open without news."""

    def __init__(self, redis: Redis, keys: Keys, index: Index, *, close_ms: int) -> None:
        self._redis = redis
        self._keys = keys
        self._index = index
        self.close_ms = close_ms

    def cluster_key(self, cluster: str) -> str:
        """The hash of a cluster; its field `revision` guards the cluster's events."""
        return self._keys.key("cluster", short_id(cluster))

    def story_key(self, story: str) -> str:
        """The hash of a story."""
        return self._keys.key("story", short_id(story))

    def due_key(self) -> str:
        """The clusters by the time (ms) when somebody has to look at them again."""
        return self._keys.key("clusters", "due")

    async def around(
        self,
        stories: Iterable[str],
        said: Sequence[KeptPair] = (),
        *,
        gone: Iterable[str] = (),
        new: Constraint | None = None,
    ) -> Around:
        """The neighbourhood of `stories`.

        The pairs `said` replace what was kept of them for other versions; `gone` were withdrawn; the decision `new` counts although
        it is not kept yet.
        """
        around = Around(Neighbourhood(gone=frozenset(gone)))
        if new is not None:
            around.found.constraints[new.decision] = new
        told = {pair.key: pair for pair in said}
        first = set(stories)
        wanted, seen = set(first), set[str]()
        while wanted:
            seen |= wanted
            await self._load_clusters(wanted, around)
            # A twin's pairs were made anew with its head; following them would walk from copy to copy through all of them.
            head = around.found.heads()
            own = {name for name in wanted if name in first or head.get(name, name) == name}
            merging = await self._load_pairs(own, told, around.found)
            together = await self._load_constraints(wanted, around.found)
            records = await self._index.records(sorted(wanted - around.found.gone))
            around.found.records.update(records)
            standing = set(around.found.heads().values()) & around.found.cards.keys()
            wanted = (merging | together | standing) - seen
        return around

    async def _load_pairs(
        self, stories: Iterable[str], told: Mapping[tuple[str, str], KeptPair], found: Neighbourhood
    ) -> set[str]:
        """Add the pairs of `stories`; gives the stories that they merge with."""
        ordered = sorted(stories)
        async with self._redis.pipeline(transaction=False) as pipe:
            for story in ordered:
                pipe.hgetall(self._pairs_key(story))
            replies = await pipe.execute()
        pairs = [
            unpack_pair(story, urn_of(other.decode()), packed)
            for story, reply in zip(ordered, replies, strict=True)
            for other, packed in reply.items()
        ]
        merged = {pair.key: pair for pair in pairs}
        merged |= {key: pair for key, pair in told.items() if not {*key}.isdisjoint(ordered)}
        found.pairs.update(merged)
        return {name for key, pair in merged.items() if pair.decision.merges for name in key}

    async def _load_clusters(self, stories: Iterable[str], around: Around) -> None:
        """Add the clusters of `stories` with the cards of their members."""
        ordered = sorted(stories)
        async with self._redis.pipeline(transaction=False) as pipe:
            for story in ordered:
                pipe.hget(self.story_key(story), "cluster")
            shorts = await pipe.execute()
        homes = {
            story: urn_of(short.decode()) if short else None
            for story, short in zip(ordered, shorts, strict=True)
        }
        around.homes.update(homes)
        fresh = sorted({home for home in homes.values() if home} - around.found.clusters.keys())
        for cluster, row in (await self.rows(fresh)).items():
            cards = stored_cards(row)
            around.found.clusters[cluster] = state_of(row, cards)
            around.found.cards.update(cards)
            around.lives[cluster] = life_of(row)

    async def _load_constraints(self, stories: Iterable[str], found: Neighbourhood) -> set[str]:
        """Add the decisions in force about `stories`; gives the stories that these want together with them."""
        ordered = sorted(stories)
        named = await self._redis.hmget(self._keys.key("decided"), [short_id(story) for story in ordered])
        fresh = {urn for packed in named if packed for urn in json.loads(packed)} - found.constraints.keys()
        for made in await self.decisions(sorted(fresh)):
            constraint = constraint_of(made)
            if constraint is not None:
                found.constraints[made.decision] = constraint
        return {
            story
            for constraint in found.constraints.values()
            if not constraint.stories.isdisjoint(ordered)
            for story in constraint.together
        }

    async def decisions(self, urns: Sequence[str]) -> list[DecisionMade]:
        """The decisions of these urns as they were made, in their order; one that is not kept is left out."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for urn in urns:
                pipe.hget(self._keys.key("decision", short_id(urn)), "made")
            return [DecisionMade.model_validate_json(made) for made in await pipe.execute() if made]

    async def rows(self, clusters: Sequence[str]) -> dict[str, Mapping[bytes, bytes]]:
        """The stored hashes of clusters; one that is not there is missing from the answer."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for cluster in clusters:
                pipe.hgetall(self.cluster_key(cluster))
            replies = await pipe.execute()
        return {cluster: row for cluster, row in zip(clusters, replies, strict=True) if row}

    def _pairs_key(self, story: str) -> str:
        return self._keys.key("pairs", short_id(story))

    def keep_pairs(self, effects: Effects, result: Rearrangement, sayer: str | None) -> None:
        """Keep decided pairs with both of their stories; those about a twin with the story that said them."""
        rows: dict[str, dict[str, Value]] = {}
        for pair in result.decided:
            for one, other in (pair.key, pair.key[::-1]):
                rows.setdefault(one, {})[short_id(other)] = pack(pair)
        for pair in result.following:
            if sayer in pair.key:
                other = next(name for name in pair.key if name != sayer)
                rows.setdefault(sayer or "", {})[short_id(other)] = pack(pair)
        for story, row in rows.items():
            effects.write_hash(self._pairs_key(story), row, lifetime_seconds=RECORD_SECONDS)

    def keep_clusters(self, effects: Effects, around: Around, result: Rearrangement, now_ms: int) -> None:
        """Keep the clusters of a rearrangement, and which cluster each story that moved is in.

        The commit is refused if a story that moves was moved by somebody else since it was read.
        """
        for change, _ in result.changes:
            if change.state == MERGED or not change.members:
                self.bury(effects, change.cluster, change.state, change.revision, change.merged_into)
            else:
                self._keep(effects, around, change, result.cards, now_ms)
            for story in sorted(change.added):
                self._move(effects, around, story, change.cluster)
        for story in sorted(around.found.gone):
            effects.op("HDEL", self.story_key(story), "cluster")

    def _keep(
        self, effects: Effects, around: Around, change: ClusterChange, cards: Mapping[str, Card], now_ms: int
    ) -> None:
        lives = [around.lives[name] for name in around.lives if self._gives(around, name, change)]
        kept = [life.kept_until_ms for life in lives if life.kept_until_ms]
        life = Life(OPEN, now_ms, min([*kept, now_ms + RECORD_MS]))
        known = around.found.cards
        told = [
            name
            for name in sorted(change.members)
            if name in change.added or cards[name] != known.get(name) or change.op == "reopened"
        ]
        key = self.cluster_key(change.cluster)
        row: dict[str, Value] = {"state": OPEN, "changed": life.changed_ms, "kept": life.kept_until_ms}
        effects.write_hash(key, row, lifetime_seconds=None)
        write_cards(effects, key, [cards[name] for name in told])
        for chunk in batched(sorted(change.removed), MAX_OP_ARGUMENTS):
            effects.op("HDEL", key, *map(member_field, chunk))
        self.look_again(effects, change.cluster, life)

    def _gives(self, around: Around, cluster: str, change: ClusterChange) -> bool:
        return not around.found.clusters[cluster].members.isdisjoint(change.members)

    def _move(self, effects: Effects, around: Around, story: str, cluster: str) -> None:
        key = self.story_key(story)
        if story in around.homes:
            home = around.homes[story]
            effects.checks.append(
                Check(key, "cluster", "equals", short_id(home)) if home else Check(key, "cluster", "absent")
            )
        life = RECORD_SECONDS if story in around.found.records else STATE_SECONDS
        effects.write_hash(key, {"cluster": short_id(cluster)}, lifetime_seconds=life)

    def look_again(self, effects: Effects, cluster: str, life: Life) -> None:
        """Note when the cluster's next step is due, or that there is none."""
        due = life.next_look(self.close_ms)
        if due is None:
            effects.op("ZREM", self.due_key(), short_id(cluster))
        else:
            effects.op("ZADD", self.due_key(), due, short_id(cluster))

    def bury(self, effects: Effects, cluster: str, state: str, revision: int, into: str | None) -> None:
        """Leave a tombstone: the id resolves for ever, to its successor where it has one."""
        key = self.cluster_key(cluster)
        row: dict[str, Value] = {"state": state, "revision": revision}
        if into:
            row["merged_into"] = into
        effects.op("DEL", key)
        effects.write_hash(key, row, lifetime_seconds=None)
        effects.op("ZREM", self.due_key(), short_id(cluster))


def member_field(story: str) -> bytes:
    """The field of a cluster's hash that holds a member's card."""
    return uuid.UUID(story).bytes


def write_cards(effects: Effects, key: str, cards: Iterable[Card]) -> None:
    """Keep the cards of members in the hash `key` of their cluster."""
    for chunk in batched(cards, MAX_OP_ARGUMENTS // 2):
        effects.op("HSET", key, *(part for card in chunk for part in (member_field(card.story), card.pack())))


def stored_cards(row: Mapping[bytes, bytes]) -> dict[str, Card]:
    """The members in a cluster's hash, by story."""
    named = {uuid.UUID(bytes=name).urn: packed for name, packed in row.items() if len(name) == MEMBER_BYTES}
    return {story: unpack(story, packed) for story, packed in named.items()}


def state_of(row: Mapping[bytes, bytes], cards: Mapping[str, Card]) -> ClusterState:
    """The state in a cluster's hash."""
    into = row.get(b"merged_into", b"").decode()
    return ClusterState(
        frozenset(cards), row.get(b"state", b"open").decode(), int(row.get(b"revision", 0)), into or None
    )


def life_of(row: Mapping[bytes, bytes]) -> Life:
    """The times in a cluster's hash."""
    return Life(row.get(b"state", b"open").decode(), int(row.get(b"changed", 0)), int(row.get(b"kept", 0)))
