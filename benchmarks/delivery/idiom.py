"""Contestant: FastStream's documented idiom, a `@subscriber` with a `@publisher` over a group of a stream.

Its events are the same models in FastStream's own format. It acknowledges after publishing: no mark, no guard, no state.
"""

from __future__ import annotations

import asyncio

import uvloop
from faststream import FastStream
from faststream.redis import RedisBroker, StreamSub

from benchmarks.delivery.events import BATCH, GROUP, SOURCE, TARGET, article
from benchmarks.delivery.meter import Meter
from copytaster_schemas import ArticleFetched


def fill(url: str, count: int) -> None:
    """Put `count` entries on the stream."""

    async def publish() -> None:
        async with RedisBroker(url, logger=None) as broker:  # type: ignore[arg-type]  # documented to switch its log off
            for number in range(count):
                await broker.publish(article(number), stream=SOURCE)

    asyncio.run(publish())


def run(url: str, count: int) -> str:
    """Consume `count` entries and pass each on; gives the meter's report."""
    meter = Meter(count)
    broker = RedisBroker(url, logger=None)  # type: ignore[arg-type]  # no log line an event, unlike ours
    app = FastStream(broker, logger=None)

    @broker.subscriber(
        stream=StreamSub(SOURCE, group=GROUP, consumer="idiom", last_id="0", max_records=BATCH)
    )
    @broker.publisher(stream=TARGET)
    async def pass_on(told: ArticleFetched) -> ArticleFetched:
        meter.begin()
        meter.add(1)
        if meter.done:
            app.exit()
        return told

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(app.run())
    return meter.report()
