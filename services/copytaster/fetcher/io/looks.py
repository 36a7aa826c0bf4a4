"""Works on one claimed later look at a published page: asks for it conditionally, and commits what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import structlog
import xxhash

from copytaster.fetcher.io.pages import AfterRobots, Answer, NotModified, Pages, Trouble
from copytaster.fetcher.io.settling import settle
from copytaster.fetcher.io.store import ArticleState, Store
from copytaster.fetcher.outcomes import Failure, LookStatus
from copytaster.fetcher.refetch import Look, refreshed
from copytaster.fetcher.refetch_steps import (
    changed_step,
    ended_step,
    missing_step,
    put_off_step,
    unchanged_step,
)
from copytaster.keys import Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.effects import Effects, Outbox
from copytaster.streams.patience import Patience, Stopped

_MISSING = {Failure.NOT_FOUND: 404, Failure.GONE: 410}


class Looks:
    """Looks again at the published pages of one desk."""

    def __init__(
        self,
        pages: Pages,
        store: Store,
        keys: Keys,
        patience: Patience,
        *,
        offsets: Sequence[float],
        spacing_seconds: float,
    ) -> None:
        self._pages = pages
        self._store = store
        self._keys = keys
        self._patience = patience
        self._outbox = Outbox(keys, "fetcher")
        self._offsets = offsets
        self._spacing_ms = int(spacing_seconds * 1000)
        self.on_end: Callable[[str], None] = lambda _status: None
        """Called with the status of each look."""

    async def look(self, article_id: str, fields: dict[bytes, bytes], now_ms: int) -> None:
        """Look once at the page of a claimed article; logs the one closing line of the look."""
        started = time.monotonic()
        try:
            look = Look.from_hash(article_id, fields)
        except (KeyError, TypeError, ValueError):
            # The last look ended the series while this one was due, or a foreign hand was here: nothing is lost by it.
            await self._patience.until_redis_answers(lambda: self._store.forget_look(article_id))
            return
        with structlog.contextvars.bound_contextvars(correlation_id=look.wanted.correlation_id):
            try:
                status, http_status = await self._looked(look, now_ms, started)
            except Stopped:
                return
            self.on_end(f"look_{status.value}")
            get_logger().info(
                Log.ARTICLE_REFETCHED,
                status=status.value,
                article=look.urn,
                article_url=look.wanted.url,
                http_status=http_status,
                elapsed_ms=round((time.monotonic() - started) * 1000),
            )

    async def _looked(self, look: Look, now_ms: int, started: float) -> tuple[LookStatus, int | None]:
        read = self._patience.until_redis_answers
        state = await read(lambda: self._store.article(look.wanted.article_id))
        if not self._offsets or (state.story is None and state.extracted >= state.sequence):
            return await self._end(look, LookStatus.ENDED, lambda _: ended_step(self._keys, look)), None
        if state.story is None:
            # The extractor has not come to it yet: the next look will tell.
            return await self._end(look, LookStatus.EARLY, lambda _: self._unchanged(look, {}, now_ms)), None
        answer = await self._pages.ask(look.wanted.url, look.memory.conditions)
        done_ms = now_ms + int((time.monotonic() - started) * 1000)
        status, step = self._decided(look, answer, done_ms)
        return await self._end(look, status, step), _status_of(answer)

    def _decided(
        self, look: Look, answer: Answer, now_ms: int
    ) -> tuple[LookStatus, Callable[[ArticleState], Effects]]:
        """What the answer means, and the step for it, given the article's counters."""
        if isinstance(answer, AfterRobots):
            due_ms = now_ms + self._spacing_ms
            return LookStatus.POSTPONED, lambda _: put_off_step(self._keys, look, due_ms)
        if isinstance(answer, NotModified):
            return LookStatus.NOT_MODIFIED, lambda _: self._unchanged(look, answer.headers, now_ms)
        if isinstance(answer, Trouble):
            return self._troubled(look, answer, now_ms)
        body_hash = xxhash.xxh3_64_hexdigest(answer.body)
        if body_hash == look.memory.body_hash:
            return LookStatus.SAME_BODY, lambda _: self._unchanged(look, answer.headers, now_ms)
        return LookStatus.CHANGED, lambda state: changed_step(
            self._keys,
            self._outbox,
            look,
            answer,
            body_hash,
            self._offsets,
            sequence=state.sequence + 1,
            now_ms=now_ms,
        )

    def _troubled(
        self, look: Look, trouble: Trouble, now_ms: int
    ) -> tuple[LookStatus, Callable[[ArticleState], Effects]]:
        if trouble.failure is Failure.ROBOTS:
            return LookStatus.ENDED, lambda _: ended_step(self._keys, look)
        if trouble.failure not in _MISSING:
            return LookStatus.FAILED, lambda _: unchanged_step(
                self._keys, look, look.memory, self._offsets, now_ms=now_ms
            )
        status = _MISSING[trouble.failure]
        return LookStatus.MISSING, lambda state: missing_step(
            self._keys,
            self._outbox,
            look,
            status,
            self._offsets,
            sequence=state.sequence + 1,
            now_ms=now_ms,
        )

    def _unchanged(self, look: Look, headers: Mapping[str, str], now_ms: int) -> Effects:
        memory = refreshed(look.memory, headers)
        return unchanged_step(self._keys, look, memory, self._offsets, now_ms=now_ms)

    async def _end(
        self, look: Look, status: LookStatus, build: Callable[[ArticleState], Effects]
    ) -> LookStatus:
        wanted = look.wanted
        done = await settle(self._store, self._patience, wanted.article_id, wanted.fence, build)
        return status if done else LookStatus.STALE


def _status_of(answer: Answer) -> int | None:
    if isinstance(answer, NotModified):
        return 304
    return answer.http_status if isinstance(answer, Trouble) else getattr(answer, "status", None)
