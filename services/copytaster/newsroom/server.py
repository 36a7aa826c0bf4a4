"""The demo newsroom's web server: all outlets on one port, told apart by the Host header.

Only sockets and the clock are here; what is answered is decided in `desk`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from copytaster.errors import Misconfigured
from copytaster.newsroom.desk import Desk
from copytaster.newsroom.edition import Edition
from copytaster.newsroom.model import Catalogue
from copytaster.newsroom.timetable import (
    DEFAULT_CORRECT_AFTER_SECONDS,
    DEFAULT_PACE_SECONDS,
    DEFAULT_VANISH_AFTER_SECONDS,
    timetable,
)

LOOPBACK: Final = "127.0.0.1"

_SHUTDOWN_SECONDS: Final = 2.0
"""Answers take milliseconds; a client that keeps its connection open must not hold up the end of a demo."""


@dataclass(frozen=True, slots=True)
class RunningNewsroom:
    """A newsroom that answers on `port` until `close` is awaited."""

    host: str
    port: int
    desk: Desk
    _runner: web.AppRunner

    async def close(self) -> None:
        """Stop listening; safe to await twice."""
        await self._runner.cleanup()


async def serve(
    catalogue: Catalogue,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    started_at: datetime | None = None,
    pace_seconds: float = DEFAULT_PACE_SECONDS,
    correct_after_seconds: float = DEFAULT_CORRECT_AFTER_SECONDS,
    vanish_after_seconds: float = DEFAULT_VANISH_AFTER_SECONDS,
    monotonic: Callable[[], float] = time.monotonic,
) -> RunningNewsroom:
    """A newsroom that listens on `host` and `port` (0: any free one) and lets its items out in waves.

    `started_at` (aware; now if None) is what publication times count back from, `monotonic` the clock of its course.
    Raises Misconfigured where the address cannot be listened on.
    """
    course = timetable(
        catalogue,
        pace_seconds=pace_seconds,
        correct_after_seconds=correct_after_seconds,
        vanish_after_seconds=vanish_after_seconds,
    )
    desk = Desk(Edition(catalogue, started_at or datetime.now(UTC), port), course)
    began = monotonic()

    async def answer(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        name = request.host.partition(":")[0]
        given = desk.answer(name, request.path, headers, monotonic() - began)
        return web.Response(
            status=given.status,
            body=given.body,
            headers={"Content-Type": given.content_type, "Cache-Control": "no-cache", **given.headers},
        )

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    bound = await _listen(runner, host, port)
    desk.edition = Edition(catalogue, desk.edition.started_at, bound)
    return RunningNewsroom(host, bound, desk, runner)


async def _listen(runner: web.AppRunner, host: str, port: int) -> int:
    """The port that is listened on."""
    try:
        await web.TCPSite(runner, host, port).start()
    except (OSError, OverflowError) as error:
        await runner.cleanup()
        why = f"the newsroom cannot listen on {host}:{port} ({error}); choose another with --bind and --port"
        raise Misconfigured(why) from error
    return int(runner.addresses[0][1])
