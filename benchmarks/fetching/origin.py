"""The servers of 200 hosts on the loopback: `python -m benchmarks.fetching.origin CERTIFICATES [FEEDS]`.

One process, no framework, every answer made before the first request, so that the machine is left to the fetchers. Prints
the two ports (plain and TLS) as one line of JSON, and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import ssl
import sys
import zlib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, Final

HOSTS: Final = tuple(f"127.0.0.{number}" for number in range(2, 202))
SMALL_ITEMS: Final = 16
SMALL_BYTES: Final = 20_000
"""Of a feed that does not change: research/fetching.md, 3, measured its clients with bodies of this size."""
VARIANTS: Final = 4
"""A changing feed has this many states, each with an item more than the one before."""
SLOW_SECONDS: Final = 3.0

_ITEM: Final = re.compile(rb"<(item|entry)[ >].*?</\1>", re.DOTALL)
_IDENTITY: Final = re.compile(
    rb"(<(?:link|guid|id)\b[^>]*>)(?:<!\[CDATA\[)?\s*[^<\]]+\s*(?:\]\]>)?(</)|(<link\b[^>]*href=[\"'])[^\"']+"
)


def small_feed(number: int) -> bytes:
    """A feed of SMALL_ITEMS items and about SMALL_BYTES."""
    text = "Der Hafen meldet ruhige See und leere Kais. " * (SMALL_BYTES // SMALL_ITEMS // 48)
    items = "".join(
        f"<item><title>Meldung {place} aus {number}</title><link>http://{HOSTS[number % 200]}/a/{number}/{place}</link>"
        f"<guid>{number}-{place}</guid><pubDate>Mon, 22 Nov 2021 14:05:06 +0100</pubDate>"
        f"<description>{text}</description></item>"
        for place in range(SMALL_ITEMS)
    )
    return f"<rss version='2.0'><channel><title>Blatt {number}</title>{items}</channel></rss>".encode()


def states_of(body: bytes, name: str) -> list[bytes]:
    """`body`, and what it is after one, two … further items: its first one under addresses made of `name`.

    A feed whose items cannot be told so (JSON, broken XML) gets white space at its end: it has to be read as well.
    """
    first = _ITEM.search(body)
    states = [body]
    while first is not None and len(states) < VARIANTS:
        fresh = b"http://127.0.0.2/%s/%d" % (name.encode(), len(states))
        item = _IDENTITY.sub(_readdressed(fresh), first[0])
        last = states[-1]
        states.append(last[: first.start()] + item + last[first.start() :])
    return states if len(states) > 1 else [body + b"\n" * state for state in range(VARIANTS)]


def _readdressed(address: bytes) -> Callable[[re.Match[bytes]], bytes]:
    return lambda match: bytes((match[1] or match[3]) + address + (match[2] or b""))


def _answer(status: bytes, body: bytes, *headers: bytes) -> bytes:
    packed = zlib.compressobj(1, wbits=31)
    wire = packed.compress(body) + packed.flush() if body else b""
    lines = [
        b"HTTP/1.1 " + status,
        b"Content-Type: application/xml",
        b"Content-Length: %d" % len(wire),
        *([b"Content-Encoding: gzip"] if body else []),
        *headers,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + wire


class Answers:
    """What is served at which path; a changing feed goes a state on with every request that `/step` allows."""

    def __init__(self, folder: Path | None) -> None:
        small = [small_feed(number) for number in range(len(HOSTS))]
        self.same = [_answer(b"200 OK", body) for body in small]
        self.tagged = [_answer(b"200 OK", body, b'ETag: "1"') for body in small]
        self.unchanged = _answer(b"304 Not Modified", b"")
        files = sorted(folder.glob("*.gz")) if folder else []
        self.real = [
            [
                _answer(b"200 OK", state, b'ETag: "%d"' % place)
                for place, state in enumerate(states_of(gzip.decompress(path.read_bytes()), path.stem))
            ]
            for path in files
        ]
        self.step, self.stepped = 0, _answer(b"200 OK", b"")

    def to(self, path: str, headers: bytes) -> bytes:
        """The answer to one request."""
        kind, _, place = path.strip("/").partition("/")
        number = int(place or 0)
        if kind == "same":
            return self.same[number]
        if kind == "tagged":
            return self.unchanged if b"if-none-match" in headers.lower() else self.tagged[number]
        if kind == "real":
            # Every second feed has changed at each step, the others at the next one.
            states = self.real[number]
            state = min((self.step + number % 2) // 2, len(states) - 1)
            known = b'if-none-match: "%d"' % state in headers.lower()
            return self.unchanged if known else states[state]
        if kind == "step":
            self.step = number
            return self.stepped
        return self.unchanged


class Connection(asyncio.Protocol):
    """One connection: a request at a time."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._transport: Any = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer a whole request."""
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        self._buffer = rest
        path = head.split(b" ", 2)[1].decode()
        answer = self._answers.to(path, head)
        delay = SLOW_SECONDS if path.startswith("/slow") else 0.0
        asyncio.get_running_loop().call_later(delay, self._send, answer, b"Connection: close" in head)

    def _send(self, answer: bytes, close: bool) -> None:
        self._transport.write(answer)
        if close:
            self._transport.close()


def _context(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


async def serve(certificates: Path, folder: Path | None) -> None:
    """Serve until standard input ends."""
    answers = Answers(folder)
    loop = asyncio.get_running_loop()
    ports = {"http": 0, "https": 0}
    servers = []
    for name, host in product(ports, HOSTS):
        wrap = _context(certificates / f"{host}.pem") if name == "https" else None
        server = await loop.create_server(
            lambda: Connection(answers), host, ports[name], ssl=wrap, backlog=1024
        )
        ports[name] = server.sockets[0].getsockname()[1]
        servers.append(server)
    sys.stdout.write(json.dumps({**ports, "real": len(answers.real)}) + "\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    import uvloop

    arguments = [Path(argument) for argument in sys.argv[1:]]
    uvloop.run(serve(arguments[0], arguments[1] if len(arguments) > 1 else None))
