"""Works on one claimed feed: asks for it, reads it, and commits what came of it. Decisions are made in the pure core."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, ParamSpec, TypeVar

import xxhash

from copytaster.fetcher.answering import plan_answer
from copytaster.fetcher.breaker import after_failure
from copytaster.fetcher.challenges import is_challenge
from copytaster.fetcher.document import FeedDocument, UnreadableFeed
from copytaster.fetcher.failing import plan_failure
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.findings import Findings
from copytaster.fetcher.hints import hints_of
from copytaster.fetcher.honesty import asks_plainly, trusts
from copytaster.fetcher.io.access_book import AccessBook
from copytaster.fetcher.io.client import Client, FetchFailed, Limits, Response
from copytaster.fetcher.io.pacing import Pacing
from copytaster.fetcher.io.reading import Reader
from copytaster.fetcher.io.sitemaps import Sitemaps
from copytaster.fetcher.io.store import Store
from copytaster.fetcher.items import Verdict
from copytaster.fetcher.judging import Judgement, conclude, sight
from copytaster.fetcher.moving import feed_id_of, wants_body
from copytaster.fetcher.outcomes import Failure, PollStatus, failure_of_status
from copytaster.fetcher.poll_steps import PollResult, poll_steps
from copytaster.fetcher.polling import FeedNotice, PollAnswer, PollPlan, conditional_headers
from copytaster.fetcher.schedule import parse_retry_after
from copytaster.keys import Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.commit import Outcome
from copytaster.streams.effects import Outbox
from copytaster.streams.patience import Patience, Stopped
from copytaster.text.urls import BadUrl, host_of

ACCEPT: Final = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
MAX_ROUNDS: Final = 10
"""Decisions made again because another feed wanted the same article first; more means a bug."""

ITEMS_AT_ONCE: Final = 100
"""The loop itself judges so many: 10 ms. The largest real feeds have 1,000; a hostile one may have 5,000."""

P = ParamSpec("P")
T = TypeVar("T")

# Changes with every build of the document and says nothing of its items.
_BUILD_DATE: Final = re.compile(rb"<lastBuildDate>[^<]{0,100}</lastBuildDate>")


class Poller:
    """Polls feeds of one desk."""

    def __init__(
        self,
        client: Client,
        store: Store,
        keys: Keys,
        patience: Patience,
        reader: Reader,
        accesses: AccessBook,
        pacing: Pacing,
        *,
        limits: Limits,
    ) -> None:
        self._client = client
        self._store = store
        self._keys = keys
        self._patience = patience
        self._reader = reader
        self._accesses = accesses
        self._sitemaps = Sitemaps(client, reader, limits=limits)
        self._outbox = Outbox(keys, "fetcher")
        self._pacing = pacing
        self._limits = limits
        self.on_wanted: Callable[[], None] = _nothing
        """Called when articles were added to the queue."""
        self.on_end: Callable[[str], None] = lambda _status: None
        """Called with the status of each poll."""

    async def poll(self, feed_id: str, fields: dict[bytes, bytes], now_ms: int) -> None:
        """Poll one claimed feed to its end; logs the one closing line of the poll."""
        started = time.monotonic()
        feed = FeedState.from_hash(feed_id, fields)
        try:
            answer = await self._answer(feed, now_ms)
            status, facts = await self._settle(feed, answer, now_ms, started)
        except Stopped:
            return
        self.on_end(f"poll_{status.value}")
        log = get_logger().warning if status is PollStatus.FAILED else get_logger().info
        log(
            Log.FEED_POLLED,
            status=status.value,
            feed=feed.urn,
            feed_url=feed.url,
            http_status=answer.http_status,
            byte_count=answer.byte_count,
            elapsed_ms=round((time.monotonic() - started) * 1000),
            **facts,
        )

    async def _answer(self, feed: FeedState, now_ms: int) -> PollAnswer:
        """What the feed's server has to say; every trouble becomes a failure, a bug too (with its traceback)."""
        plainly = wants_body(feed) or asks_plainly(feed, now_ms=now_ms, chance=random.random())  # noqa: S311
        try:
            response = await self._client.get(
                feed.url,
                accept=ACCEPT,
                limits=self._limits,
                headers={} if plainly else conditional_headers(feed),
                access=self._accesses.of(feed.feed_id),
            )
            answer = await self._read(feed, response)
            moved = response.final_url if response.moved_for_good else None
            return replace(answer, moved_to=moved, probed=plainly and trusts(feed, now_ms=now_ms))
        except FetchFailed as error:
            return PollAnswer(http_status=error.status, failure=error.failure, detail=error.detail)
        except Exception as error:
            get_logger().error(Log.FETCHER_FAILED, status="crashed", feed_url=feed.url, exc_info=error)
            return PollAnswer(failure=Failure.CRASHED, detail=type(error).__name__)

    async def _read(self, feed: FeedState, response: Response) -> PollAnswer:
        facts = PollAnswer(response.status, response.headers, byte_count=len(response.body))
        failure = failure_of_status(response.status, challenged=is_challenge(response.headers))
        if failure is not None:
            return await self._refused(response, failure)
        if response.status == 304:
            return facts
        digest = xxhash.xxh3_64_hexdigest(_BUILD_DATE.sub(b"", response.body))
        if digest == feed.body_hash:
            return PollAnswer(response.status, response.headers, digest, len(response.body))
        try:
            document = await self._reader.read(response)
            if document.children:
                return await self._gathered(feed, response, document)
        except UnreadableFeed as error:
            wall = is_challenge(response.headers, response.body)
            failure = Failure.CHALLENGE if wall else error.failure
            return PollAnswer(
                response.status, byte_count=len(response.body), failure=failure, detail=error.detail
            )
        hints = hints_of(response.body)
        return PollAnswer(
            response.status, response.headers, digest, len(response.body), document, hints=hints
        )

    async def _gathered(self, feed: FeedState, index: Response, document: FeedDocument) -> PollAnswer:
        """What the sitemaps of an index say. Its validators are not kept, for they say nothing of the sitemaps."""
        found = await self._sitemaps.gather(index, document, self._accesses.of(feed.feed_id))
        headers = {
            name: text for name, text in index.headers.items() if name not in ("etag", "last-modified")
        }
        same = found.digest == feed.body_hash
        return PollAnswer(
            index.status, headers, found.digest, found.byte_count, None if same else found.document
        )

    async def _refused(self, response: Response, failure: Failure) -> PollAnswer:
        now = datetime.now(UTC)
        wait = parse_retry_after(response.headers.get("retry-after"), now=now)
        if failure is Failure.RATE_LIMITED and wait:
            await hold_host(self._store, self._patience, response.final_url, wait)
        return PollAnswer(
            response.status, failure=failure, detail=f"HTTP {response.status}", retry_after_seconds=wait
        )

    async def _settle(
        self, feed: FeedState, answer: PollAnswer, now_ms: int, started: float
    ) -> tuple[PollStatus, dict[str, object]]:
        """Decide and commit, again from the start when the stored state has moved meanwhile."""
        chance = random.random()  # noqa: S311 - jitter, no secret
        for _ in range(MAX_ROUNDS):
            result, committed = await self._round(feed, answer, now_ms, chance, started)
            if committed:
                return result.plan.status, self._facts(result, answer)
            current = await self._patience.until_redis_answers(partial(self._store.feed, feed.feed_id))
            if current is None or current.fence != feed.fence:
                return PollStatus.STALE, {}
            feed = current
        raise RuntimeError(f"feed {feed.feed_id}: lost {MAX_ROUNDS} races for the same state")

    async def _round(
        self, feed: FeedState, answer: PollAnswer, now_ms: int, chance: float, started: float
    ) -> tuple[PollResult, bool]:
        """One decision, and whether all of it was committed."""
        result = await self._patience.until_redis_answers(partial(self._decide, feed, answer, now_ms, chance))
        done_ms = now_ms + int((time.monotonic() - started) * 1000)
        build = partial(poll_steps, self._keys, self._outbox, feed, result, now_ms=done_ms)
        for step in await _beside_the_loop(len(result.judged), build):
            outcome = await self._patience.until_redis_answers(partial(self._store.commit, step))
            if outcome is not Outcome.COMMITTED:
                return result, False
        return result, True

    async def _decide(self, feed: FeedState, answer: PollAnswer, now_ms: int, chance: float) -> PollResult:
        document = answer.document
        judgement = Judgement() if document is None else await self._judge(feed, document, now_ms)
        plan = await self._plan(feed, answer, judgement.findings, now_ms, chance)
        if judgement.renamed is not None:
            notice = FeedNotice("items_renamed", f"by {judgement.renamed.value} from now on")
            plan = replace(plan, notices=(*plan.notices, notice))
        breaker = None
        if plan.unreachable:
            breaker = after_failure(await self._store.breaker(feed.host), feed.feed_id, now_ms=now_ms)
        language = document.language if document else None
        return PollResult(plan, judgement.judged, language, judgement.seen, judgement.forgotten, breaker)

    async def _judge(self, feed: FeedState, document: FeedDocument, now_ms: int) -> Judgement:
        memory = await self._store.memory(feed.feed_id)
        count = len(document.items)
        sighted = await _beside_the_loop(count, sight, feed.feed_id, document, memory)
        known = await self._store.known(one.article_id for one in sighted.candidates)
        return await _beside_the_loop(count, conclude, feed.feed_id, sighted, known, now_ms)

    async def _plan(
        self, feed: FeedState, answer: PollAnswer, findings: Findings, now_ms: int, chance: float
    ) -> PollPlan:
        pace = await self._pacing.now()
        if answer.failure is not None:
            return plan_failure(feed, answer, answer.failure, pace=pace, now_ms=now_ms, chance=chance)
        listed = answer.moved_to is not None and await self._is_listed(answer.moved_to, feed)
        return plan_answer(
            feed, answer, findings, pace=pace, now_ms=now_ms, chance=chance, target_listed=listed
        )

    async def _is_listed(self, url: str, feed: FeedState) -> bool:
        """Whether another feed of the list has this address."""
        feed_id = feed_id_of(url)
        if feed_id is None or feed_id == feed.feed_id:
            return False
        other = await self._store.feed(feed_id)
        return other is not None and other.listed and other.url != feed.url

    def _facts(self, result: PollResult, answer: PollAnswer) -> dict[str, object]:
        verdicts = Counter(one.verdict.value for one in result.judged)
        if verdicts[Verdict.NEW.value] or verdicts[Verdict.REVISED.value]:
            self.on_wanted()
        facts: dict[str, object] = {f"{verdict}_items": count for verdict, count in sorted(verdicts.items())}
        facts["next_seconds"] = round(result.plan.next_seconds, 1)
        facts["next_because"] = result.plan.fields["why"]
        if answer.failure is not None:
            facts |= {"reason": answer.failure.value, "detail": answer.detail}
        return facts


def _nothing() -> None:
    return None


async def _beside_the_loop(items: int, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The value of a pure function over so many items; over many it is computed in a thread, where it holds nobody up."""
    if items <= ITEMS_AT_ONCE:
        return function(*args, **kwargs)
    return await asyncio.to_thread(function, *args, **kwargs)


async def hold_host(store: Store, patience: Patience, url: str, seconds: float) -> None:
    """Let nobody ask the host of `url` for that long, nor its platform (see `scopes`): that is the scope of a 429."""
    try:
        host = host_of(url)
    except BadUrl:
        return
    until_ms = int((time.time() + seconds) * 1000)
    await patience.until_redis_answers(lambda: store.hold_host(host, until_ms=until_ms))
