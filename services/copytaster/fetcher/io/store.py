"""The fetcher's state in Redis: claims, reads of what decisions need, and commits. Decides nothing itself.

All keys come from `keys`; every method may raise redis' errors and is safe to repeat.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis

from copytaster.fetcher.breaker import FIELDS as BREAKER_FIELDS
from copytaster.fetcher.breaker import Breaker
from copytaster.fetcher.census import census_key
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.items import KnownArticle
from copytaster.fetcher.memory import Memory
from copytaster.fetcher.pastpolls import PollOutcome, outcomes_key
from copytaster.fetcher.robots import RobotsAnswer
from copytaster.fetcher.scopes import limit_scope
from copytaster.keys import HOST_SECONDS, Keys
from copytaster.streams.commit import Outcome, commit
from copytaster.streams.effects import MAX_OP_ARGUMENTS, Effects, batched

CLAIM: Final = files("copytaster.fetcher.io").joinpath("claim.lua").read_text(encoding="utf-8")

RENEW: Final = files("copytaster.fetcher.io").joinpath("renew.lua").read_text(encoding="utf-8")

LEASE_MS: Final = 30_000
"""What a killed fetcher held comes back after this time. A running one renews its leases three times as often, so that
a poll may take longer."""

MOST_IN_HAND: Final = 2
"""Requests of a lane that one host has open at a time, over all fetchers (research/fetching.md, 1 and 6; as Media Cloud)."""

KNOWN_AT_ONCE: Final = 100
"""Articles asked for in one go: 5 ms of packing and unpacking."""

SCAN_PER_CLAIM: Final = 8
"""Members looked at per member that may be claimed: those whose host is busy are given a slot meanwhile."""


_KNOWN_FIELDS: Final = ("feed", "revision", "first_seen_ms", "revisions", "fence", "hour")


@dataclass(frozen=True, slots=True)
class Claims:
    """Members taken from a queue: (id, fields of its hash); the server's time and when the next member is due."""

    now_ms: int
    next_ms: int | None
    members: tuple[tuple[str, dict[bytes, bytes]], ...]
    until_ms: int = 0
    """When the leases of the members end, unless they are renewed."""


@dataclass(frozen=True, slots=True)
class Held:
    """A member that a fetcher works on: the number of its claim, and when its lease ends (server's ms)."""

    member: str
    fence: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class HostHold:
    """Until when (ms) a host is left alone: since its breaker is open (`broken`), or since it asked for that."""

    until_ms: int
    broken: bool


@dataclass(frozen=True, slots=True)
class ArticleState:
    """What an article's step has to know: the counters of its events, and the latest claim of its want."""

    sequence: int
    drops: int
    fence: int
    done_fence: int | None
    """The claim that ended the latest want; None while none did."""
    extracted: int = 0
    """The latest fetch that the extractor has worked on."""
    story: str | None = None
    """Short id of the story that the article became."""


class Store:
    """The fetcher's state of one desk."""

    def __init__(self, redis: Redis, keys: Keys, *, lease_ms: int = LEASE_MS) -> None:
        self._redis = redis
        self._keys = keys
        self._lease_ms = lease_ms
        self._claim = redis.register_script(CLAIM)
        self._renew = redis.register_script(RENEW)

    @property
    def lease_seconds(self) -> float:
        """How long a claim holds without being renewed."""
        return self._lease_ms / 1000

    async def claim_feeds(self, limit: int, *, spacing_ms: int) -> Claims:
        """Up to `limit` due feeds, taken for the time of the lease."""
        return await self._take(self._keys.key("feeds", "due"), "feed", "feeds", limit, spacing_ms)

    async def claim_items(self, limit: int, *, spacing_ms: int) -> Claims:
        """Up to `limit` due items, taken for the time of the lease, their hosts free for a request each."""
        return await self._take(self._keys.key("wanted"), "item", "pages", limit, spacing_ms)

    async def claim_looks(self, limit: int, *, spacing_ms: int) -> Claims:
        """Up to `limit` pages that are due for a later look; they stand in the hosts' lines like wanted ones."""
        return await self._take(self._keys.key("refetch"), "item", "pages", limit, spacing_ms)

    async def _take(self, queue: str, kind: str, lane: str, limit: int, spacing_ms: int) -> Claims:
        reply: list[Any] = await self._claim(
            keys=[queue],
            args=[
                self._keys.key(kind, ""),
                self._keys.key("host", ""),
                lane,
                self._lease_ms,
                limit,
                limit * SCAN_PER_CLAIM,
                spacing_ms,
                HOST_SECONDS * 1000,
                self._keys.key("busy", ""),
                MOST_IN_HAND,
            ],
        )
        members = tuple((raw_id.decode(), _pairs(flat)) for raw_id, flat in reply[2:])
        now_ms, next_ms = int(reply[0]), int(reply[1])
        return Claims(now_ms, next_ms if next_ms >= 0 else None, members, now_ms + self._lease_ms)

    async def renew_feeds(self, held: Sequence[Held]) -> list[Held]:
        """Those of the held feeds whose lease could be renewed, with its new end; the others are lost or done."""
        return await self._renewed(self._keys.key("feeds", "due"), "feed", held)

    async def renew_items(self, held: Sequence[Held]) -> list[Held]:
        """As `renew_feeds`, for items."""
        return await self._renewed(self._keys.key("wanted"), "item", held)

    async def renew_looks(self, held: Sequence[Held]) -> list[Held]:
        """As `renew_feeds`, for later looks."""
        return await self._renewed(self._keys.key("refetch"), "item", held)

    async def _renewed(self, queue: str, kind: str, held: Sequence[Held]) -> list[Held]:
        rows = [part for one in held for part in (one.member, one.fence, one.until_ms)]
        ends: list[int] = await self._renew(
            keys=[queue], args=[self._keys.key(kind, ""), self._lease_ms, *rows]
        )
        return [replace(one, until_ms=end) for one, end in zip(held, ends, strict=True) if end]

    async def feed(self, feed_id: str) -> FeedState | None:
        """The stored state of a feed, None when nothing is stored; a removed one has its counters left."""
        fields = await self._redis.hgetall(self._keys.key("feed", feed_id))
        return FeedState.from_hash(feed_id, fields) if fields else None

    async def feeds(self, feed_ids: Sequence[str]) -> dict[str, FeedState]:
        """The stored states of those of the feeds of which anything is stored."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for feed_id in feed_ids:
                pipe.hgetall(self._keys.key("feed", feed_id))
            replies = await pipe.execute()
        pairs = zip(feed_ids, replies, strict=True)
        return {feed_id: FeedState.from_hash(feed_id, fields) for feed_id, fields in pairs if fields}

    async def brought(self) -> set[str]:
        """The ids of the feeds that the feeds file names, or has brought and not given up."""
        return {raw.decode() for raw in await self._redis.smembers(self._keys.key("feeds", "file"))}

    async def note_named(self, named: Sequence[str], released: Sequence[str]) -> None:
        """Keep that the feeds file names `named`, and that it has no more say in `released`."""
        key = self._keys.key("feeds", "file")
        async with self._redis.pipeline(transaction=True) as pipe:
            for chunk in batched(named, MAX_OP_ARGUMENTS):
                pipe.sadd(key, *chunk)
            for chunk in batched(released, MAX_OP_ARGUMENTS):
                pipe.srem(key, *chunk)
            await pipe.execute()

    async def listed(self) -> set[str]:
        """The ids of all feeds of the list, polled or paused."""
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.zrange(self._keys.key("feeds", "due"), 0, -1)
            pipe.smembers(self._keys.key("feeds", "paused"))
            pipe.smembers(self._keys.key("feeds", "file"))
            due, paused, brought = await pipe.execute()
        return {raw.decode() for raw in (*due, *paused, *brought)}

    async def outcomes(self, feed_id: str) -> list[PollOutcome]:
        """The last polls of a feed, newest first."""
        kept = await self._redis.lrange(outcomes_key(self._keys, feed_id), 0, -1)
        return [PollOutcome.unpack(raw) for raw in kept]

    async def memory(self, feed_id: str) -> Memory:
        """What the feed remembers of its items."""
        return Memory.from_hash(await self._redis.hgetall(self._keys.key("seen", feed_id)))

    async def known(self, article_ids: Iterable[str]) -> dict[str, KnownArticle]:
        """What is stored of the articles, by id; an entry for each."""
        found: dict[str, KnownArticle] = {}
        for ids in batched(dict.fromkeys(article_ids), KNOWN_AT_ONCE):
            async with self._redis.pipeline(transaction=False) as pipe:
                for article_id in ids:
                    pipe.hmget(self._keys.key("item", article_id), *_KNOWN_FIELDS)
                    pipe.hget(self._keys.key("article", article_id), "dropped")
                replies = await pipe.execute()
            for place, article_id in enumerate(ids):
                found[article_id] = _known(replies[2 * place], replies[2 * place + 1])
            await asyncio.sleep(0)  # a document of thousands must not hold the loop
        return found

    async def article(self, article_id: str) -> ArticleState:
        """The counters of an article."""
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(self._keys.key("article", article_id), "sequence", "dropped", "extracted", "story")
            pipe.hmget(self._keys.key("item", article_id), "fence", "done")
            (sequence, drops, extracted, story), (fence, done) = await pipe.execute()
        return ArticleState(
            int(sequence or 0),
            int(drops or 0),
            int(fence or 0),
            None if done is None else int(done),
            int(extracted or 0),
            story.decode() if story else None,
        )

    async def forget_item(self, article_id: str) -> None:
        """Take a member out of the queue of wanted articles."""
        await self._redis.zrem(self._keys.key("wanted"), article_id)

    async def forget_look(self, article_id: str) -> None:
        """Take a member out of the queue of later looks."""
        await self._redis.zrem(self._keys.key("refetch"), article_id)

    async def commit(self, step: Effects) -> Outcome:
        """What became of one atomic step."""
        return await commit(self._redis, step)

    async def robots(self, origin: str) -> RobotsAnswer | None:
        """The stored answer for an origin (scheme, host, port), None when there is none or it has run out."""
        raw = await self._redis.get(self._keys.key("robots", origin))
        if raw is None:
            return None
        stored = json.loads(raw)
        return RobotsAnswer(reachable=bool(stored["reachable"]), text=str(stored["text"]))

    async def keep_robots(self, origin: str, host: str, answer: RobotsAnswer, *, delay_ms: int) -> None:
        """Store the answer for its life, and the crawl delay in the gate of `host`."""
        host_key = self._keys.key("host", host)
        async with self._redis.pipeline(transaction=True) as pipe:
            value = json.dumps({"reachable": answer.reachable, "text": answer.text})
            pipe.set(self._keys.key("robots", origin), value, ex=answer.lifetime_seconds)
            pipe.hset(host_key, "delay_ms", str(delay_ms))
            pipe.expire(host_key, HOST_SECONDS)
            await pipe.execute()

    async def hold_host(self, host: str, *, until_ms: int) -> None:
        """Let nobody ask `host` before `until_ms` (Retry-After of a 429), nor its whole platform if it is on one."""
        name, whole_platform = limit_scope(host)
        key = self._keys.key("host", name)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(key, "all_not_before" if whole_platform else "not_before", str(until_ms))
            pipe.expire(key, HOST_SECONDS)
            await pipe.execute()

    async def hold(self, host: str) -> HostHold | None:
        """Until when and why `host` is left alone; None when nothing is stored of that."""
        platform, _ = limit_scope(host)
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(self._keys.key("host", host), "not_before", "open_until")
            pipe.hget(self._keys.key("host", platform), "all_not_before")
            (asked, broken), platform_asked = await pipe.execute()
        until_ms = max(int(value or 0) for value in (asked, broken, platform_asked))
        return HostHold(until_ms, broken=until_ms == int(broken or 0)) if until_ms else None

    async def breaker(self, host: str) -> Breaker:
        """What is stored of the breaker of `host`."""
        values = await self._redis.hmget(self._keys.key("host", host), BREAKER_FIELDS)
        return Breaker.from_hash(dict(zip(BREAKER_FIELDS, values, strict=True)))

    async def census(self) -> dict[str, int]:
        """The number of polled feeds in each class of rate and bounds."""
        stored = await self._redis.hgetall(census_key(self._keys))
        return {name.decode(): int(count) for name, count in stored.items()}


def _pairs(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _known(stored: Sequence[bytes | None], dropped: bytes | None) -> KnownArticle:
    feed, revision, first_seen, revisions, fence, hour = stored
    return KnownArticle(
        feed_id=feed.decode() if feed else None,
        revision=revision.decode() if revision else None,
        first_seen_ms=int(first_seen) if first_seen else None,
        revisions=int(revisions or 0),
        drops=int(dropped or 0),
        fence=int(fence) if fence else None,
        hour=hour.decode() if hour else None,
    )
