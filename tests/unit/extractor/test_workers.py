from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from copytaster.errors import Discard
from copytaster.extractor.io import workers as workers_module
from copytaster.extractor.io.workers import Workers
from copytaster_schemas.article import FeedItem
from tests.support import wait_until
from tests.unit.extractor.sample_pages import PARAGRAPHS, TITLE, page

URL = "https://sennebote.example/1"
PAGE = page().encode()

ATTRIBUTES = b" ".join(b"a%d=1" % number for number in range(990))
SLOW = b"<html><body>" + (b"<p " + ATTRIBUTES + b">x</p>") * 650 + b"</body></html>"
"""Passes the guards of decoding and keeps libxml2 busy for many seconds (quadratic in a tag's attributes)."""


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    """Two workers with the usual limits."""
    pool = Workers(2, timeout_seconds=20, memory_mib=1024)
    yield pool
    await pool.close()


async def extract(pool: Workers, body: bytes = PAGE) -> str | None:
    """The title of a page."""
    return (await pool.extract(body, url=URL, content_type=None)).title


async def test_pages_are_extracted_in_few_processes(workers: Workers) -> None:
    """Many pages at once share the workers."""
    titles = await asyncio.gather(*(extract(workers) for _ in range(8)))

    assert titles == [TITLE] * 8
    assert len(workers.process_ids) == 2


async def test_the_feed_item_reaches_the_worker(workers: Workers) -> None:
    """What the page leaves out comes from the feed, also in another process."""
    item = FeedItem.model_validate(
        {"feed": "urn:f", "first_seen": "2025-05-05T12:00:00Z", "revision_hash": "x", "authors": ["Mia Roth"]}
    )
    story = await workers.extract(PAGE, url=URL, content_type=None, feed_item=item)

    assert story.authors == ("Mia Roth",)
    assert story.text == "\n".join(PARAGRAPHS)


async def test_a_page_that_is_left_out_says_why(workers: Workers) -> None:
    """The page's own code comes back."""
    with pytest.raises(Discard) as caught:
        await extract(workers, b"\x89PNG\r\n")
    assert caught.value.code == "not_html"


@pytest.mark.slow
async def test_a_page_over_its_time_is_killed_and_the_next_one_served() -> None:
    """A page that hangs costs its limit and its worker, nothing else; a frozen worker hangs on any machine alike."""
    pool = Workers(1, timeout_seconds=8, memory_mib=1024)
    try:
        await extract(pool)
        (before,) = pool.process_ids

        os.kill(before, signal.SIGSTOP)
        with pytest.raises(Discard) as caught:
            await extract(pool)

        assert caught.value.code == "extraction_timeout"
        assert not is_running(before)
        assert await extract(pool) == TITLE
        assert before not in pool.process_ids
    finally:
        await pool.close()


async def test_a_page_that_takes_its_worker_down_is_left_out() -> None:
    """A dead worker is one dropped page; the next page gets another."""
    pool = Workers(1, timeout_seconds=30, memory_mib=1024)
    try:
        await extract(pool)
        (pid,) = pool.process_ids
        task = asyncio.create_task(extract(pool, SLOW))
        await asyncio.sleep(0)  # the page is on its way
        os.kill(pid, signal.SIGKILL)

        with pytest.raises(Discard) as caught:
            await task

        assert caught.value.code == "extraction_crashed"
        assert await extract(pool) == TITLE
    finally:
        await pool.close()


async def test_a_page_over_the_memory_cap_is_left_out() -> None:
    """An allocation beyond the cap fails inside the worker."""
    pool = Workers(1, timeout_seconds=60, memory_mib=1)
    try:
        with pytest.raises(Discard) as caught:
            await extract(pool, page(body=f"<p>{'Wort ' * 600_000}</p>").encode())
        assert caught.value.code == "extraction_crashed"
    finally:
        await pool.close()


async def test_a_cancelled_page_does_not_answer_for_the_next() -> None:
    """Its worker is replaced, or the next page would get its story."""
    pool = Workers(1, timeout_seconds=30, memory_mib=1024)
    try:
        await extract(pool)
        task = asyncio.create_task(extract(pool, SLOW))
        await wait_until(lambda: task.get_coro() is not None, description="the task to begin")
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await extract(pool) == TITLE
    finally:
        await pool.close()


async def test_a_worker_is_replaced_after_its_share_of_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a library leaks adds up."""
    monkeypatch.setattr(workers_module, "PAGES_PER_WORKER", 2)
    pool = Workers(1, timeout_seconds=20, memory_mib=1024)
    try:
        for _ in range(2):
            await extract(pool)

        assert pool.process_ids == []
        assert await extract(pool) == TITLE
    finally:
        await pool.close()


async def test_closing_ends_all_processes() -> None:
    """No process outlives its pool."""
    pool = Workers(2, timeout_seconds=20, memory_mib=1024)
    await asyncio.gather(extract(pool), extract(pool))
    pids = pool.process_ids

    await pool.close()

    assert not [pid for pid in pids if is_running(pid)]


def is_running(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
