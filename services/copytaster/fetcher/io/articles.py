"""Works on one claimed article: robots.txt, the page, and the step that ends or postpones the want."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

import structlog

from copytaster.fetcher.fetch_steps import dropped_step, fetched_step, postponed_step
from copytaster.fetcher.io.client import Client, FetchFailed, Limits, Response
from copytaster.fetcher.io.poller import hold_host
from copytaster.fetcher.io.robots import RobotsKeeper
from copytaster.fetcher.io.store import ArticleState, Store
from copytaster.fetcher.outcomes import (
    Failure,
    FetchStatus,
    drop_code,
    failure_of_status,
    feed_may_stand_in,
    is_final_for_article,
)
from copytaster.fetcher.robots import UNREACHABLE_SECONDS
from copytaster.fetcher.schedule import article_retry, parse_retry_after
from copytaster.fetcher.wanted import FeedText, Page, Wanted
from copytaster.keys import Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.commit import Outcome
from copytaster.streams.effects import Effects, Outbox
from copytaster.streams.patience import Patience, Stopped

ACCEPT: Final = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"

MAX_ROUNDS: Final = 10
"""Commits made again because the article's counters moved meanwhile; more means a bug."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no page: the failure, in words, the HTTP status, and how long the server asks us to wait."""

    failure: Failure
    detail: str
    http_status: int | None = None
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AfterRobots:
    """The host's robots.txt was read just now: the page has to wait for the host's next turn."""


class Articles:
    """Fetches wanted articles of one desk."""

    def __init__(
        self,
        client: Client,
        store: Store,
        keys: Keys,
        patience: Patience,
        *,
        spacing_seconds: float,
        retry_seconds: float,
        limits: Limits,
    ) -> None:
        self._client = client
        self._store = store
        self._keys = keys
        self._patience = patience
        self._robots = RobotsKeeper(client, store, patience)
        self._outbox = Outbox(keys, "fetcher")
        self._limits = limits
        self._spacing_seconds = spacing_seconds
        self._retry_seconds = retry_seconds

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
        try:
            looked = await self._robots.rules(wanted.url)
            if looked.asked and looked.rules.reachable:
                return AfterRobots()
            objection = _objection(looked.rules.reachable, looked.rules.allows(wanted.url))
            if objection is not None:
                return objection
            response = await self._client.get(
                wanted.url, accept=ACCEPT, limits=self._limits, check_hop=self._check_hop
            )
            return await self._judge(response)
        except FetchFailed as error:
            wait = float(UNREACHABLE_SECONDS) if error.failure is Failure.ROBOTS_UNREACHABLE else None
            return Trouble(error.failure, error.detail, error.status, wait)
        except Stopped:
            raise
        except Exception as error:
            get_logger().error(Log.ARTICLE_FETCHED, status="crashed", article_url=wanted.url, exc_info=error)
            return Trouble(Failure.CRASHED, type(error).__name__)

    async def _check_hop(self, url: str) -> None:
        try:
            rules = (await self._robots.rules(url)).rules
        except (KeyError, ValueError) as error:
            raise FetchFailed(Failure.BAD_URL, f"redirect to {url[:200]}", url=url) from error
        objection = _objection(rules.reachable, rules.allows(url))
        if objection is not None:
            raise FetchFailed(objection.failure, f"{objection.detail}, after a redirect", url=url)

    async def _judge(self, response: Response) -> Page | Trouble:
        challenged = response.headers.get("cf-mitigated", "").lower() == "challenge"
        failure = failure_of_status(response.status, challenged=challenged)
        if response.status == 304:
            failure = Failure.UNEXPECTED_STATUS
        if failure is not None:
            wait = parse_retry_after(response.headers.get("retry-after"), now=datetime.now(UTC))
            if failure is Failure.RATE_LIMITED and wait:
                await hold_host(self._store, self._patience, response.final_url, wait)
            return Trouble(failure, f"HTTP {response.status}", response.status, wait)
        if not response.body.strip():
            return Trouble(Failure.EMPTY_BODY, f"{len(response.body)} bytes", response.status)
        return Page(response.final_url, response.status, response.headers, response.body)

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
        facts: dict[str, object] = {"http_status": page.status, "byte_count": len(page.body)}
        if isinstance(page, FeedText):
            facts |= {"text_from": "feed", "reason": page.failure}
        return await self._end(
            wanted,
            lambda state: fetched_step(
                self._keys, self._outbox, wanted, page, sequence=state.sequence + 1, now_ms=done_ms
            ),
            FetchStatus.FETCHED,
            facts,
        )

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
            lambda state: dropped_step(
                self._keys,
                self._outbox,
                wanted,
                trouble.failure,
                trouble.detail,
                http_status=trouble.http_status,
                drops=state.drops,
                now_ms=done_ms,
            ),
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
        for _ in range(MAX_ROUNDS):
            state = await self._patience.until_redis_answers(partial(self._store.article, wanted.article_id))
            if state.done_fence == wanted.fence:
                return status, facts
            if state.fence != wanted.fence:
                break
            outcome = await self._patience.until_redis_answers(partial(self._store.commit, build(state)))
            if outcome is Outcome.COMMITTED:
                return status, facts
        return FetchStatus.STALE, {}


def _objection(reachable: bool, allowed: bool) -> Trouble | None:
    if not reachable:
        detail = "robots.txt cannot be read at present"
        return Trouble(Failure.ROBOTS_UNREACHABLE, detail, retry_after_seconds=float(UNREACHABLE_SECONDS))
    return None if allowed else Trouble(Failure.ROBOTS, "robots.txt disallows the address")
