"""Collects what is known of an address or a urn: feed, article, story, cluster, links. Reads; says nothing."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from copytaster.cli.looking.naming import digits_of, named, successor
from copytaster.cli.looking.streams_view import backwards
from copytaster.deduplicator.cards import Card
from copytaster.deduplicator.io.clusters import stored_cards
from copytaster.deduplicator.io.index import Index
from copytaster.deduplicator.pairs import KeptPair, unpack
from copytaster.deduplicator.record import StoryRecord
from copytaster.errors import CopytasterError
from copytaster.fetcher.feedstate import FeedState
from copytaster.keys import Keys
from copytaster.text.urls import BadUrl, url_key
from copytaster_schemas import ItemDropped
from copytaster_schemas.identity import article_urn, feed_urn, short_id, story_urn, urn_of

KINDS = ("story", "version", "cluster", "article", "item", "feed")
"""The names of the keys that hold something under the digits of a urn."""

SHOWN_LINKS = 50
"""Links of one story that are looked up, the surest first."""


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed of the list."""

    state: FeedState
    last_status: str
    last_failure: str
    polled_ms: int | None
    due_ms: int | None


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """A feed item's article: where it stands between the feed and the story."""

    urn: str
    url: str
    feed: str | None
    first_seen_ms: int | None
    wanted_ms: int | None
    """When it is due to be fetched (again); None when it is not wanted."""
    tries: int
    fetched: int
    """How often it was fetched: the sequence of the last fetch."""
    extracted: int
    """The sequence of the last fetch that the extractor has done with."""
    drops: int
    story: str | None
    last_drop: ItemDropped | None = None


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A kept decision about a story and another, read from the story."""

    pair: KeptPair
    other: str
    card: StoryRecord | None


@dataclass(frozen=True, slots=True)
class FoundStory:
    """A story: its latest version, its record while it is kept, its links."""

    urn: str
    version: int
    first_created: str | None
    compared: int
    record: StoryRecord | None
    links: tuple[FoundLink, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundCluster:
    """A cluster as it is kept, and the ids that led to it."""

    urn: str
    chain: tuple[str, ...]
    state: str
    revision: int
    members: tuple[Card, ...]


@dataclass(slots=True)
class Found:
    """All that is known of what was asked."""

    asked: str
    feeds: list[FoundFeed] = field(default_factory=list)
    articles: list[FoundArticle] = field(default_factory=list)
    stories: list[FoundStory] = field(default_factory=list)
    clusters: list[FoundCluster] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return not (self.feeds or self.articles or self.stories or self.clusters)


async def find(redis: Redis, keys: Keys, asked: str) -> Found:
    """What is known of an address, a urn or the start of one; CopytasterError for anything else, or an ambiguous start."""
    finder = _Finder(redis, keys, Found(asked))
    digits = digits_of(asked)
    if digits is None:
        await finder.at_address(asked)
    else:
        urns = await named(redis, keys, asked, KINDS)
        if len(urns) > 1:
            raise CopytasterError(f"{asked} fits {len(urns)} names, give more of it: {', '.join(urns[:5])}")
        for urn in urns:
            await finder.named(urn)
    return finder.found


class _Finder:
    """Follows the references from feed to article to story to cluster."""

    def __init__(self, redis: Redis, keys: Keys, found: Found) -> None:
        self._redis = redis
        self._keys = keys
        self.found = found

    async def at_address(self, address: str) -> None:
        """Look under every name that an address gives."""
        try:
            key = url_key(address)
        except BadUrl as error:
            raise CopytasterError(f"{address}: neither a urn nor an address: {error}") from error
        await self._feed(feed_urn(key))
        await self._article(article_urn(key))
        await self._story(story_urn(key))

    async def named(self, urn: str) -> None:
        """Look under one urn, whatever it names."""
        await self._feed(urn)
        await self._article(urn)
        await self._story(urn)
        await self._cluster(urn)

    async def _hash(self, kind: str, urn: str) -> Mapping[str, bytes]:
        fields = await self._redis.hgetall(self._keys.key(kind, short_id(urn)))
        return {name.decode(): value for name, value in fields.items()}

    async def _feed(self, urn: str) -> None:
        fields = await self._redis.hgetall(self._keys.key("feed", short_id(urn)))
        if not fields:
            return
        due = await self._redis.zscore(self._keys.key("feeds", "due"), short_id(urn))
        state = FeedState.from_hash(short_id(urn), fields)
        self.found.feeds.append(
            FoundFeed(
                state=state,
                last_status=state.last_status or "",
                last_failure=state.last_failure or "",
                polled_ms=state.polled_ms,
                due_ms=None if due is None else int(due),
            )
        )

    async def _article(self, urn: str) -> None:
        item, counters = await self._hash("item", urn), await self._hash("article", urn)
        if not item and not counters:
            return
        due = await self._redis.zscore(self._keys.key("wanted"), short_id(urn))
        drops = int(counters.get("dropped", 0))
        story = counters.get("story")
        self.found.articles.append(
            FoundArticle(
                urn=urn,
                url=_text(item.get("url")),
                feed=urn_of(_text(item["feed"])) if item.get("feed") else None,
                first_seen_ms=_number(item.get("first_seen_ms")),
                wanted_ms=None if due is None else int(due),
                tries=int(item.get("tries", 0)),
                fetched=int(counters.get("sequence", 0)),
                extracted=int(counters.get("extracted", 0)),
                drops=drops,
                story=urn_of(_text(story)) if story else None,
                last_drop=await self._last_drop(urn) if drops else None,
            )
        )
        if story:
            await self._story(urn_of(_text(story)))

    async def _last_drop(self, article: str) -> ItemDropped | None:
        """The latest drop of an article that the stream still holds."""
        async for seen in backwards(self._redis, self._keys.stream("drops")):
            if seen.subject_is(article) and isinstance(seen.event, ItemDropped):
                return seen.event
        return None

    async def _story(self, urn: str) -> None:
        if any(story.urn == urn for story in self.found.stories):
            return
        version = await self._hash("version", urn)
        compared, cluster = await self._redis.hmget(
            self._keys.key("story", short_id(urn)), "compared", "cluster"
        )
        record = (await self._records([urn])).get(urn)
        if not (version or compared or cluster or record):
            return
        first = version.get("first_created")
        self.found.stories.append(
            FoundStory(
                urn=urn,
                version=int(version.get("revision", record.version if record else 0)),
                first_created=_text(first) if first else None,
                compared=int(compared or 0),
                record=record,
                links=tuple(await self._links(urn)),
            )
        )
        if cluster:
            await self._cluster(urn_of(cluster.decode()))

    async def _records(self, stories: list[str]) -> dict[str, StoryRecord]:
        try:
            return await Index(self._redis, self._keys).records(stories)
        except (ValueError, zlib.error) as error:
            raise CopytasterError(f"a stored record cannot be read by this version: {error}") from error

    async def _links(self, urn: str) -> list[FoundLink]:
        rows = await self._redis.hgetall(self._keys.key("pairs", short_id(urn)))
        pairs = [(urn_of(other.decode()), packed) for other, packed in rows.items()]
        kept = [(other, unpack(urn, other, packed)) for other, packed in pairs]
        linked = [one for one in kept if one[1].decision.relation not in ("unrelated", "abstain")]
        linked.sort(key=lambda one: (not one[1].decision.merges, -one[1].decision.confidence_micro, one[0]))
        records = await self._records([other for other, _ in linked[:SHOWN_LINKS]])
        return [FoundLink(pair, other, records.get(other)) for other, pair in linked[:SHOWN_LINKS]]

    async def _cluster(self, urn: str) -> None:
        if not await self._redis.exists(self._keys.key("cluster", short_id(urn))):
            return
        chain = await successor(self._redis, self._keys, urn)
        if any(cluster.urn == chain[-1] for cluster in self.found.clusters):
            return
        row: Mapping[bytes, Any] = await self._redis.hgetall(self._keys.key("cluster", short_id(chain[-1])))
        cards = sorted(stored_cards(row).values(), key=lambda card: (card.time_ms, card.story))
        self.found.clusters.append(
            FoundCluster(
                urn=chain[-1],
                chain=tuple(chain),
                state=row.get(b"state", b"open").decode(),
                revision=int(row.get(b"revision", 0)),
                members=tuple(cards),
            )
        )


def _text(value: bytes | None) -> str:
    return value.decode("utf-8", "replace") if value else ""


def _number(value: bytes | str | None) -> int | None:
    return int(value) if value else None
