"""The shell of a service: settings in, an exit code out. Starts FastStream, the health routes and the loops, stops them in order.

`run_service` is the only way a service runs, in a container and under `copytaster run` alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import uvicorn
from faststream.asgi import AsgiFastStream
from faststream.redis import RedisBroker

from copytaster.errors import Misconfigured
from copytaster.keys import DAY_SECONDS, Keys
from copytaster.logs import Log, configure, get_logger
from copytaster.settings import Settings
from copytaster.streams.client import Client
from copytaster.streams.connection import open_broker, open_redis, wait_for_redis
from copytaster.streams.delivery import Delivery
from copytaster.streams.ending import EXIT_OK, STOP_SECONDS, Ending
from copytaster.streams.engine import Engine
from copytaster.streams.groups import ensure_group
from copytaster.streams.health import Health, routes
from copytaster.streams.metrics import Metrics, Sources
from copytaster.streams.patience import Patience, Stopped
from copytaster.streams.presence import Presence, announce, announce_forever
from copytaster.streams.reader import PatientReads, install_patience, subscribe
from copytaster.streams.trim import Rules, trim_forever

EXIT_BUG = 70
"""EX_SOFTWARE of sysexits.h: a loop ended that must never end."""
EXIT_MISCONFIGURED = 2
COLLECT_AFTER_OBJECTS: Final = 5_000
"""Above what the entries in hand are made of, so that a walk finds garbage instead of work; Python's own choice is 700."""
Loop = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Context:
    """What the shell gives a service to build itself from."""

    settings: Settings
    redis: Client
    keys: Keys
    patience: Patience
    metrics: Metrics | None = None


@dataclass(slots=True)
class Parts:
    """What a service is made of.

    `loops` run beside the engines until `patience` is stopped; `beats` are their signs of life; `details` is what the
    readiness tells beside itself, `holding` why it waits, if it may; `balances` whether it tells of the ledger; `trims` names the streams this service writes and therefore trims; `closers` run last.
    """

    engines: Sequence[Engine] = ()
    loops: Sequence[Loop] = ()
    beats: Sequence[Callable[[], float]] = ()
    details: Sequence[Callable[[], dict[str, Any]]] = ()
    holding: Callable[[], str | None] | None = None
    balances: bool = False
    trims: Sequence[str] = ()
    closers: Sequence[Loop] = field(default_factory=tuple)


Build = Callable[[Context], Awaitable[Parts]]


async def run_service(settings: Settings, *, service: str, build: Build) -> int:
    """Run a service until SIGTERM or SIGINT; gives the exit code. Never raises for an operator's mistake."""
    configure(service=service, desk=settings.desk, level=settings.log_level, json_lines=settings.log_json)
    patience = Patience()
    with _signals(patience):
        try:
            redis = open_redis(settings)
        except Misconfigured as error:
            return _refuse(error)
        try:
            return await _run(Context(settings, redis, Keys(settings.desk), patience), service, build)
        except Misconfigured as error:
            return _refuse(error)
        except Stopped:
            return EXIT_OK
        finally:
            await redis.aclose()


def _refuse(error: Misconfigured) -> int:
    get_logger().critical(Log.SERVICE_MISCONFIGURED, status="refused", reason=str(error))
    return EXIT_MISCONFIGURED


async def _run(context: Context, service: str, build: Build) -> int:
    await wait_for_redis(context.redis, context.patience)
    metrics = Metrics(service)
    parts = await build(replace(context, metrics=metrics))
    broker = open_broker(context.settings, graceful_timeout=STOP_SECONDS)
    for engine in parts.engines:
        engine.decider.metrics = metrics
        subscribe(broker, engine, batch_entries=context.settings.batch_entries)
        await context.patience.until_redis_answers(
            partial(ensure_group, context.redis, engine.stream, engine.group)
        )
    presence = Presence.of_this_process(service)
    write = partial(announce, context.redis, context.keys, presence)
    health = Health(context.redis, parts.engines, list(parts.beats), parts.details, write)
    reads = await install_patience(broker, context.redis, context.patience, parts.engines)
    if parts.engines:
        health.beats.append(lambda: reads.last_return)
    try:
        served = routes(health, partial(metrics.exposition, context.redis, context.keys, _sources(parts)))
        return await _serve(context, presence, broker, parts, served, reads)
    finally:
        for close in parts.closers:
            await close()


def _sources(parts: Parts) -> Sources:
    """The streams that the process reads and those it writes; a stream's other writers tell the same of it."""
    read = [engine.stream.rpartition(":")[2] for engine in parts.engines]
    return Sources(tuple(dict.fromkeys((*read, *parts.trims))), parts.balances, parts.holding)


async def _serve(
    context: Context,
    presence: Presence,
    broker: RedisBroker,
    parts: Parts,
    served: Sequence[tuple[str, Any]],
    reads: PatientReads,
) -> int:
    app = AsgiFastStream(broker, asgi_routes=served, logger=None)
    server = _Server(
        uvicorn.Config(
            app,
            host=context.settings.health_host,
            port=context.settings.health_port,
            log_config=None,
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=3,
        )
    )
    ending = Ending(context.patience, parts.engines, reads, server, context.settings.claim_idle_seconds)
    async with _looping(context, parts, ending, presence) as failed:
        get_logger().info(Log.SERVICE_STARTED, status="started", health_port=context.settings.health_port)
        try:
            with _rare_collections():
                await server.serve()
        except SystemExit as error:
            raise Misconfigured(
                f"the health routes cannot listen on {context.settings.health_host}:{context.settings.health_port}; "
                "is COPYTASTER_HEALTH_PORT taken?"
            ) from error
        finally:
            context.patience.stop()
    if context.patience.refusal is not None:
        return _refuse(context.patience.refusal)
    status, code = ("failed", EXIT_BUG) if failed else ending.status_and_code()
    get_logger().info(Log.SERVICE_STOPPED, status=status)
    return code


class _Server(uvicorn.Server):
    """Leaves the signals to the shell: uvicorn would end the process by the signal itself, after all is done."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def _looping(
    context: Context, parts: Parts, ending: Ending, presence: Presence
) -> AsyncIterator[list[BaseException]]:
    """Run the loops beside the server; a loop that fails ends the service, so that it is restarted and seen."""
    failed: list[BaseException] = []
    loops: list[Loop] = [*parts.loops, *_upkeep(context, parts, ending.delivery, presence), ending]
    tasks = [asyncio.create_task(_watch(loop, context.patience, failed)) for loop in loops]
    renewals = asyncio.create_task(ending.delivery.renew_forever())
    try:
        yield failed
    finally:
        _, late = await asyncio.wait(tasks, timeout=ending.seconds_left)
        for task in (*late, renewals):
            task.cancel()
        await asyncio.gather(*late, renewals, return_exceptions=True)


def _upkeep(context: Context, parts: Parts, delivery: Delivery, presence: Presence) -> Iterator[Loop]:
    """The loops that every service needs: its signs of life, and care for its engines and the streams it writes."""
    yield partial(announce_forever, context.redis, context.keys, presence, context.patience)
    yield delivery.claim_forever
    if parts.trims:
        rules = _trim_rules(context.settings)
        yield partial(trim_forever, context.redis, context.keys, parts.trims, context.patience, rules)


def _trim_rules(settings: Settings) -> Rules:
    return Rules(
        settings.subscriber_hold_days * DAY_SECONDS,
        settings.subscriber_hold_memory_percent / 100,
        settings.drops_max_entries,
    )


async def _watch(loop: Loop, patience: Patience, failed: list[BaseException]) -> None:
    try:
        await loop()
    except Stopped:
        return
    except Exception as error:
        failed.append(error)
        get_logger().critical(Log.SERVICE_STOPPED, status="failed", exc_info=error)
        patience.stop()


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Keep what the service is made of out of the garbage collector's walks, and walk less often.

    Measured with `benchmarks.delivery`: the walks take 8 to 10 % of the CPU time of an entry otherwise.
    """
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


@contextlib.contextmanager
def _signals(patience: Patience) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, patience.stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
