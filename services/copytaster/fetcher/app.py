"""Wires the fetcher: settings, Redis, the HTTP client, the lane of feeds, the lane of articles, the feeds file."""

from __future__ import annotations

import gc
from dataclasses import dataclass

from copytaster.errors import Misconfigured
from copytaster.fetcher.io.access_book import AccessBook, checked_proxies
from copytaster.fetcher.io.articles import Articles
from copytaster.fetcher.io.client import Client, Limits
from copytaster.fetcher.io.feeds_file import FeedsFile
from copytaster.fetcher.io.gate import Gate
from copytaster.fetcher.io.lane import Lane
from copytaster.fetcher.io.looks import Looks
from copytaster.fetcher.io.pacing import Pacing
from copytaster.fetcher.io.pages import Pages
from copytaster.fetcher.io.poller import Poller
from copytaster.fetcher.io.reading import MAX_SECONDS, Reader
from copytaster.fetcher.io.store import LEASE_MS, Store
from copytaster.fetcher.networks import AddressPolicy, parse_networks, parse_static_hosts
from copytaster.fetcher.pressure import Limits as PressureLimits
from copytaster.fetcher.schedule import ARTICLE_RETRY_SECONDS
from copytaster.logs import Log, get_logger
from copytaster.settings import Settings
from copytaster.streams.patience import Patience
from copytaster.streams.shell import Context, Loop, Parts, run_service

FEED_SPACING_SECONDS = 1.0
"""Least time between two polls of one host; with a smaller spacing for pages that one holds for feeds, too."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Times and limits that are no settings: right for every desk, but too long for a test."""

    lease_ms: int = LEASE_MS
    article_retry_seconds: float = ARTICLE_RETRY_SECONDS
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    read_seconds: float = MAX_SECONDS


async def serve(settings: Settings) -> int:
    """Run the fetcher until SIGTERM or SIGINT; gives the exit code."""
    keep_for_good()
    return await run_service(settings, service="fetcher", build=build)


def keep_for_good() -> None:
    """Have the garbage collector never look again at what is loaded now: 20 ms of each of its full rounds."""
    gc.collect()
    gc.freeze()


async def build(context: Context, tuning: Tuning = Tuning()) -> Parts:
    """The parts of the fetcher; raises Misconfigured for a wrong setting or feeds file."""
    settings, patience = context.settings, context.patience
    client = await make_client(settings).__aenter__()
    reader = Reader(max_seconds=tuning.read_seconds)
    accesses = AccessBook(settings.fetch_proxies)
    try:
        store = Store(context.redis, context.keys, lease_ms=tuning.lease_ms)
        poller = Poller(
            client,
            store,
            context.keys,
            patience,
            reader,
            accesses,
            Pacing(
                store,
                polls_per_second=settings.polls_per_second,
                shortest_seconds=settings.poll_interval_seconds,
            ),
            limits=tuning.limits,
        )
        asker = Pages(client, store, patience, tuning.limits)
        gate = Gate(
            context.redis,
            context.keys,
            patience,
            PressureLimits(settings.hold_entries, settings.hold_memory_percent),
        )
        articles = Articles(
            asker,
            store,
            context.keys,
            patience,
            gate,
            spacing_seconds=settings.host_spacing_seconds,
            retry_seconds=tuning.article_retry_seconds,
            offsets=settings.refetch_after_seconds,
        )
        looks = Looks(
            asker,
            store,
            context.keys,
            patience,
            offsets=settings.refetch_after_seconds,
            spacing_seconds=settings.host_spacing_seconds,
        )
        slots = max(settings.fetch_concurrency // 2, 1)
        page_spacing_ms = int(settings.host_spacing_seconds * 1000)
        feed_spacing_ms = min(page_spacing_ms, int(FEED_SPACING_SECONDS * 1000))
        polls = Lane(
            lambda limit: store.claim_feeds(limit, spacing_ms=feed_spacing_ms),
            store.renew_feeds,
            poller.poll,
            slots=slots,
            lease_seconds=store.lease_seconds,
            patience=patience,
            may_claim=gate.is_open,
        )
        pages = Lane(
            lambda limit: store.claim_items(limit, spacing_ms=page_spacing_ms),
            store.renew_items,
            articles.fetch,
            slots=slots,
            lease_seconds=store.lease_seconds,
            patience=patience,
            may_claim=gate.is_open,
        )
        again = Lane(
            lambda limit: store.claim_looks(limit, spacing_ms=page_spacing_ms),
            store.renew_looks,
            looks.look,
            slots=max(slots // 4, 1),
            lease_seconds=store.lease_seconds,
            patience=patience,
            may_claim=gate.is_open,
        )
        poller.on_wanted = pages.wake
        if context.metrics is not None:
            poller.on_end = articles.on_end = looks.on_end = context.metrics.ended
        lanes = [polls, pages, again] if settings.contact is not None else []
        loops: list[Loop] = [gate.watch, *(lane.run for lane in lanes)]
        if settings.feeds_file is not None:
            feeds_file = FeedsFile(settings.feeds_file, store, context.keys, patience, accesses)
            await feeds_file.apply()
            loops.append(feeds_file.watch)
        await patience.until_redis_answers(gate.look)
        await _say_why_idle(settings, store, patience)
    except BaseException:
        await client.close()
        raise
    return Parts(
        loops=loops,
        beats=[lane.beat for lane in lanes],
        details=[gate.details],
        holding=gate.reason,
        balances=True,
        trims=["articles", "feeds", "drops"],
        closers=[reader.close, client.close],
    )


async def _say_why_idle(settings: Settings, store: Store, patience: Patience) -> None:
    """One line each where there is nobody that publishers can write to, and where there is nothing to poll."""
    if settings.contact is None:
        get_logger().warning(
            Log.POLLING_REFUSED,
            status="idle",
            reason="COPYTASTER_CONTACT is not set: publishers must be able to write to whoever polls them",
            mend="set COPYTASTER_CONTACT to an address or a URL of yours and start again",
        )
    if not await patience.until_redis_answers(store.listed):
        get_logger().info(
            Log.FEEDS_AWAITED,
            status="idle",
            mend="copytaster feeds add ADDRESS, or copytaster feeds import FILE.opml, or name them in the feeds file",
        )


def make_client(settings: Settings) -> Client:
    """The HTTP client that the settings ask for; raises Misconfigured naming the setting that is wrong."""
    networks = parse_networks(
        ",".join(settings.fetch_allow_networks), setting="COPYTASTER_FETCH_ALLOW_NETWORKS"
    )
    hosts = parse_static_hosts(",".join(settings.fetch_resolve), setting="COPYTASTER_FETCH_RESOLVE")
    if settings.contact is not None and not (settings.contact.isascii() and settings.contact.isprintable()):
        raise Misconfigured(
            "COPYTASTER_CONTACT: only plain ASCII fits into the user agent, such as an address or a URL"
        )
    policy = AddressPolicy(networks, frozenset(settings.fetch_allow_ports))
    proxies = checked_proxies(settings.fetch_proxies, setting="COPYTASTER_FETCH_PROXIES")
    return Client(policy=policy, hosts=hosts, contact=settings.contact, proxies=proxies)
