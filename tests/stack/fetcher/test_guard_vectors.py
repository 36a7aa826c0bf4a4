"""Ways to a private address, each tried for real: a listener on every address of this machine must see no connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from copytaster.fetcher.access import FeedAccess
from copytaster.fetcher.document import UnreadableFeed
from copytaster.fetcher.io.client import Client, FetchFailed, Limits, Response
from copytaster.fetcher.io.finder import Finder, NoFeed
from copytaster.fetcher.io.reading import Reader
from copytaster.fetcher.io.sitemaps import Sitemaps
from copytaster.fetcher.networks import AddressPolicy, parse_networks
from copytaster.fetcher.parsing import parse_feed

LIMITS = Limits(connect_seconds=1, silence_seconds=1, total_seconds=2)

HOSTS = [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0x0.0x0.0x1",
    "0177.0.0.1",
    "017700000001",
    "127.000.000.001",
    "127.0.0.1.",
    "0",
    "0.0.0.0",
    "0.0.0.1",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "a.localhost",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127%2e0%2e0%2e1",
    "loc%61lhost",
    "example.org@127.0.0.1",
    "127.0.0.1%23.example.org",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00::1]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[100::1]",
    "[2a00:1450::5efe:7f00:1]",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
]
"""Spellings of loopback and of every other range that is not public."""

ANSWERS = [
    "127.0.0.1",
    "127.0.0.2",
    "0.0.0.0",
    "10.0.0.1",
    "169.254.169.254",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fe80::1",
    "fd00::1",
]
"""What a name may resolve to."""


@dataclass(slots=True)
class Listener:
    """Listens at all addresses of this machine, both families, and counts."""

    port: int = 0
    accepted: int = 0

    async def note(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection was made."""
        self.accepted += 1
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    """A listener that the loopback surely reaches."""
    found = Listener()
    servers = [await asyncio.start_server(found.note, "0.0.0.0", 0)]
    found.port = servers[0].sockets[0].getsockname()[1]
    if socket.has_dualstack_ipv6():
        servers.append(await asyncio.start_server(found.note, "::", found.port))
    _, writer = await asyncio.open_connection("127.0.0.1", found.port)
    writer.close()
    async with asyncio.timeout(5):
        while not found.accepted:  # noqa: ASYNC110 - the proof that it counts
            await asyncio.sleep(0.01)
    found.accepted = 0
    yield found
    for server in servers:
        server.close()


class Answering(AbstractResolver):
    """A DNS that gives one address for every name, or each of several in turn."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses
        self._asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The next address."""
        address = self._addresses[self._asked % len(self._addresses)]
        self._asked += 1
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is held."""


def guarded(listener: Listener, *answers: str) -> Client:
    """A client that may ask the listener's port, at public addresses only."""
    policy = AddressPolicy(ports=frozenset({listener.port}))
    return Client(policy=policy, resolver=Answering(*answers) if answers else None)


@asynccontextmanager
async def refused() -> AsyncIterator[None]:
    """What is done inside must end without an answer."""
    with pytest.raises((FetchFailed, NoFeed, UnreadableFeed)):
        yield


def test_there_are_at_least_sixty_vectors() -> None:
    """Spellings alone; names, redirects, discovery, sitemaps, proxies and bodies come on top."""
    assert len(set(HOSTS)) >= 60


async def test_no_spelling_of_a_private_address_is_connected_to(listener: Listener) -> None:
    """Asked for directly, over http and https."""
    async with guarded(listener) as client:
        for host in HOSTS:
            for scheme in ("http", "https"):
                async with refused():
                    await client.get(f"{scheme}://{host}:{listener.port}/", accept="*/*", limits=LIMITS)

        assert client.guard.made == 0
    assert listener.accepted == 0


@pytest.mark.parametrize("address", ANSWERS)
async def test_no_name_of_a_private_address_is_connected_to(listener: Listener, address: str) -> None:
    """Neither when DNS always gives it, nor when it gave a public one at first (rebinding)."""
    async with guarded(listener, address) as client:
        async with refused():
            await client.get(f"http://a.example.org:{listener.port}/", accept="*/*", limits=LIMITS)

        assert client.guard.made == 0
    assert listener.accepted == 0


@asynccontextmanager
async def redirecting(targets: list[str]) -> AsyncIterator[str]:
    """A server at an address of the loopback of its own; the path `/N` leads to the Nth target."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        target = targets[int(head.split(b" ", 2)[1].strip(b"/"))]
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.77", 0)
    async with server:
        yield f"http://127.0.0.77:{server.sockets[0].getsockname()[1]}"


async def test_no_redirect_to_a_private_address_is_followed(listener: Listener) -> None:
    """From an intranet host that is allowed, too: its address is allowed, and not what it names."""
    others = ["file:///etc/passwd", "gopher://127.0.0.1/", "//127.0.0.1/"]
    targets = [f"http://{host}:{listener.port}/" for host in HOSTS] + others
    async with redirecting(targets) as base:
        ports = frozenset({int(base.rpartition(":")[2]), listener.port})
        policy = AddressPolicy(parse_networks("127.0.0.77/32", setting="test"), ports)
        async with Client(policy=policy) as client:
            for number in range(len(targets)):
                async with refused():
                    await client.get(f"{base}/{number}", accept="*/*", limits=LIMITS)

            assert client.guard.made == len(targets)  # the redirecting server alone
    assert listener.accepted == 0


async def test_neither_discovery_nor_sitemaps_nor_proxies_reach_a_private_address(listener: Listener) -> None:
    """All go through the same guard."""
    url = f"http://127.0.0.1:{listener.port}/index.xml"
    async with guarded(listener) as client:
        reader = Reader(workers=1)
        index = Response(url, url, 200, {}, b"")
        document = parse_feed(f"<sitemapindex><sitemap><loc>{url}</loc></sitemap></sitemapindex>".encode())
        async with refused():
            await Finder(client).look(url)
        async with refused():
            await Sitemaps(client, reader, limits=LIMITS, pause_seconds=0).gather(index, document, None)
        async with refused():
            access = FeedAccess("http://a.example.org:80", proxy=f"http://127.0.0.1:{listener.port}")
            await client.get("http://a.example.org/", accept="*/*", limits=LIMITS, access=access)

        assert client.guard.made == 0
    assert listener.accepted == 0


async def test_no_body_that_names_an_address_or_a_file_opens_it(listener: Listener) -> None:
    """Given text or bytes, feedparser would; entities, stylesheets, inclusions and bases ask for it in other ways."""
    to = f"http://127.0.0.1:{listener.port}/x"
    bodies = [
        to,
        f"  {to}\n",
        f"https://127.0.0.1:{listener.port}/x",
        f"feed:{to}",
        f"file://{to}",
        "/etc/passwd",
        "file:///etc/passwd",
        f"<!DOCTYPE rss SYSTEM '{to}'><rss><channel><item><title>t</title></item></channel></rss>",
        f"<!DOCTYPE rss [<!ENTITY x SYSTEM '{to}'>]><rss><channel><item><title>&x;</title></item></channel></rss>",
        f"<!DOCTYPE rss [<!ENTITY % p SYSTEM '{to}'> %p;]><rss><channel><item><title>t</title></item></channel></rss>",
        f"<?xml-stylesheet href='{to}'?><rss><channel><item><title>t</title></item></channel></rss>",
        f"<rss xmlns:xi='http://www.w3.org/2001/XInclude'><channel><xi:include href='{to}'/></channel></rss>",
        f"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='{to}'><entry><link href='a'/></entry></feed>",
        f"<rss><channel><item><enclosure url='{to}'/><title><![CDATA[<img src='{to}'>]]></title></item></channel></rss>",
        f'{{"version": "https://jsonfeed.org/version/1", "next_url": "{to}", "items": []}}',
    ]
    reader = Reader(workers=1)
    try:
        for body in bodies:
            served = Response("http://a.example.org/", "http://a.example.org/", 200, {}, body.encode())
            try:
                document = await reader.read(served)
            except UnreadableFeed:
                continue
            assert "root:" not in repr(document)
    finally:
        await reader.close()

    assert listener.accepted == 0
