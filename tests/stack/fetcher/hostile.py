"""Hostile feeds, and the server that serves them: what each sends, byte for byte. Not a test."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import brotli  # type: ignore[import-untyped]
from backports import zstd

MB: Final = 1024 * 1024
ITEM: Final = b"<item><title>t</title><link>http://bote.example/%d</link></item>"


@dataclass(frozen=True)
class Served:
    """One hostile answer; the body is sent as it is, `chunks` times, with a pause before each."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    status: str = "200 OK"
    chunks: int = 1
    pause_seconds: float = 0.0
    length: int | None = None
    """What Content-Length says; None leaves it out where there are several chunks."""


def rss(
    inside: bytes, head: bytes = b"", declaration: bytes = b'<?xml version="1.0" encoding="utf-8"?>'
) -> bytes:
    """An RSS document."""
    return declaration + head + b"<rss version='2.0'><channel><title>x</title>" + inside + b"</channel></rss>"


def filled(part: bytes, size: int = 4 * MB) -> bytes:
    """`part` as often as it fits."""
    return part * (size // len(part))


def items(count: int, form: bytes = ITEM) -> bytes:
    """So many items, each with an address of its own."""
    return b"".join(form % number for number in range(count))


def brotlied(data: bytes) -> bytes:
    """Brotli at its lowest quality."""
    return bytes(brotli.compress(data, quality=1))


def laughs(depth: int = 9) -> bytes:
    """A billion laughs."""
    rows = [b'<!ENTITY a0 "ha">']
    rows += [b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, depth + 1)]
    return b"<!DOCTYPE rss [" + b"".join(rows) + b"]>"


def packed(pack: Callable[[bytes], bytes], name: str) -> Served:
    """A bomb of 64 MB of zeros."""
    return Served(pack(bytes(64 * MB)), {"Content-Encoding": name})


def cases() -> dict[str, Served]:
    """All hostile answers by name."""
    title = b"<item><title>%s</title></item>"
    once = gzip.compress(rss(filled(ITEM % 1, 48 * MB)), 1)
    return {
        **_encodings(once),
        **_entities(),
        **_wire(),
        **_markup(title),
        **_characters(title),
        **_not_xml(),
    }


def _encodings(once: bytes) -> dict[str, Served]:
    return {
        "bomb gzip": packed(lambda data: gzip.compress(data, 6), "gzip"),
        "bomb deflate": packed(lambda data: zlib.compress(data, 6), "deflate"),
        "bomb brotli": packed(brotlied, "br"),
        "bomb zstd": packed(lambda data: zstd.compress(data, 1), "zstd"),
        "bomb of valid feed": Served(once, {"Content-Encoding": "gzip"}),
        "bomb in a bomb": Served(gzip.compress(once), {"Content-Encoding": "gzip, gzip"}),
        "bomb as a gzip file": Served(gzip.compress(bytes(64 * MB)), {"Content-Type": "application/gzip"}),
        "gzip that breaks off": Served(gzip.compress(rss(items(2000)))[:-500], {"Content-Encoding": "gzip"}),
        "gzip that is none": Served(rss(b""), {"Content-Encoding": "gzip"}),
        "zstd that is none": Served(rss(b""), {"Content-Encoding": "zstd"}),
        "unknown encoding": Served(filled(b"\x9f\x01", MB), {"Content-Encoding": "lzma"}),
    }


def _entities() -> dict[str, Served]:
    external = b'<!DOCTYPE rss [<!ENTITY x SYSTEM "%s">]>'
    item = b"<item><title>&x;</title></item>"
    return {
        "laughs": Served(rss(b"<item><title>&a9;</title></item>", laughs())),
        "laughs in a sitemap": Served(laughs() + b"<urlset><url><loc>&a9;</loc></url></urlset>"),
        "quadratic entity": Served(
            rss(
                b"<item><title>" + b"&a;" * 50_000 + b"</title></item>",
                b'<!DOCTYPE rss [<!ENTITY a "%s">]>' % (b"A" * 50_000),
            )
        ),
        "entity of a file": Served(rss(item, external % b"file:///etc/passwd")),
        "entity of an address": Served(rss(item, external % b"http://127.0.0.1:1/")),
        "parameter entity": Served(
            rss(b"", b'<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;]>')
        ),
        "external subset": Served(rss(item, b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/x.dtd">')),
        "doctype without end": Served(b"<!DOCTYPE rss [" + filled(b"<!ENTITY a 'b'", 2 * MB)),
    }


def _wire() -> dict[str, Served]:
    here = {"Location": ""}
    return {
        "endless body": Served(b"<item>" * 10_000, chunks=10_000),
        "trickle": Served(b"<", chunks=10_000, pause_seconds=0.05),
        "silence": Served(b"", chunks=2, pause_seconds=30),
        "length that says too much": Served(rss(b""), length=10_000),
        "length that says too little": Served(rss(items(500)), length=100),
        "length beyond the limit": Served(rss(b""), length=10**12),
        "one huge header": Served(b"", {"X-A": "a" * (2 * MB)}),
        "many headers": Served(b"", {f"X-{number}": "a" * 100 for number in range(20_000)}),
        "redirect to itself": Served(b"", here, status="302 Found"),
        "redirect to a file": Served(b"", {"Location": "file:///etc/passwd"}, status="301 Moved Permanently"),
        "redirect to metadata": Served(
            b"", {"Location": "http://169.254.169.254/latest/"}, status="302 Found"
        ),
        "redirect to a huge address": Served(
            b"", {"Location": "http://a.example/" + "a" * 60_000}, status="302 Found"
        ),
        "no status": Served(b"", status="-7 \x00"),
    }


def _markup(title: bytes) -> dict[str, Served]:
    return {
        "deep nesting": Served(rss(b"<a>" * 200_000)),
        "deep nesting in an item": Served(
            rss(b"<item><description>" + b"<b>" * 100_000 + b"</description></item>")
        ),
        "100,000 items": Served(rss(items(70_000))),
        "170,000 empty items": Served(rss(filled(b"<item></item>", 2 * MB))),
        "items without end tags": Served(rss(filled(b"<item><title>x", 2 * MB))),
        "bare ampersands": Served(rss(filled(title % b"a & b && c", MB))),
        "less-than in CDATA": Served(rss(title % (b"<![CDATA[" + filled(b"<", 2 * MB) + b"]]>"))),
        "CDATA without end": Served(rss(b"<item><title><![CDATA[" + filled(b"a<b ", 2 * MB))),
        "comment without end": Served(rss(b"<!-- " + filled(b"- ", 2 * MB))),
        "breaks off in a tag": Served(rss(items(3000))[:-11]),
        "huge attribute": Served(rss(b"<item><enclosure url='" + filled(b"a", 4 * MB) + b"'/></item>")),
        "many attributes": Served(rss(b"<item " + b" ".join(b"a%d='b'" % n for n in range(100_000)) + b"/>")),
        "many namespaces": Served(
            rss(b"<item " + b" ".join(b"xmlns:a%d='b%d'" % (n, n) for n in range(20_000)) + b"/>")
        ),
        "huge title": Served(rss(title % filled(b"Titel ", 4 * MB))),
        "huge guid": Served(rss(b"<item><guid>" + filled(b"g", 4 * MB) + b"</guid><title>t</title></item>")),
        "huge date": Served(
            rss(b"<item><title>t</title><pubDate>" + filled(b"1 ", 4 * MB) + b"</pubDate></item>")
        ),
        "many categories": Served(
            rss(b"<item><title>t</title>" + filled(b"<category>c</category>", MB) + b"</item>")
        ),
        "one guid for all": Served(
            rss(items(5_000, b"<item><guid>g</guid><link>http://b.example/%d</link></item>"))
        ),
    }


def _characters(title: bytes) -> dict[str, Served]:
    return {
        "wrong charset": Served(
            rss(title % "Grüße".encode("latin-1"), declaration=b'<?xml version="1.0" encoding="utf-16"?>')
        ),
        "unknown charset": Served(rss(title % b"t", declaration=b'<?xml version="1.0" encoding="klingon"?>')),
        "broken UTF-8": Served(rss(title % filled(b"\xff\xc3(", MB))),
        "zero bytes": Served(rss(title % bytes(2 * MB))),
        "surrogates": Served(rss(title % filled(b"&#55357;", MB))),
        "huge reference": Served(rss(title % (b"&#" + b"9" * (2 * MB) + b";"))),
        "four-byte characters": Served(rss(title % filled("𝕬".encode(), 4 * MB))),
        "UTF-16": Served(rss(items(9000)).decode().replace("utf-8", "utf-16").encode("utf-16")),
    }


def _not_xml() -> dict[str, Served]:
    wide = json.dumps({"version": "1", "items": [{"id": str(number)} for number in range(150_000)]}).encode()
    return {
        "JSON of great depth": Served(b'{"items":' + b"[" * (4 * MB)),
        "JSON of great width": Served(wide),
        "JSON with a huge number": Served(b'{"items":[{"id":' + b"9" * MB + b"}]}"),
        "HTML": Served(b"<!doctype html><html>" + filled(b"<div>", 4 * MB)),
        "a body that is an address": Served(b"http://127.0.0.1:1/feed.xml"),
        "a body that is a path": Served(b"/etc/passwd"),
        "nothing": Served(b""),
        "noise": Served(bytes(range(256)) * (4 * MB // 256)),
        "sitemap of great size": Served(
            b"<urlset>" + filled(b"<url><loc>http://b.example/</loc><news:news/></url>") + b"</urlset>"
        ),
    }


class Villain:
    """The server of all cases: `/0`, `/1`, … in the order of `cases`; counts its connections."""

    def __init__(self, served: Mapping[str, Served]) -> None:
        self.port = 0
        self._served = list(served.values())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, answered to its bitter end or until the client has enough."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            case = self._served[int(head.split(b" ", 2)[1].strip(b"/"))]
            await self._send(case, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    async def _send(self, case: Served, writer: asyncio.StreamWriter) -> None:
        length = len(case.body) if case.length is None and case.chunks == 1 else case.length
        headers = {**case.headers, **({} if length is None else {"Content-Length": str(length)})}
        lines = [f"HTTP/1.1 {case.status}", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        for _ in range(case.chunks):
            await asyncio.sleep(case.pause_seconds)
            writer.write(case.body)
            await writer.drain()


@asynccontextmanager
async def running_villain(served: Mapping[str, Served]) -> AsyncIterator[Villain]:
    """The server on a free port of 127.0.0.1."""
    villain = Villain(served)
    server = await asyncio.start_server(villain.serve, "127.0.0.1", 0)
    villain.port = server.sockets[0].getsockname()[1]
    try:
        yield villain
    finally:
        server.close()
