"""Contestant: the engine as the services use it, read by the FastStream shell of `run_service`, logs as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

import redis
import uvloop

from benchmarks.delivery.events import GROUP, KEYS, NOON, SOURCE, entry
from benchmarks.delivery.meter import Meter
from copytaster.keys import STATE_SECONDS
from copytaster.logs import Log, instance_name
from copytaster.settings import load
from copytaster.streams.effects import Effects, Guard, Outbox
from copytaster.streams.engine import Engine, RawEntry
from copytaster.streams.entries import Entry
from copytaster.streams.shell import Context, Parts, run_service
from copytaster_schemas import ArticleFetched
from copytaster_schemas.registry import ARTICLE_FETCHED

SERVICE = "passer"
CONCURRENCY = 64
"""As many as a batch brings: the handler waits for nothing, so the commits of a batch share their round trips."""


def fill(url: str, count: int) -> None:
    """Put `count` entries on the stream."""
    with redis.Redis.from_url(url) as client:
        pipe = client.pipeline(transaction=False)
        for number in range(count):
            pipe.xadd(SOURCE, entry(number))
        pipe.execute()


class _MeteredEngine(Engine):
    """The engine with a meter that starts at the first batch and counts each entry that is done."""

    meter: Meter

    def accept(
        self, batch: Sequence[RawEntry], *, failed: Collection[str] = ()
    ) -> list[asyncio.Future[None]]:
        self.meter.begin()
        futures = super().accept(batch, failed=failed)
        for future in futures:
            future.add_done_callback(self._count)
        return futures

    def _count(self, _: asyncio.Future[None]) -> None:
        self.meter.add(1)
        if self.meter.done:
            self.patience.stop()


def run(url: str, count: int) -> str:
    """Consume `count` entries and pass each on; gives the meter's report."""
    meter = Meter(count)

    async def build(context: Context) -> Parts:
        return Parts(engines=[_engine(context, meter)])

    settings = load({}, redis_url=url, desk=KEYS.desk, health_port=0, log_json=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run_service(settings, service=SERVICE, build=build))
    return meter.report()


def _engine(context: Context, meter: Meter) -> Engine:
    outbox = Outbox(context.keys, SERVICE)

    async def handler(source: Entry) -> Effects:
        article = source.data
        assert isinstance(article, ArticleFetched)
        guard_key = context.keys.key("version", article.article)
        event = outbox.event(
            ARTICLE_FETCHED,
            article.article,
            1,
            article,
            time=NOON,
            cause=source.cause,
            guard=Guard(guard_key),
        )
        moved = type(event)(context.keys.stream("stories"), event.fields, event.revision, event.guard)
        effects = Effects(status="passed", events=[moved])
        effects.op("EXPIRE", guard_key, STATE_SECONDS)
        return effects

    engine = _MeteredEngine(
        context.redis,
        context.keys,
        stream="articles",
        group=GROUP,
        consumer=instance_name(),
        service=SERVICE,
        handler=handler,
        concurrency=CONCURRENCY,
        patience=context.patience,
        closing=Log.STORY_EXTRACTED,
    )
    engine.meter = meter
    return engine
