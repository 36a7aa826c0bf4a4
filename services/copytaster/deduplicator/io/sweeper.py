"""The clusterer's timer: closes clusters without news, and lets go of what is kept of closed ones, a bounded number at a time.

Each step of a cluster is one commit behind the lease; one that lost a race against a late copy is looked at again by the next sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from redis.asyncio import Redis

from copytaster.deduplicator.cards import Card
from copytaster.deduplicator.clusters import CLOSED, ClusterState, closed
from copytaster.deduplicator.io.clusterer import wall_clock_ms
from copytaster.deduplicator.io.clusters import Clusters, life_of, state_of, stored_cards, write_cards
from copytaster.deduplicator.lifetime import GRACE_MS, RECORD_MS, Life, Step
from copytaster.deduplicator.rearrange import family_links
from copytaster.deduplicator.telling import event_of, families
from copytaster.keys import RECORD_SECONDS, STATE_SECONDS, Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.commit import Outcome, commit
from copytaster.streams.effects import Cause, Check, Effects, Guard, Outbox, Value, batched
from copytaster.streams.lease import Lease
from copytaster.streams.patience import Patience
from copytaster_schemas import Reason
from copytaster_schemas.identity import short_id, urn_of
from copytaster_schemas.registry import CLUSTER_CHANGED

SWEEP_SECONDS: Final = 60.0
"""Pause between two sweeps: against a window of days a minute is nothing."""

MOST_AT_ONCE: Final = 200
"""Clusters that one sweep looks at, so that it holds up nothing: 200 a minute are 288,000 a day."""

MEMBERS_A_COMMIT: Final = 200
"""Stories touched in one commit, which the server runs without a break."""


class Sweeper:
    """Brings the clusters of one desk through their lives (see `lifetime`)."""

    def __init__(
        self,
        redis: Redis,
        keys: Keys,
        clusters: Clusters,
        lease: Lease,
        policy: str,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        """`policy` is the version that the events name."""
        self._redis = redis
        self._clusters = clusters
        self._lease = lease
        self._policy = policy
        self._now_ms = now_ms
        self._outbox = Outbox(keys, "deduplicator")
        self._keys = keys

    async def forever(self, patience: Patience) -> None:
        """Sweep again and again until the process stops; does nothing while another process is the clusterer."""
        while not await patience.sleep(SWEEP_SECONDS):
            if await patience.until_redis_answers(self._lease.held):
                await patience.until_redis_answers(self.sweep)

    async def sweep(self) -> int:
        """Do what is due for at most `MOST_AT_ONCE` clusters; how many were done."""
        now_ms = self._now_ms()
        due = await self._redis.zrangebyscore(self._clusters.due_key(), 0, now_ms, start=0, num=MOST_AT_ONCE)
        names = [urn_of(short.decode()) for short in due]
        rows = await self._clusters.rows(names)
        done = 0
        for name in names:
            if name not in rows:
                await self._redis.zrem(self._clusters.due_key(), short_id(name))
                continue
            row = rows[name]
            cards, life = stored_cards(row), life_of(row)
            step = life.step(now_ms, self._clusters.close_ms)
            done += await self._do(step, name, state_of(row, cards).revision, cards, life, now_ms)
        if done:
            get_logger().info(Log.CLUSTERS_SWEPT, status="swept", clusters=done)
        return done

    async def _do(
        self, step: Step, name: str, revision: int, cards: dict[str, Card], life: Life, now_ms: int
    ) -> bool:
        match step:
            case Step.CLOSE:
                return await self._close(name, revision, cards, life, now_ms)
            case Step.RENEW:
                return await self._renew(name, revision, cards, life, now_ms)
            case Step.FORGET_TEXTS:
                return await self._forget_texts(name, revision, cards, life)
            case Step.BURY:
                effects = self._unchanged(name, revision)
                self._clusters.bury(effects, name, CLOSED, revision, None)
                return await self._commit(effects)
        return False

    async def _close(self, name: str, revision: int, cards: dict[str, Card], life: Life, now_ms: int) -> bool:
        """Tell that the cluster is closed; keep slim cards, and the texts for the days of grace."""
        change = closed(name, ClusterState(frozenset(cards), life.state, revision))
        around = (await self._clusters.around([min(cards)])).found
        links = family_links(around)
        data = event_of(change, Reason(code="closed"), cards, around.records, links, self._policy)
        moment = datetime.fromtimestamp(now_ms / 1000, UTC)
        event = self._outbox.event(
            CLUSTER_CHANGED,
            name,
            change.revision,
            data,
            time=moment,
            cause=Cause(name),
            guard=Guard(self._clusters.cluster_key(name)),
        )
        effects = Effects(checks=[self._lease.check], events=[event])
        after = Life(CLOSED, now_ms, now_ms + GRACE_MS)
        self._keep_life(effects, name, after)
        kin = families([card.to_record() for card in cards.values()], links)
        slim = [card.slim(kin[story]) for story, card in cards.items()]
        write_cards(effects, self._clusters.cluster_key(name), slim)
        return await self._commit(effects)

    async def _renew(self, name: str, revision: int, cards: dict[str, Card], life: Life, now_ms: int) -> bool:
        """Keep the records of an open cluster for another window."""
        for chunk in batched(sorted(cards), MEMBERS_A_COMMIT):
            effects = self._unchanged(name, revision)
            for story in chunk:
                effects.op("EXPIRE", self._clusters.story_key(story), RECORD_SECONDS)
                effects.op("EXPIRE", self._keys.key("pairs", short_id(story)), RECORD_SECONDS)
            if not await self._commit(effects):
                return False
        effects = self._unchanged(name, revision)
        self._keep_life(effects, name, Life(life.state, life.changed_ms, now_ms + RECORD_MS))
        return await self._commit(effects)

    async def _forget_texts(self, name: str, revision: int, cards: dict[str, Card], life: Life) -> bool:
        """Shrink the stories of a closed cluster to tombstones: version, counter and cluster."""
        for chunk in batched(sorted(cards), MEMBERS_A_COMMIT):
            effects = self._unchanged(name, revision)
            for story, kept in zip(chunk, await self._stories(chunk), strict=True):
                self._shrink(effects, story, name, kept)
            if not await self._commit(effects):
                return False
        effects = self._unchanged(name, revision)
        self._keep_life(effects, name, Life(CLOSED, life.changed_ms, 0))
        return await self._commit(effects)

    async def _stories(self, stories: Sequence[str]) -> list[list[bytes | None]]:
        async with self._redis.pipeline(transaction=False) as pipe:
            for story in stories:
                pipe.hmget(self._clusters.story_key(story), "version", "compared", "cluster")
            return list(await pipe.execute())

    def _shrink(self, effects: Effects, story: str, cluster: str, kept: Iterable[bytes | None]) -> None:
        version, compared, home = kept
        if home is None or home.decode() != short_id(cluster) or version is None:
            return
        key = self._clusters.story_key(story)
        effects.checks.append(Check(key, "version", "equals", version))
        effects.checks.append(
            Check(key, "compared", "equals", compared) if compared else Check(key, "compared", "absent")
        )
        row: dict[str, Value] = {"version": version, "cluster": home}
        if compared:
            row["compared"] = compared
        effects.op("DEL", key)
        effects.write_hash(key, row, lifetime_seconds=STATE_SECONDS)
        effects.op("DEL", self._keys.key("pairs", short_id(story)))

    def _keep_life(self, effects: Effects, name: str, life: Life) -> None:
        key = self._clusters.cluster_key(name)
        row: dict[str, Value] = {
            "state": life.state,
            "changed": life.changed_ms,
            "kept": life.kept_until_ms,
        }
        effects.write_hash(key, row, lifetime_seconds=None)
        self._clusters.look_again(effects, name, life)

    def _unchanged(self, name: str, revision: int) -> Effects:
        """Effects that are refused if the cluster changed since it was read."""
        key = self._clusters.cluster_key(name)
        return Effects(checks=[self._lease.check, Check(key, "revision", "equals", revision)])

    async def _commit(self, effects: Effects) -> bool:
        return await commit(self._redis, effects) is Outcome.COMMITTED
