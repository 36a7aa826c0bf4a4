"""Works on one claimed article: robots.txt, the page, and the step that ends or postpones the want."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog
import xxhash

from copytaster.fetcher.fetch_steps import dropped_step, fetched_step, postponed_step
from copytaster.fetcher.io.gate import Gate
from copytaster.fetcher.io.pages import AfterRobots, NotModified, Pages, Trouble
from copytaster.fetcher.io.settling import settle
from copytaster.fetcher.io.store import ArticleState, Store
from copytaster.fetcher.outcomes import (
    Failure,
    FetchStatus,
    drop_code,
    feed_may_stand_in,
    is_final_for_article,
)
from copytaster.fetcher.refetch import memory_of
from copytaster.fetcher.refetch_steps import add_series, end_series, resume_series
from copytaster.fetcher.schedule import article_retry
from copytaster.fetcher.wanted import FeedText, Page, Wanted
from copytaster.keys import Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.effects import Effects, Outbox
from copytaster.streams.patience import Patience, Stopped

NO_ROOM_SECONDS: Final = 60.0
"""A page for which Redis had no room is fetched again after this time; by then the services behind have made some."""


class Articles:
    """Fetches wanted articles of one desk."""

    def __init__(
        self,
        pages: Pages,
        store: Store,
        keys: Keys,
        patience: Patience,
        gate: Gate,
        *,
        spacing_seconds: float,
        retry_seconds: float,
        offsets: Sequence[float] = (),
    ) -> None:
        """`offsets`: when a published page is looked at again, in seconds after its item was first seen."""
        self._pages = pages
        self._store = store
        self._keys = keys
        self._patience = patience
        self._gate = gate
        self._outbox = Outbox(keys, "fetcher")
        self._offsets = offsets
        self._spacing_seconds = spacing_seconds
        self._retry_seconds = retry_seconds
        self.on_end: Callable[[str], None] = lambda _status: None
        """Called with the status of each fetch."""

    async def fetch(self, article_id: str, fields: dict[bytes, bytes], now_ms: int) -> None:
        """Fetch one claimed article to its end; logs the one closing line of the fetch."""
        started = time.monotonic()
        try:
            wanted = Wanted.from_hash(article_id, fields)
        except (KeyError, ValueError) as error:
            await self._discard_broken(article_id, error)
            return
        with structlog.contextvars.bound_contextvars(correlation_id=wanted.correlation_id):
            try:
                found = await self._page(wanted)
                status, facts = await self._settle(wanted, found, now_ms, started)
            except Stopped:
                return
            elapsed_ms = round((time.monotonic() - started) * 1000)
            self.on_end(f"page_{status.value}")
            get_logger().info(
                Log.ARTICLE_FETCHED,
                status=status.value,
                article=wanted.urn,
                article_url=wanted.url,
                elapsed_ms=elapsed_ms,
                **facts,
            )

    async def _discard_broken(self, article_id: str, error: Exception) -> None:
        """A want without its item can only come of a foreign hand in Redis; it is taken out and said so."""
        get_logger().error(
            Log.ARTICLE_FETCHED,
            status="broken",
            article=article_id,
            reason=f"{type(error).__name__}: {error}",
        )
        await self._patience.until_redis_answers(lambda: self._store.forget_item(article_id))

    async def _page(self, wanted: Wanted) -> Page | FeedText | Trouble | AfterRobots:
        if not wanted.url:
            return FeedText(wanted.item.feed_url or "", wanted.whole_text or b"")
        answer = await self._pages.ask(wanted.url)
        if isinstance(answer, NotModified):
            return Trouble(Failure.UNEXPECTED_STATUS, "HTTP 304 without a condition", 304)
        return answer

    async def _settle(
        self, wanted: Wanted, found: Page | FeedText | Trouble | AfterRobots, now_ms: int, started: float
    ) -> tuple[FetchStatus, dict[str, object]]:
        done_ms = now_ms + int((time.monotonic() - started) * 1000)
        if isinstance(found, AfterRobots):
            due_ms = done_ms + int(self._spacing_seconds * 1000)
            step = postponed_step(self._keys, wanted, tries=wanted.tries, due_ms=due_ms)
            return await self._end(wanted, lambda _: step, FetchStatus.POSTPONED, {"reason": "robots_read"})
        if isinstance(found, Trouble):
            return await self._settle_trouble(wanted, found, done_ms)
        return await self._publish(wanted, found, done_ms)

    async def _publish(
        self, wanted: Wanted, page: Page | FeedText, done_ms: int
    ) -> tuple[FetchStatus, dict[str, object]]:
        """Put the page into Redis, or put it off where there is no room for it."""
        async with self._gate.room_for(len(page.body)) as has_room:
            if has_room:
                return await self._put_in(wanted, page, done_ms)
        due_ms = done_ms + int(NO_ROOM_SECONDS * 1000)
        step = postponed_step(self._keys, wanted, tries=wanted.tries, due_ms=due_ms)
        return await self._end(wanted, lambda _: step, FetchStatus.POSTPONED, {"reason": "no_room"})

    async def _put_in(
        self, wanted: Wanted, page: Page | FeedText, done_ms: int
    ) -> tuple[FetchStatus, dict[str, object]]:
        facts: dict[str, object] = {"http_status": page.status, "byte_count": len(page.body)}
        if isinstance(page, FeedText):
            facts |= {"text_from": "feed", "reason": page.failure}
        return await self._end(
            wanted,
            lambda state: self._fetched(wanted, page, state, done_ms),
            FetchStatus.FETCHED,
            facts,
        )

    def _fetched(self, wanted: Wanted, page: Page | FeedText, state: ArticleState, now_ms: int) -> Effects:
        step = fetched_step(
            self._keys, self._outbox, wanted, page, sequence=state.sequence + 1, now_ms=now_ms
        )
        if isinstance(page, Page):
            memory = memory_of(wanted, page, xxhash.xxh3_64_hexdigest(page.body))
            add_series(step, self._keys, wanted, memory, self._offsets, now_ms)
        else:
            end_series(step, self._keys, wanted)
        return step

    def _dropped(self, wanted: Wanted, trouble: Trouble, state: ArticleState, now_ms: int) -> Effects:
        step = dropped_step(
            self._keys,
            self._outbox,
            wanted,
            trouble.failure,
            trouble.detail,
            http_status=trouble.http_status,
            drops=state.drops,
            now_ms=now_ms,
        )
        resume_series(step, self._keys, wanted, trouble.failure, self._offsets, now_ms)
        return step

    async def _settle_trouble(
        self, wanted: Wanted, trouble: Trouble, done_ms: int
    ) -> tuple[FetchStatus, dict[str, object]]:
        tries = wanted.tries + 1
        facts: dict[str, object] = {
            "reason": trouble.failure.value,
            "detail": trouble.detail,
            "http_status": trouble.http_status,
            "tries": tries,
        }
        wait = None
        if not is_final_for_article(trouble.failure):
            wait = article_retry(
                trouble.failure,
                tries=tries,
                retry_after_seconds=trouble.retry_after_seconds,
                chance=random.random(),  # noqa: S311 - jitter, no secret
                first_seconds=self._retry_seconds,
            )
        if wait is not None:
            step = postponed_step(self._keys, wanted, tries=tries, due_ms=done_ms + int(wait * 1000))
            facts["next_seconds"] = round(wait, 1)
            return await self._end(wanted, lambda _: step, FetchStatus.POSTPONED, facts)
        if feed_may_stand_in(trouble.failure) and (text := wanted.whole_text):
            stand_in = FeedText(wanted.url, text, trouble.http_status or 0, drop_code(trouble.failure))
            return await self._publish(wanted, stand_in, done_ms)
        return await self._end(
            wanted,
            lambda state: self._dropped(wanted, trouble, state, done_ms),
            FetchStatus.DROPPED,
            facts,
        )

    async def _end(
        self,
        wanted: Wanted,
        build: Callable[[ArticleState], Effects],
        status: FetchStatus,
        facts: dict[str, object],
    ) -> tuple[FetchStatus, dict[str, object]]:
        """Commit what `build` makes of the article's counters; STALE when the want was taken over meanwhile."""
        done = await settle(self._store, self._patience, wanted.article_id, wanted.fence, build)
        return (status, facts) if done else (FetchStatus.STALE, {})
