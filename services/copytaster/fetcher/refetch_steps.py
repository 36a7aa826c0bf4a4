"""The atomic steps of later looks at published pages, as plain values.

Pure. A look lies in the queue `refetch`; what is kept for it in the field `page` of the article's `item` hash. A want of
the same article takes it out of the queue, and raises the fence, so that a look under way has no effect any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from copytaster.fetcher.fetch_steps import add_article
from copytaster.fetcher.notices import fenced, release
from copytaster.fetcher.outcomes import Failure
from copytaster.fetcher.refetch import PROOFS, Look, PageMemory, memory_of, next_look_ms, proof_ms
from copytaster.fetcher.wanted import Page, Wanted
from copytaster.keys import STATE_SECONDS, Keys
from copytaster.streams.effects import Effects, Outbox


def add_series(
    step: Effects, keys: Keys, wanted: Wanted, memory: PageMemory, offsets: Sequence[float], now_ms: int
) -> None:
    """Let `step`, which publishes the page of `wanted`, have it looked at again, if it is fresh."""
    due_ms = next_look_ms(wanted.item, now_ms, offsets)
    if due_ms is not None:
        _wait(step, keys, wanted.article_id, memory, due_ms)
    else:
        _forget(step, keys, wanted.article_id)


def end_series(step: Effects, keys: Keys, wanted: Wanted) -> None:
    """Let `step` end the looks at the page of `wanted`: its text comes from the feed by now."""
    if wanted.page is not None:
        _forget(step, keys, wanted.article_id)


def resume_series(
    step: Effects, keys: Keys, wanted: Wanted, failure: Failure, offsets: Sequence[float], now_ms: int
) -> None:
    """Let `step`, which drops a revision of `wanted`, go on with the looks at the page that was published before.

    A page that was gone when its revision was asked for has been missing once.
    """
    if wanted.page is None or not offsets:
        return
    memory = PageMemory.from_json(wanted.page)
    if failure in (Failure.NOT_FOUND, Failure.GONE):
        missing = replace(memory, missing=memory.missing + 1)
        _wait(step, keys, wanted.article_id, missing, proof_ms(now_ms, offsets))
    else:
        add_series(step, keys, wanted, memory, offsets, now_ms)


def unchanged_step(
    keys: Keys, look: Look, memory: PageMemory, offsets: Sequence[float], *, now_ms: int
) -> Effects:
    """The step after a look that brought nothing new: the next look, or the end of them."""
    step = _looked(keys, look)
    add_series(step, keys, look.wanted, memory, offsets, now_ms)
    return step


def changed_step(
    keys: Keys,
    outbox: Outbox,
    look: Look,
    page: Page,
    body_hash: str,
    offsets: Sequence[float],
    *,
    sequence: int,
    now_ms: int,
) -> Effects:
    """The step that publishes the page as fetch `sequence` of its article; the extractor says whether its text changed."""
    step = _looked(keys, look)
    add_article(step, keys, outbox, look.wanted, page, sequence=sequence, now_ms=now_ms, refetch=True)
    add_series(step, keys, look.wanted, memory_of(look.wanted, page, body_hash), offsets, now_ms)
    return step


def missing_step(
    keys: Keys,
    outbox: Outbox,
    look: Look,
    status: int,
    offsets: Sequence[float],
    *,
    sequence: int,
    now_ms: int,
) -> Effects:
    """The step after 404 or 410: asked once more, and when that is the proof, published for the story to be withdrawn."""
    step = _looked(keys, look)
    missing = look.memory.missing + 1
    if missing < PROOFS:
        _wait(
            step,
            keys,
            look.wanted.article_id,
            replace(look.memory, missing=missing),
            proof_ms(now_ms, offsets),
        )
        return step
    page = Page(look.wanted.url, status, {}, b"")
    add_article(step, keys, outbox, look.wanted, page, sequence=sequence, now_ms=now_ms, refetch=True)
    _forget(step, keys, look.wanted.article_id)
    return step


def ended_step(keys: Keys, look: Look) -> Effects:
    """The step that ends the looks at a page: it became no story, or robots.txt forbids it by now."""
    step = _looked(keys, look)
    _forget(step, keys, look.wanted.article_id)
    return step


def put_off_step(keys: Keys, look: Look, due_ms: int) -> Effects:
    """The step that leaves everything for a look at `due_ms`."""
    step = _looked(keys, look)
    step.op("ZADD", keys.key("refetch"), due_ms, look.wanted.article_id)
    return step


def _looked(keys: Keys, look: Look) -> Effects:
    """A step that ends one look; like the end of a want it raises the fence and says so in `done`."""
    key = keys.key("item", look.wanted.article_id)
    step = fenced(key, look.wanted.fence)
    step.op("HSET", key, "done", look.wanted.fence, "fence", look.wanted.fence + 1)
    release(step, keys, "pages", look.wanted.host, look.wanted.article_id)
    step.op("EXPIRE", key, STATE_SECONDS)
    return step


def _wait(step: Effects, keys: Keys, article_id: str, memory: PageMemory, due_ms: int) -> None:
    step.op("HSET", keys.key("item", article_id), "page", memory.to_json())
    step.op("ZADD", keys.key("refetch"), due_ms, article_id)


def _forget(step: Effects, keys: Keys, article_id: str) -> None:
    step.op("HDEL", keys.key("item", article_id), "page")
    step.op("ZREM", keys.key("refetch"), article_id)
