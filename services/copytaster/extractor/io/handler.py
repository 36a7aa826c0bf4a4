"""The extractor's handler: takes a fetched article's bytes from Redis, has them extracted, gives back the effects."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Protocol

from redis.asyncio import Redis

from copytaster.errors import Discard, Quarantine
from copytaster.extractor.counted import count_fate
from copytaster.extractor.delta import Outline
from copytaster.extractor.extracted import Extracted
from copytaster.extractor.furniture import (
    MAX_TABLE_SENTENCES,
    Learned,
    Memory,
    learn_story,
    sentence_keys,
    slice_of,
    table_name,
)
from copytaster.extractor.outcome import (
    Desk,
    Stored,
    left_alone,
    left_out,
    objection,
    superseded,
    told,
    withdrawn,
)
from copytaster.extractor.standin import (
    CONTENT_TYPE,
    FEED,
    address_of,
    as_page,
    completed,
    feed_text,
    from_feed,
    stands_in_for,
)
from copytaster.extractor.versions import StoryState
from copytaster.keys import Keys
from copytaster.streams.effects import Effects, Outbox
from copytaster.streams.entries import Entry
from copytaster_schemas import ArticleFetched, FeedItem
from copytaster_schemas.identity import short_id

GROUP: Final = "extractor"

GONE: Final = (404, 410)
"""What a later look at a page has to answer before its story is withdrawn; the fetcher saw it twice."""

_STORY_FIELDS: Final = ("text_hash", "revision", "first_created", "withdrawn", "scope")


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
        if article.refetch and article.status in GONE:
            stored = await self._with_story(stored, stored.story_id)
            return withdrawn(self._desk, article, stored, cause=entry.cause, now=now)
        try:
            found = await self._extracted(article)
        except Discard as reason:
            if article.refetch:
                return left_alone(self._desk, article, reason.code)
            return left_out(self._desk, article, reason, stored, cause=entry.cause, now=now)
        stored = await self._with_story(stored, short_id(found.uri))
        if (against := objection(article, found, stored)) is not None:
            return left_alone(self._desk, article, against)
        learned = await self._furniture(found, now)
        return told(self._desk, article, found, stored, cause=entry.cause, now=now, learned=learned)

    async def _furniture(self, found: Extracted, now: datetime) -> Learned:
        """The furniture of a story, by the tables of its outlet."""
        keyed = sentence_keys(found.text)
        if not keyed:
            return Learned()
        sentences = list(dict.fromkeys(key for _, _, key in keyed))
        tables = [
            self._keys.key("furniture", table_name(found.site), str(slice_of(now) - age)) for age in (0, 1)
        ]
        async with self._redis.pipeline(transaction=False) as pipe:
            for table in tables:
                pipe.hmget(table, sentences)
            pipe.hlen(tables[0])
            *rows, held = await pipe.execute()
        this_week, last_week = (
            {key: row for key, row in zip(sentences, values, strict=True) if row is not None}
            for values in rows
        )
        memory = Memory(this_week, last_week, full=held >= MAX_TABLE_SENTENCES)
        return learn_story(found.text, found.title, keyed, memory)

    async def _extracted(self, article: ArticleFetched) -> Extracted:
        """The story of the article: from its page, from the feed's text where that is all there is, or from both."""
        if article.text_from == FEED:
            text = (await self._bytes(article)).decode("utf-8", "replace")
            return await self._from_feed(article, text, url=article.final_url)
        text_or_none = None if article.refetch else feed_text(article.item)
        try:
            found = await self._from_page(article)
        except Discard as reason:
            if text_or_none is None or not stands_in_for(reason.code):
                raise
            try:
                return await self._from_feed(article, text_or_none, url=address_of(article))
            except Discard:
                raise reason from None
        if found.body_scope != "teaser" or text_or_none is None:
            return found
        try:
            return completed(found, await self._from_feed(article, text_or_none, url=article.final_url))
        except Discard:
            return found

    async def _from_feed(self, article: ArticleFetched, text: str, *, url: str) -> Extracted:
        item = article.item
        page = as_page(text, item)
        found = await self._extract(page, url=url, content_type=CONTENT_TYPE, feed_item=item)
        return from_feed(found, article)

    async def _from_page(self, article: ArticleFetched) -> Extracted:
        return await self._extract(
            await self._bytes(article),
            url=article.final_url,
            content_type=article.content_type,
            feed_item=article.item,
        )

    async def _bytes(self, article: ArticleFetched) -> bytes:
        body: bytes | None = await self._redis.get(self._keys.key(article.dataref))
        if body is None:
            raise Quarantine(
                "page_lost", f"nothing lies at {article.dataref}, although its entry is not done"
            )
        return body

    async def _stored_article(self, article: ArticleFetched) -> Stored:
        key = self._keys.key("article", short_id(article.article))
        extracted, dropped, story = await self._redis.hmget(key, "extracted", "dropped", "story")
        return Stored(int(extracted or 0), int(dropped or 0), story.decode() if story else None)

    async def _with_story(self, stored: Stored, story_id: str | None) -> Stored:
        """`stored` with what is kept of a story."""
        if story_id is None:
            return stored
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(self._keys.key("version", story_id), *_STORY_FIELDS)
            pipe.get(self._keys.key("outline", story_id))
            (text_hash, revision, first, gone, scope), kept = await pipe.execute()
        if not text_hash or not revision:
            return stored
        state = StoryState(text_hash.decode(), int(revision), gone == b"1", (scope or b"").decode())
        return replace(
            stored,
            story=state,
            first_created=first.decode() if first else None,
            outline=Outline.from_bytes(kept),
        )
