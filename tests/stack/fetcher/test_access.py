"""Headers, credentials and proxies of single feeds on the wire, against real servers on the loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from copytaster.fetcher.access import FeedAccess
from copytaster.fetcher.io.client import Client, FetchFailed, Limits
from copytaster.fetcher.networks import AddressPolicy, StaticHosts, parse_networks
from copytaster.fetcher.outcomes import Failure
from tests.stack.fetcher.site import Site, running_site

LIMITS = Limits(connect_seconds=2, silence_seconds=2, total_seconds=5)
SECRET = {"Authorization": "Bearer s3cret", "X-Key": "s3cret"}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A web site on the loopback."""
    async with running_site() as site:
        yield site


def client_for(site: Site) -> Client:
    """A client that may ask the site under all `.example` names."""
    policy = AddressPolicy(parse_networks("127.0.0.0/8", setting="test"), frozenset({site.port}))
    return Client(policy=policy, hosts=StaticHosts({}, ((".example", "127.0.0.1"),)))


async def test_headers_of_a_feed_reach_its_own_origin_on_every_hop_and_no_other(site: Site) -> None:
    """Not even when the way leads back from elsewhere does the other host see them."""
    site.redirect("/feed", "/moved")
    site.redirect("/moved", site.url("/away", host="elsewhere.example"))
    site.redirect("/away", site.url("/back", host="wire.example"))
    site.text("/back", "here")
    access = FeedAccess(f"http://wire.example:{site.port}", SECRET)

    async with client_for(site) as client:
        url = site.url("/feed", host="wire.example")
        await client.get(url, accept="*/*", limits=LIMITS, access=access)

    shown = [(one.host, {name: one.headers.get(name) for name in SECRET}) for one in site.asked]
    nothing = dict.fromkeys(SECRET)
    wire = ("wire.example", SECRET)
    assert shown == [wire, wire, ("elsewhere.example", nothing), wire]


class Proxy:
    """A forward proxy that answers every request itself, and notes what it was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection with one request."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.decode().partition("\r\n")[0])
        body = b"through the proxy"
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def running_proxy() -> AsyncIterator[Proxy]:
    """A proxy on a free port of the loopback."""
    proxy = Proxy()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        yield proxy


async def test_a_feed_with_a_proxy_is_asked_for_through_it() -> None:
    """The proxy lies at a private address, which no feed may be asked at."""
    async with running_proxy() as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        async with Client(policy=AddressPolicy(), proxies=[address]) as client:
            access = FeedAccess("http://wire.example.org:80", proxy=address)
            response = await client.get(
                "http://wire.example.org/feed", accept="*/*", limits=LIMITS, access=access
            )
            with pytest.raises(FetchFailed) as direct:
                await client.get(f"{address}/", accept="*/*", limits=LIMITS)

    assert response.body == b"through the proxy"
    assert proxy.asked == ["GET http://wire.example.org/feed HTTP/1.1"]
    assert direct.value.failure is Failure.FORBIDDEN_ADDRESS


@pytest.mark.parametrize("host", ["127.0.0.1", "redis", "169.254.169.254", "2130706433", "[::ffff:10.0.0.1]"])
async def test_a_proxy_is_not_asked_for_a_private_address(host: str) -> None:
    """It might reach what we may not."""
    async with running_proxy() as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        async with Client(policy=AddressPolicy(), proxies=[address]) as client:
            access = FeedAccess("http://wire.example:80", proxy=address)
            with pytest.raises(FetchFailed) as caught:
                await client.get(f"http://{host}/", accept="*/*", limits=LIMITS, access=access)

    assert caught.value.failure is Failure.FORBIDDEN_ADDRESS
    assert proxy.asked == []


async def test_a_proxy_that_is_not_allowed_is_not_connected_to() -> None:
    """Whatever an access says."""
    async with running_proxy() as proxy, Client(policy=AddressPolicy()) as client:
        access = FeedAccess("http://wire.example:80", proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(FetchFailed) as caught:
            await client.get("http://wire.example.org/", accept="*/*", limits=LIMITS, access=access)

    assert caught.value.detail == "its proxy is not allowed"
    assert proxy.asked == []
