"""The extractor's handler: takes a fetched article's bytes from Redis, has them extracted, gives back the effects."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Final, Protocol

from redis.asyncio import Redis

from copytaster.errors import Discard, Quarantine
from copytaster.extractor.counted import count_fate
from copytaster.extractor.extracted import Extracted
from copytaster.extractor.outcome import Desk, Stored, left_out, superseded, told
from copytaster.extractor.versions import StoryState
from copytaster.keys import Keys
from copytaster.streams.effects import Effects, Outbox
from copytaster.streams.entries import Entry
from copytaster_schemas import ArticleFetched, FeedItem
from copytaster_schemas.identity import short_id

GROUP: Final = "extractor"


class Extract(Protocol):
    """Extracts one page somewhere; raises Discard for what is left out."""

    def __call__(
        self, body: bytes, *, url: str, content_type: str | None, feed_item: FeedItem | None
    ) -> Awaitable[Extracted]:
        """The story on the page."""


class Extractor:
    """Turns each `article.fetched` into a story event, a drop, or nothing new."""

    def __init__(self, redis: Redis, keys: Keys, extract: Extract) -> None:
        self._redis = redis
        self._keys = keys
        self._extract = extract
        self._desk = Desk(keys, Outbox(keys, "extractor"))

    async def __call__(self, entry: Entry) -> Effects:
        """The effects of one fetched article, its line in the ledger included."""
        article = entry.data
        if not isinstance(article, ArticleFetched):
            raise Quarantine("unexpected_type", f"{entry.envelope.type} does not belong on this stream")
        effects = await self._effects(entry, article)
        count_fate(effects, self._desk.keys, article, now=datetime.now(UTC))
        return effects

    async def _effects(self, entry: Entry, article: ArticleFetched) -> Effects:
        stored = await self._stored_article(article)
        if stored.extracted_sequence >= article.sequence:
            return superseded(self._desk, article)
        now = datetime.now(UTC)
        try:
            found = await self._extracted(article)
        except Discard as reason:
            return left_out(self._desk, article, reason, stored, cause=entry.cause, now=now)
        stored = await self._with_story(stored, found.uri)
        return told(self._desk, article, found, stored, cause=entry.cause, now=now)

    async def _extracted(self, article: ArticleFetched) -> Extracted:
        body = await self._redis.get(self._keys.key(article.dataref))
        if body is None:
            raise Quarantine(
                "page_lost", f"nothing lies at {article.dataref}, although its entry is not done"
            )
        return await self._extract(
            body, url=article.final_url, content_type=article.content_type, feed_item=article.item
        )

    async def _stored_article(self, article: ArticleFetched) -> Stored:
        key = self._keys.key("article", short_id(article.article))
        extracted, dropped = await self._redis.hmget(key, "extracted", "dropped")
        return Stored(int(extracted or 0), int(dropped or 0))

    async def _with_story(self, stored: Stored, uri: str) -> Stored:
        key = self._keys.key("version", short_id(uri))
        text_hash, revision, first = await self._redis.hmget(key, "text_hash", "revision", "first_created")
        state = StoryState(text_hash.decode(), int(revision)) if text_hash and revision else None
        return Stored(stored.extracted_sequence, stored.dropped, state, first.decode() if first else None)
