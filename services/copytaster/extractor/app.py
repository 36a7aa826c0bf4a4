"""Wires the extractor: one engine on `articles`, and the worker processes that do the extracting."""

from __future__ import annotations

from functools import partial

from copytaster.extractor.io.handler import GROUP, Extractor
from copytaster.extractor.io.overrides_file import checked_overrides
from copytaster.extractor.io.workers import Workers
from copytaster.logs import Log
from copytaster.settings import Settings
from copytaster.streams.consumers import consumer_name
from copytaster.streams.dead_pages import keep_forever
from copytaster.streams.engine import Engine
from copytaster.streams.shell import Context, Parts, run_service

SERVICE = "extractor"


async def serve(settings: Settings) -> int:
    """Run the extractor until it is stopped; gives the exit code."""
    return await run_service(settings, service=SERVICE, build=build)


async def build(context: Context) -> Parts:
    """The engine, as wide as there are workers and one entry in waiting for each."""
    settings = context.settings
    workers = Workers(
        settings.extract_workers,
        timeout_seconds=settings.extract_timeout_seconds,
        memory_mib=settings.extract_memory_mib,
        overrides=checked_overrides(settings.overrides_file),
    )
    engine = Engine(
        context.redis,
        context.keys,
        stream="articles",
        group=GROUP,
        consumer=consumer_name(),
        service=SERVICE,
        handler=Extractor(context.redis, context.keys, workers.extract),
        concurrency=2 * settings.extract_workers,
        capacity=2 * settings.extract_workers,
        first_retry_seconds=settings.retry_seconds,
        patience=context.patience,
        closing=Log.STORY_EXTRACTED,
    )
    keep_pages = partial(
        keep_forever,
        context.redis,
        context.keys,
        context.patience,
        limit_bytes=settings.dead_pages_mib << 20,
    )
    return Parts(engines=[engine], loops=[keep_pages], trims=["stories"], closers=[workers.close])
