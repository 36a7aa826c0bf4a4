"""A small web site on the loopback for the fetcher's tests: routes by path, and a note of every request.

Not a test. Host names are told apart by the Host header, so that one server stands for many hosts.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server saw it; `at` is monotonic seconds."""

    host: str
    path: str
    headers: dict[str, str]
    at: float


@dataclass(slots=True)
class Site:
    """A running server; answers 404 for a path without a route (robots.txt included)."""

    port: int = 0
    routes: dict[str, Answer] = field(default_factory=dict)
    fallback: Answer | None = None
    """Answers for every path without a route but robots.txt."""
    asked: list[Asked] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0

    def url(self, path: str, host: str = "bote.example") -> str:
        """The URL of a path at one of the hosts."""
        return f"http://{host}:{self.port}{path}"

    def paths(self, host: str | None = None) -> list[str]:
        """The paths asked for, robots.txt left out."""
        return [one.path for one in self.asked if one.path != "/robots.txt" and host in (None, one.host)]

    def text(
        self,
        path: str,
        body: str | bytes,
        *,
        status: int = 200,
        content_type: str = "text/html; charset=utf-8",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Serve a fixed body at `path`; validators among `headers` are not looked at."""
        raw = body.encode() if isinstance(body, str) else body

        async def answer(_request: web.Request) -> web.Response:
            return web.Response(
                body=raw, status=status, headers={"Content-Type": content_type, **(headers or {})}
            )

        self.routes[path] = answer

    def redirect(self, path: str, target: str, *, status: int = 302) -> None:
        """Send everybody from `path` to `target`."""
        self.text(path, "", status=status, headers={"Location": target})

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        self.asked.append(Asked(host, request.path_qs, dict(request.headers), time.monotonic()))
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            answer = self.routes.get(f"{host}{request.path}") or self.routes.get(request.path)
            if answer is None and request.path != "/robots.txt":
                answer = self.fallback
            if answer is None:
                return web.Response(status=404, text="not here")
            return await answer(request)
        finally:
            self.open_now -= 1


@asynccontextmanager
async def running_site() -> AsyncIterator[Site]:
    """A site on a free port of 127.0.0.1."""
    site = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site._handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    site.port = runner.addresses[0][1]
    try:
        yield site
    finally:
        await runner.cleanup()


def free_port() -> int:
    """A port of the loopback that the system has just given out, and that nobody else is likely to take soon."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def trickle(
    request: web.Request, *, part: bytes, pause_seconds: float, parts: int
) -> web.StreamResponse:
    """An answer that comes in small parts."""
    response = web.StreamResponse(headers={"Content-Type": "text/html"})
    await response.prepare(request)
    for _ in range(parts):
        await response.write(part)
        await asyncio.sleep(pause_seconds)
    await response.write_eof()
    return response
