"""The atomic steps that end or postpone the fetch of a wanted article, as plain values.

Pure. A fetched page, its event and the end of the want are one step; so are a drop and the end of the want. Times are
milliseconds since 1970.
"""

from __future__ import annotations

from typing import Final

from copytaster.fetcher.notices import Drop, add_drop, fenced, instant, keep_counter, release
from copytaster.fetcher.outcomes import Failure, drop_code
from copytaster.fetcher.wanted import LINE_BYTES, FeedText, Page, Wanted, clip
from copytaster.keys import STATE_SECONDS, Keys
from copytaster.streams.effects import Cause, Effects, Guard, Outbox
from copytaster.streams.ledger.counting import Fate, Place, count
from copytaster_schemas import ArticleFetched
from copytaster_schemas.registry import ARTICLE_FETCHED

_HEADERS: Final = ("content-type", "content-language", "etag", "last-modified", "cache-control", "date")


def fetched_step(
    keys: Keys, outbox: Outbox, wanted: Wanted, page: Page | FeedText, *, sequence: int, now_ms: int
) -> Effects:
    """The step that publishes `page` as fetch `sequence` of its article (one above the stored one) and ends the want."""
    step = _ending(keys, wanted)
    add_article(step, keys, outbox, wanted, page, sequence=sequence, now_ms=now_ms)
    return step


def add_article(
    step: Effects,
    keys: Keys,
    outbox: Outbox,
    wanted: Wanted,
    page: Page | FeedText,
    *,
    sequence: int,
    now_ms: int,
    refetch: bool = False,
) -> None:
    """Let `step` publish `page` as fetch `sequence` of its article; its bytes wait for the extractor."""
    dataref = f"{wanted.article_id}-{sequence}"
    headers, text_from, failure = {}, None, None
    if isinstance(page, Page):
        headers = {name: text for name in _HEADERS if (text := clip(page.headers.get(name), LINE_BYTES))}
    else:
        text_from, failure = "feed", page.failure
    data = ArticleFetched(
        article=wanted.urn,
        sequence=sequence,
        item=wanted.item,
        requested_url=wanted.url or page.final_url,
        final_url=page.final_url,
        status=page.status,
        content_type=headers.get("content-type"),
        headers=headers,
        fetched=instant(now_ms),
        dataref=f"page:{dataref}",
        byte_count=len(page.body),
        ledger_hour=wanted.hour,
        text_from=text_from,
        page_failure=failure,
        refetch=refetch or None,
    )
    guard = Guard(keys.key("article", wanted.article_id), "sequence")
    cause = Cause(correlation_id=wanted.correlation_id)
    step.events.append(
        outbox.event(
            ARTICLE_FETCHED, wanted.urn, sequence, data, time=instant(now_ms), cause=cause, guard=guard
        )
    )
    if page.body:
        step.op("SET", keys.key("page", dataref), page.body)
    keep_counter(step, guard, sequence)


def dropped_step(
    keys: Keys,
    outbox: Outbox,
    wanted: Wanted,
    failure: Failure,
    detail: str,
    *,
    http_status: int | None,
    drops: int,
    now_ms: int,
) -> Effects:
    """The step that says why the article is left out and ends the want; `drops` = drops of this article before."""
    step = _ending(keys, wanted)
    item = wanted.item
    drop = Drop(
        article_id=wanted.article_id,
        drops=drops,
        code=drop_code(failure),
        detail=detail,
        feed_id=wanted.feed_id,
        guid=item.guid,
        url=wanted.url,
        title=item.title,
        correlation_id=wanted.correlation_id,
        first_seen_ms=int(item.first_seen.timestamp() * 1000),
        http_status=http_status,
    )
    add_drop(step, keys, outbox, drop, now_ms=now_ms)
    if wanted.hour is not None:
        place = Place(wanted.feed_id, wanted.hour)
        count(step, keys, place, Fate.DROPPED, drop.code, now_ms=now_ms)
    return step


def postponed_step(keys: Keys, wanted: Wanted, *, tries: int, due_ms: int) -> Effects:
    """The step that leaves the article wanted, due again at `due_ms` after `tries` tries."""
    key = keys.key("item", wanted.article_id)
    step = fenced(key, wanted.fence)
    step.op("HSET", key, "tries", tries)
    step.op("EXPIRE", key, STATE_SECONDS)
    step.op("ZADD", keys.key("wanted"), due_ms, wanted.article_id)
    release(step, keys, "pages", wanted.host, wanted.article_id)
    return step


def _ending(keys: Keys, wanted: Wanted) -> Effects:
    """A step that ends the want; it raises the fence, so that sent twice it takes effect once.

    `done` keeps the fence under which it happened: that is how a caller whose connection broke finds out.
    """
    key = keys.key("item", wanted.article_id)
    step = fenced(key, wanted.fence)
    step.op("ZREM", keys.key("wanted"), wanted.article_id)
    release(step, keys, "pages", wanted.host, wanted.article_id)
    step.op("HDEL", key, "item", "text", "tries", "reserved", "hour")
    step.op("HSET", key, "done", wanted.fence, "fence", wanted.fence + 1)
    step.op("EXPIRE", key, STATE_SECONDS)
    return step
