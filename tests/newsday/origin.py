"""The origin of a news day: all hosts on one port of the loopback, each at its own address, and a note of every request.

Not a test: `python -m tests.newsday.origin PORT LOG SIZE`. Notes are lines of JSON; times are seconds of the day.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TextIO

from aiohttp import web

from tests.newsday.plan import (
    CRAWL_DELAY_SECONDS,
    MAX_AGE_SECONDS,
    RETRY_AFTER_SECONDS,
    SLOW_SECONDS,
    Day,
    Feed,
    FeedKind,
    HostKind,
    Item,
    PageKind,
    Size,
    make_day,
)

_TEXT = "Die Fähre nach Olpenitz fährt ab Montag wieder, teilte die Reederei am Abend mit. " * 3
_BEGIN = datetime(2026, 3, 1, 6, tzinfo=UTC)


class Origin:
    """Answers for all hosts of the day."""

    def __init__(self, day: Day, log: TextIO) -> None:
        self._day = day
        self._began: float | None = None
        self._log = log
        self._hosts = {host.name: host for host in day.hosts}
        self._open: Counter[str] = Counter()
        self._asked: Counter[tuple[str, str]] = Counter()
        self._of_host: Counter[str] = Counter()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request, and its note."""
        host, path, at = request.host.partition(":")[0], request.path, self._now()
        self._open[host] += 1
        note: dict[str, Any] = {
            "at": round(at, 4),
            "host": host,
            "path": path,
            "open": self._open[host],
            "if_none_match": request.headers.get("If-None-Match"),
            "if_modified_since": request.headers.get("If-Modified-Since"),
        }
        try:
            response = await self._answer(host, path, at, request, note)
            note |= {
                "status": response.status,
                "etag": response.headers.get("ETag"),
                "last_modified": response.headers.get("Last-Modified"),
            }
            return response
        finally:
            self._open[host] -= 1
            note["end"] = round(self._now(), 4)
            self._log.write(
                json.dumps({key: value for key, value in note.items() if value is not None}) + "\n"
            )
            self._log.flush()

    @property
    def _start(self) -> float:
        """When the day began: with the first request, since processes take their time to start."""
        if self._began is None:
            self._began = time.time()
            print(self._began, flush=True)
        return self._began

    def _now(self) -> float:
        return time.time() - self._start

    async def _answer(
        self, host: str, path: str, at: float, request: web.Request, note: dict[str, Any]
    ) -> web.Response:
        kind = self._hosts[host].kind
        if path == "/robots.txt":
            return _robots(kind)
        self._of_host[host] += 1
        if kind is HostKind.LIMITED and self._of_host[host] % 12 == 0:
            note["not_before"] = self._now() + RETRY_AFTER_SECONDS
            return web.Response(status=429, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
        at_path = path.removeprefix("/to")
        if (feed := self._day.feed_at.get((host, at_path))) is not None:
            return self._feed(feed, path, at, request, note)
        if (item := self._day.item_at.get((host, at_path))) is not None:
            if kind is HostKind.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
            return self._page(host, item, path, at, request)
        return web.Response(status=404)

    def _feed(
        self, feed: Feed, path: str, at: float, request: web.Request, note: dict[str, Any]
    ) -> web.Response:
        if feed.kind is FeedKind.MOVED and path == feed.path:
            return web.Response(status=302, headers={"Location": f"/to{path}"})
        self._asked[feed.host.name, feed.path] += 1
        asked = self._asked[feed.host.name, feed.path]
        if feed.kind is FeedKind.BUSY and asked % 4 == 0:
            # A date has whole seconds: rounded up, so that the note is what was asked for at least.
            date = datetime.fromtimestamp(int(time.time()) + 1 + RETRY_AFTER_SECONDS, UTC)
            note["not_before"] = date.timestamp() - self._start
            return web.Response(status=503, headers={"Retry-After": format_datetime(date, usegmt=True)})
        listed = [item for item in (*feed.items, *feed.shared) if item.version(at)]
        version = sum(item.version(at) for item in listed)
        headers = _validators(feed, version)
        if _matches(feed, headers, request):
            return web.Response(status=304, headers=headers)
        salt = f"-{asked}" if feed.kind is FeedKind.VOLATILE else ""
        body = _document(feed, listed, at, request.host, salt, asked)
        return web.Response(body=body, content_type="application/rss+xml", headers=headers)

    def _page(self, host: str, item: Item, path: str, at: float, request: web.Request) -> web.Response:
        self._asked[host, path] += 1
        if item.page is PageKind.GONE:
            return web.Response(status=410)
        if item.page is PageKind.SHAKY and self._asked[host, path] == 1:
            return web.Response(status=500)
        if item.page is PageKind.MOVED and not path.startswith("/to"):
            return web.Response(status=302, headers={"Location": f"/to{path}"})
        headers = {"ETag": f'"{item.guid}  {item.version(at)}"'}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(
            headers=headers,
            text=f"<html lang='de'><head><title>Meldung {item.guid}</title></head><body><article>"
            f"<h1>Meldung {item.guid}</h1><p>Fassung {item.version(at)} der Meldung {item.guid}. {_TEXT}</p>"
            "</article></body></html>",
            content_type="text/html",
        )


def _robots(kind: HostKind) -> web.Response:
    if kind is HostKind.DOWN:
        return web.Response(status=500)
    if kind is HostKind.DELAY:
        return web.Response(text=f"User-agent: *\nCrawl-delay: {CRAWL_DELAY_SECONDS}\n")
    if kind is HostKind.CLOSED:
        return web.Response(text="User-agent: *\nDisallow: /intern/\n")
    return web.Response(status=404)


def _validators(feed: Feed, version: int) -> dict[str, str]:
    """What the feed serves, in spellings that have to come back byte for byte."""
    modified = format_datetime(_BEGIN + timedelta(seconds=version), usegmt=True).replace("2026 ", "2026  ")
    both = {"ETag": f'W/"{version}  {feed.path}"', "Last-Modified": modified}
    match feed.kind:
        case FeedKind.ETAG:
            return {"ETag": both["ETag"]}
        case FeedKind.MODIFIED:
            return {"Last-Modified": modified}
        case FeedKind.NONE | FeedKind.VOLATILE:
            return {}
        case FeedKind.MAX_AGE:
            return {**both, "Cache-Control": f"public, max-age={MAX_AGE_SECONDS}"}
    return both


def _matches(feed: Feed, headers: dict[str, str], request: web.Request) -> bool:
    if "ETag" in headers:
        return request.headers.get("If-None-Match") == headers["ETag"]
    if "Last-Modified" in headers:
        return request.headers.get("If-Modified-Since") == headers["Last-Modified"]
    return False


def _document(feed: Feed, listed: list[Item], at: float, host: str, salt: str, asked: int) -> bytes:
    items = "".join(
        f"<item><title>Meldung {item.guid}</title><guid isPermaLink='false'>{item.guid}{salt}</guid>"
        f"<link>http://{host}{item.path}</link><description>Fassung {item.version(at)}</description></item>"
        for item in sorted(listed, key=lambda item: -item.at)
    )
    # Not the field that readers know to leave out: without validators only the items say that nothing is new.
    mark = f"<generator>n{asked}</generator>"
    return f"<rss version='2.0'><channel><title>{feed.path}</title>{mark}{items}</channel></rss>".encode()


async def serve(port: int, log: Path, size: Size) -> None:
    """Serve until killed; prints one line when all hosts listen, and the time when the day has begun."""
    day = make_day(size)
    with log.open("a", encoding="utf-8") as notes:
        origin = Origin(day, notes)
        app = web.Application()
        app.router.add_route("GET", "/{path:.*}", origin.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        for host in day.hosts:
            if host.kind is not HostKind.DEAD:
                await web.TCPSite(runner, host.address, port, backlog=256).start()
        print("ready", flush=True)
        await asyncio.Event().wait()


def arguments(port: int, log: Path, size: Size) -> list[str]:
    """The arguments of the origin's process."""
    return [str(port), str(log), json.dumps(asdict(size))]


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), Size(**json.loads(sys.argv[3]))))
