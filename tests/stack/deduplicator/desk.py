"""A deduplicator without its process, for tests: feeds it stories and lets linker and clusterer work until all is quiet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from copytaster.deduplicator.io import clusterer, linker
from copytaster.deduplicator.io.clusters import Clusters
from copytaster.deduplicator.io.index import Index
from copytaster.deduplicator.io.sweeper import Sweeper
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.policy import load
from copytaster.keys import DAY_SECONDS, RECORD_SECONDS, WINDOW_DAYS, Keys
from copytaster.logs import Log
from copytaster.newsroom.model import Article
from copytaster.streams.commit import Outcome, commit
from copytaster.streams.effects import Cause, Effects, Guard, Outbox
from copytaster.streams.engine import Engine, Handler
from copytaster.streams.groups import ensure_group
from copytaster.streams.lease import Lease
from copytaster.streams.patience import Patience
from copytaster.text.credits import find_credits
from copytaster_schemas import ClusterChanged, Credit, Story, StoryCompared, parse_event
from copytaster_schemas.identity import short_id, story_urn
from copytaster_schemas.registry import STORY_PUBLISHED, STORY_REVISED, STORY_WITHDRAWN
from copytaster_schemas.story import AltId, Body, Headline, Provider

KEYS = Keys("test")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW_MS = WINDOW_DAYS * DAY_SECONDS * 1000


class Desk:
    """One linker and one clusterer on a server; `pump` works off what lies on their streams."""

    def __init__(self, redis: Redis, name: str = "one", matcher: Matcher | None = None) -> None:
        """`matcher` may be shared between desks, which saves reading the same texts again."""
        self.redis = redis
        self.cpu = ThreadPoolExecutor(max_workers=1)
        matcher, index = matcher or Matcher(load()), Index(redis, KEYS)
        self.lease = Lease(redis, KEYS, clusterer.GROUP, name)
        self.now_ms = int(NOON.timestamp() * 1000)
        clusters = Clusters(redis, KEYS, index, close_ms=WINDOW_MS)
        link = linker.Linker(redis, KEYS, index, matcher, self.cpu)
        cluster = clusterer.Clusterer(redis, KEYS, clusters, matcher, self.lease, self.cpu, self._now)
        self.linker = self._engine("stories", linker.GROUP, link, name, 8)
        self.clusterer = self._engine("links", clusterer.GROUP, cluster.compared, name, 1)
        self.decider = self._engine("decisions", clusterer.GROUP, cluster.decided, name, 1)
        self.sweeper = Sweeper(redis, KEYS, clusters, self.lease, matcher.policy.version, self._now)

    def _now(self) -> int:
        return self.now_ms

    async def let_pass(self, days: float) -> None:
        """Let time pass for the clusterer, and let it do what is due then."""
        self.now_ms += round(days * DAY_SECONDS * 1000)
        while await self.sweeper.sweep():
            pass

    def _engine(
        self,
        stream: str,
        group: str,
        handler: Handler,
        name: str,
        concurrency: int,
    ) -> Engine:
        return Engine(
            self.redis,
            KEYS,
            stream=stream,
            group=group,
            consumer=name,
            service="deduplicator",
            handler=handler,
            concurrency=concurrency,
            patience=Patience(),
            closing=Log.STORY_COMPARED,
        )

    async def pump(self) -> None:
        """Work until neither group gets anything new."""
        while (
            await self.step(self.linker) or await self.step(self.clusterer) or await self.step(self.decider)
        ):
            pass

    async def step(self, engine: Engine, *, count: int = 50) -> int:
        """Let an engine work off at most `count` new entries; how many there were."""
        await ensure_group(self.redis, engine.stream, engine.group)
        reply = await self.redis.xreadgroup(engine.group, engine.consumer, {engine.stream: ">"}, count=count)
        batch = [(entry_id.decode(), fields) for _, entries in reply or [] for entry_id, fields in entries]
        await engine.process(batch)
        return len(batch)

    async def publish(self, stories: Iterable[Story]) -> None:
        """Put stories on their stream as the extractor does."""
        for story in stories:
            kind = STORY_PUBLISHED if story.version == 1 else STORY_REVISED
            if story.pub_status == "canceled":
                kind = STORY_WITHDRAWN
            key = KEYS.key("version", short_id(story.uri))
            event = Outbox(KEYS, "extractor").event(
                kind, story.uri, story.version, story, time=NOON, cause=Cause(story.uri), guard=Guard(key)
            )
            effects = Effects(events=[event])
            effects.op("EXPIRE", key, RECORD_SECONDS)
            assert await commit(self.redis, effects) is Outcome.COMMITTED

    async def changes(self) -> list[ClusterChanged]:
        """All cluster events so far."""
        entries = await self.redis.xrange(KEYS.stream("clusters"))
        events = [parse_event(fields)[1] for _, fields in entries]
        return [event for event in events if isinstance(event, ClusterChanged)]

    async def comparisons(self) -> list[StoryCompared]:
        """All comparisons so far."""
        entries = await self.redis.xrange(KEYS.stream("links"))
        events = [parse_event(fields)[1] for _, fields in entries]
        return [event for event in events if isinstance(event, StoryCompared)]

    async def clusters(self) -> dict[str, frozenset[str]]:
        """Members of every living cluster, as the last event of each tells."""
        latest = {change.cluster: change for change in await self.changes()}
        living = {name: change for name, change in latest.items() if change.state != "merged"}
        return {
            name: frozenset(member.story for member in change.members)
            for name, change in living.items()
            if change.members
        }


def make_story(
    path: str,
    text: str,
    *,
    title: str = "",
    outlet: str = "nordpost.example",
    minutes: int = 0,
    version: int = 1,
) -> Story:
    """A German story of our own writing at an outlet, published `minutes` after noon."""
    moment = NOON + timedelta(minutes=minutes)
    credits = [
        Credit.model_validate({name: getattr(found, name) for name in Credit.model_fields})
        for found in find_credits(text)
    ]
    return Story(
        uri=story_urn(f"{outlet}/{path}"),
        version=version,
        headlines=[Headline(value=title)] if title else [],
        bodies=[Body(char_count=len(text), word_count=len(text.split()), value=text)],
        language="de",
        version_created=moment,
        first_created=moment,
        content_created=moment,
        content_created_basis="jsonld",
        content_created_precision="second",
        alt_ids=[AltId(role="url", value=f"https://{outlet}/{path}")],
        credits=credits,
        provider=Provider(outlet=outlet),
        text_hash=f"1:{version}",
    )


def story_of(article: Article) -> Story:
    """The story that a perfect extractor would make of a newsroom article."""
    plain = make_story(
        article.path,
        article.text,
        title=article.headline,
        outlet=article.outlet,
        minutes=-article.published_minutes_before,
    )
    return plain.model_copy(update={"language": article.language, "lead": article.lead})


def partition_digest(clusters: Mapping[str, frozenset[str]]) -> frozenset[frozenset[str]]:
    """The member sets alone, for comparing two runs whose ids differ."""
    return frozenset(clusters.values())
