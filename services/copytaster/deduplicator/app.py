"""Wires the deduplicator: a linker and a clusterer in every process; of the clusterers one is active per desk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from copytaster.deduplicator.io import clusterer, linker
from copytaster.deduplicator.io.clusters import Clusters
from copytaster.deduplicator.io.index import Index
from copytaster.deduplicator.io.sentence_encoder import encoder_named
from copytaster.deduplicator.io.sweeper import Sweeper
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.policy import load
from copytaster.keys import DAY_SECONDS
from copytaster.logs import Log, instance_name
from copytaster.settings import Settings
from copytaster.streams.consumers import consumer_name
from copytaster.streams.engine import Engine, Handler
from copytaster.streams.lease import Lease
from copytaster.streams.shell import Context, Parts, run_service

SERVICE = "deduplicator"

LINKING_AT_ONCE = 8
"""Stories whose look-ups overlap; the comparing itself runs one at a time."""


async def serve(settings: Settings) -> int:
    """Run the deduplicator until it is stopped; gives the exit code."""
    return await run_service(settings, service=SERVICE, build=build)


async def build(context: Context) -> Parts:
    """The engines of both roles, sharing one memory of features and one thread for comparing."""
    redis, keys = context.redis, context.keys
    index = Index(redis, keys)
    matcher = Matcher(load(), encoder_named(context.settings.encoder))
    cpu = ThreadPoolExecutor(max_workers=1, thread_name_prefix="compare")
    lease = Lease(redis, keys, clusterer.GROUP, instance_name())
    close_ms = round(context.settings.cluster_close_days * DAY_SECONDS * 1000)
    clusters = Clusters(redis, keys, index, close_ms=close_ms)
    link = linker.Linker(redis, keys, index, matcher, cpu)
    cluster = clusterer.Clusterer(redis, keys, clusters, matcher, lease, cpu)
    engines = [
        _engine(context, "stories", linker.GROUP, link, LINKING_AT_ONCE, Log.STORY_COMPARED),
        _engine(context, "links", clusterer.GROUP, cluster.compared, 1, Log.CLUSTERS_DERIVED, lease=lease),
        _engine(context, "decisions", clusterer.GROUP, cluster.decided, 1, Log.DECISION_APPLIED, lease=lease),
    ]
    sweeper = Sweeper(redis, keys, clusters, lease, matcher.policy.version)

    async def close() -> None:
        cpu.shutdown(wait=False, cancel_futures=True)

    return Parts(
        engines=engines,
        loops=[partial(lease.keep, context.patience), partial(sweeper.forever, context.patience)],
        trims=["links", "clusters"],
        closers=[close],
    )


def _engine(
    context: Context,
    stream: str,
    group: str,
    handler: Handler,
    concurrency: int,
    closing: Log,
    *,
    lease: Lease | None = None,
) -> Engine:
    return Engine(
        context.redis,
        context.keys,
        stream=stream,
        group=group,
        consumer=consumer_name(),
        service=SERVICE,
        handler=handler,
        concurrency=concurrency,
        capacity=context.settings.batch_entries,
        first_retry_seconds=context.settings.retry_seconds,
        patience=context.patience,
        closing=closing,
        may_read=lease.held if lease else None,
    )
