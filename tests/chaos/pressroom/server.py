"""Serves the storm's newsroom: feeds, pages, robots.txt, by the Host header; takes corrections at `/correct`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

from aiohttp import web

from .press import OUTLETS, Piece, edition, host

ROBOTS = "User-agent: *\nDisallow: /intern/\n"


class Pressroom:
    """The items that are out by now; each comes out a share of `release_seconds` after the one before."""

    def __init__(self, points: int, release_seconds: float) -> None:
        self._pieces = edition(points)
        self._release_seconds = release_seconds
        self._began = time.monotonic()
        self._opened = datetime.now(UTC).replace(microsecond=0)
        self._corrected: dict[int, datetime] = {}

    def out(self) -> list[Piece]:
        """What is out by now, oldest first."""
        share = (time.monotonic() - self._began) / self._release_seconds if self._release_seconds else 1.0
        return self._pieces[: int(min(share, 1.0) * len(self._pieces))]

    async def answer(self, request: web.Request) -> web.Response:
        """The answer to any request."""
        path = request.path
        if path == "/health":
            return web.Response(text="ok")
        if path == "/correct":
            return self._correct(request)
        if path == "/robots.txt":
            return web.Response(text=ROBOTS)
        name = request.host.partition(":")[0]
        if path == "/feed.xml":
            return web.Response(text=self._feed(name, request.host), content_type="application/rss+xml")
        for piece in self._pieces:
            if piece.path == path and host(piece.outlet) == name:
                return web.Response(text=self._page(piece, request.host), content_type="text/html")
        return web.Response(status=404, text="there is no such page")

    def _correct(self, request: web.Request) -> web.Response:
        for number in request.query.getall("number"):
            self._corrected.setdefault(int(number), datetime.now(UTC).replace(microsecond=0))
        return web.Response(text="corrected")

    def _published(self, piece: Piece) -> datetime:
        return self._opened - timedelta(hours=6) + timedelta(seconds=piece.number)

    def _feed(self, name: str, address: str) -> str:
        items = "".join(
            self._item(piece, address) for piece in reversed(self.out()) if host(piece.outlet) == name
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">'
            f"<channel><title>{name}</title><link>http://{address}/</link><description>Storm news</description>"
            f"{items}</channel></rss>"
        )

    def _item(self, piece: Piece, address: str) -> str:
        corrected = self._corrected.get(piece.number)
        updated = f"<atom:updated>{corrected.isoformat()}</atom:updated>" if corrected else ""
        title = f"Corrected: {piece.title}" if corrected else piece.title
        link = f"http://{address}{piece.path}"
        return (
            f"<item><title>{escape(title)}</title><link>{link}</link><guid>{link}</guid>"
            f"<pubDate>{format_datetime(self._published(piece))}</pubDate>{updated}</item>"
        )

    def _page(self, piece: Piece, address: str) -> str:
        paragraphs = list(piece.paragraphs)
        if piece.number in self._corrected and len(paragraphs) > 1:
            paragraphs[1] = piece.corrected
        body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
        published = self._published(piece).isoformat()
        url = f"http://{address}{piece.path}"
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(piece.title)}</title>'
            f'<link rel="canonical" href="{url}"><meta property="og:type" content="article">'
            f'<meta property="og:title" content="{escape(piece.title)}">'
            f'<meta property="article:published_time" content="{published}"></head>'
            f"<body><nav><a href='/'>Front page</a> <a href='/sport'>Sport</a></nav><main><article>"
            f'<h1>{escape(piece.title)}</h1><time datetime="{published}">{published}</time>{body}</article></main>'
            f"<footer>Imprint of {escape(host(piece.outlet))}</footer></body></html>"
        )


def feeds_toml(port: int, *, interval_seconds: int = 5) -> str:
    """The feeds file for all outlets."""
    feeds = (
        f'[[feeds]]\nurl = "http://{host(number)}:{port}/feed.xml"\noutlet = "{host(number)}"\n'
        f'title = "Outlet {number}"\ninterval_seconds = {interval_seconds}\n'
        for number in range(OUTLETS)
    )
    return "\n".join(feeds)


async def open_pressroom(pressroom: Pressroom, *, bind: str, port: int) -> tuple[web.AppRunner, int]:
    """Listen; gives what closes it and the port."""
    app = web.Application()
    app.router.add_get("/{path:.*}", pressroom.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, bind, port).start()
    return runner, int(runner.addresses[0][1])
