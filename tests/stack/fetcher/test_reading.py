"""Feeds are read in processes that can be killed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from copytaster.fetcher.document import UnreadableFeed
from copytaster.fetcher.documentjson import document_from_lines, document_to_lines
from copytaster.fetcher.io.client import Response
from copytaster.fetcher.io.reading import Reader, read_in_thread
from copytaster.fetcher.parsing import parse_feed

ITEM = (
    "<item><title>Grüße &amp; mehr {0}</title><link>/a/{0}</link><guid>g{0}</guid><author>Ada Lindqvist</author>"
    "<category>Hafen</category><pubDate>Mon, 22 Nov 2021 14:05:06 MSK</pubDate></item>"
)


def served(items: int, *, extra: str = "") -> Response:
    """An answer with a feed of so many items."""
    text = "".join(ITEM.format(number) for number in range(items))
    body = f"<rss version='2.0'><channel><title>Bote</title>{text}{extra}</channel></rss>".encode()
    url = "https://bote.example/feed.xml"
    return Response(url, url, 200, {"content-type": "application/rss+xml"}, body)


@pytest.fixture
async def reader() -> AsyncIterator[Reader]:
    """A reader with one process."""
    reader = Reader(workers=1, max_seconds=20)
    yield reader
    await reader.close()


def process_of(reader: Reader) -> int:
    """The process id of the reader's process."""
    process = reader._workers[0]._process
    assert process is not None
    return process.pid


async def test_a_feed_reads_the_same_as_in_the_process_itself(reader: Reader) -> None:
    """Texts, times and lists survive the way; one process reads one after the other."""
    first = await reader.read(served(300))
    number = process_of(reader)
    second, third = await asyncio.gather(reader.read(served(2)), reader.read(served(1)))

    assert first == await read_in_thread(served(300))
    assert (len(second.items), len(third.items)) == (2, 1)
    assert process_of(reader) == number


async def test_what_is_no_feed_says_so_as_before(reader: Reader) -> None:
    """And the process goes on."""
    url = "https://bote.example/"
    with pytest.raises(UnreadableFeed, match="an HTML page"):
        await reader.read(Response(url, url, 200, {}, b"<html><body>x</body></html>"))

    assert len((await reader.read(served(1))).items) == 1


async def test_a_feed_that_takes_too_long_is_given_up_and_its_process_is_gone() -> None:
    """The loop is free meanwhile, and the next feed is read by a new process."""
    reader = Reader(max_seconds=1.0)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.05)
            ticks += 1

    ticking = asyncio.create_task(tick())
    try:
        with pytest.raises(UnreadableFeed, match="more than 1 s"):
            await reader.read(served(20_000))
    finally:
        ticking.cancel()
        await reader.close()
    assert ticks >= 5


async def test_a_feed_that_takes_long_holds_no_other_up() -> None:
    """Its process is one of two."""
    reader = Reader(max_seconds=20)
    try:
        await asyncio.gather(reader.read(served(1)), reader.read(served(2)))
        slow = asyncio.create_task(reader.read(served(20_000)))
        small = [await reader.read(served(3)) for _ in range(5)]

        assert not slow.done()
        assert {len(document.items) for document in small} == {3}
        slow.cancel()
    finally:
        await reader.close()


async def test_a_process_that_dies_costs_one_feed_and_is_started_again(reader: Reader) -> None:
    """Killed from outside, as by the system when memory runs out."""
    await reader.read(served(1))
    dead = process_of(reader)
    os.kill(dead, 19)  # it must not answer first
    reading = asyncio.create_task(reader.read(served(5)))
    await asyncio.sleep(0)
    os.kill(dead, 9)

    with pytest.raises(UnreadableFeed, match="took its process down"):
        await reading
    assert len((await reader.read(served(2))).items) == 2
    assert process_of(reader) != dead


async def test_a_reader_that_is_closed_leaves_no_process(reader: Reader) -> None:
    """Nor does one that never read."""
    await reader.read(served(1))
    number = process_of(reader)
    await reader.close()
    await Reader().close()

    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_document_survives_the_way_as_lines_of_json() -> None:
    """Every field, absent ones and bare dates too."""
    text = (
        "<rss version='2.0'><channel><item><pubDate>22 Nov 2021</pubDate></item>"
        + ITEM.format(1)
        + "</channel></rss>"
    )
    document = parse_feed(text.encode(), url="https://bote.example/")

    assert document_from_lines(document_to_lines(document)) == document
