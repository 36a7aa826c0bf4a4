"""The HTTP client against a real server on the loopback: limits, redirects, and the guard."""

from __future__ import annotations

import asyncio
import gzip
import socket
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import brotli  # type: ignore[import-untyped]
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from backports import zstd

from copytaster.fetcher.io.client import Client, FetchFailed, Limits, Response
from copytaster.fetcher.networks import AddressPolicy, StaticHosts, parse_networks
from copytaster.fetcher.outcomes import Failure
from tests.stack.fetcher.site import Site, running_site, trickle

LIMITS = Limits(body_bytes=200_000, connect_seconds=2, silence_seconds=2, total_seconds=5)
LOOPBACK = parse_networks("127.0.0.0/8", setting="test")


def quickly(data: bytes) -> bytes:
    """Brotli at its lowest quality: the tests need small bytes soon, not the smallest."""
    return bytes(brotli.compress(data, quality=1))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A web site on the loopback."""
    async with running_site() as site:
        yield site


def client_for(site: Site, **options: Any) -> Client:
    """A client that may ask the loopback at the site's port, where all `.example` names lie."""
    hosts = StaticHosts({}, ((".example", "127.0.0.1"),))
    policy = AddressPolicy(LOOPBACK, frozenset({site.port}))
    return Client(policy=policy, hosts=hosts, contact="https://desk.example/", **options)


async def get(
    site: Site, path: str, *, limits: Limits = LIMITS, headers: dict[str, str] | None = None
) -> Response:
    """The answer to one request."""
    async with client_for(site) as client:
        return await client.get(site.url(path), accept="*/*", limits=limits, headers=headers)


async def failure(site: Site, path: str, *, limits: Limits = LIMITS) -> Failure:
    """The failure of one request."""
    with pytest.raises(FetchFailed) as caught:
        await get(site, path, limits=limits)
    assert caught.value.detail
    return caught.value.failure


async def test_a_page_comes_with_its_bytes_and_lower_case_headers(site: Site) -> None:
    """Cookies are neither kept nor sent, and the user agent says who we are."""
    site.text("/a", "Grüße", headers={"ETag": '"1"', "Set-Cookie": "a=b"})
    async with client_for(site) as client:
        response = await client.get(site.url("/a"), accept="text/html", limits=LIMITS)
        await client.get(site.url("/a"), accept="text/html", limits=LIMITS)

    assert (response.status, response.body.decode(), response.headers["etag"]) == (200, "Grüße", '"1"')
    assert site.asked[1].headers["User-Agent"].startswith("Copytaster/")
    assert site.asked[1].headers["User-Agent"].endswith("(+https://desk.example/)")
    assert not {"Cookie", "Referer"} & set(site.asked[1].headers)


async def test_validators_arrive_byte_for_byte(site: Site) -> None:
    """Weak marks, odd dates and inner quotes are not put right."""
    site.text("/a", "", status=304)
    sent = {"If-None-Match": 'W/"a\\"b", "c"', "If-Modified-Since": "Yesterday ,  noon"}

    response = await get(site, "/a", headers=sent)

    assert response.status == 304
    assert {name: site.asked[0].headers[name] for name in sent} == sent


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd"])
async def test_a_compressed_body_is_inflated(site: Site, encoding: str) -> None:
    """All that the request offers is understood."""
    packers: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "br": quickly,
        "deflate": zlib.compress,
        "zstd": zstd.compress,
    }
    packed = packers[encoding](b"text " * 999)
    site.text("/a", packed, headers={"Content-Encoding": encoding})

    response = await get(site, "/a")

    assert response.body == b"text " * 999
    assert encoding in site.asked[0].headers["Accept-Encoding"]
    assert response.wire_bytes < len(response.body)


@pytest.mark.parametrize("status", [204, 404, 410, 429, 500, 503])
async def test_another_status_is_handed_back_without_its_body(site: Site, status: int) -> None:
    """What it means is decided elsewhere; its headers are there."""
    site.text("/a", "x" * 1000 if status != 204 else "", status=status, headers={"Retry-After": "7"})

    response = await get(site, "/a")

    assert (response.status, response.body, response.headers["retry-after"]) == (status, b"", "7")


async def test_a_body_that_is_too_large_by_its_own_account_is_not_read(site: Site) -> None:
    """Content-Length is believed when it says too much."""
    site.text("/a", b"x" * 300_000)

    assert await failure(site, "/a") is Failure.TOO_LARGE


async def test_a_body_that_grows_too_large_is_cut_off(site: Site) -> None:
    """Without a Content-Length the bytes are counted as they come."""
    site.routes["/a"] = lambda request: trickle(request, part=b"x" * 50_000, pause_seconds=0, parts=1000)

    assert await failure(site, "/a") is Failure.TOO_LARGE


@pytest.mark.parametrize("pack", [gzip.compress, quickly, zstd.compress], ids=["gzip", "br", "zstd"])
async def test_a_bomb_is_stopped_at_the_limit_and_not_held_in_memory(
    site: Site, pack: Any, request: pytest.FixtureRequest
) -> None:
    """60 MB of zeros in a few KB: what is inflated ends at the limit, not at the end."""
    encoding = request.node.callspec.id
    site.text("/a", pack(bytes(60_000_000)), headers={"Content-Encoding": encoding})
    tracemalloc.start()
    try:
        found = await failure(site, "/a")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert found is Failure.TOO_LARGE
    assert peak < 30_000_000


async def test_a_body_under_the_limit_that_inflates_beyond_reason_is_refused(site: Site) -> None:
    """The ratio tells a bomb before the limit does."""
    site.text("/a", gzip.compress(bytes(3_000_000)), headers={"Content-Encoding": "gzip"})

    assert await failure(site, "/a", limits=Limits(total_seconds=5)) is Failure.TOO_LARGE


async def test_a_broken_encoding_is_a_failure_of_the_server(site: Site) -> None:
    """Bytes that are no gzip under the name of gzip."""
    site.text("/a", b"not gzip at all", headers={"Content-Encoding": "gzip"})

    assert await failure(site, "/a") is Failure.PROTOCOL


async def test_a_server_that_says_nothing_is_left(site: Site) -> None:
    """The wait for the first byte has an end."""

    async def silent(_request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    site.routes["/a"] = silent

    assert await failure(site, "/a", limits=Limits(silence_seconds=0.2)) is Failure.TIMEOUT


async def test_a_slow_trickle_ends_with_the_total_time(site: Site) -> None:
    """Bytes that keep coming do not keep us."""
    site.routes["/a"] = lambda request: trickle(request, part=b"x", pause_seconds=0.05, parts=1000)

    assert await failure(site, "/a", limits=Limits(total_seconds=0.4)) is Failure.TIMEOUT


async def test_a_connection_that_breaks_in_the_middle_is_no_page(site: Site) -> None:
    """Half a page is not taken for a whole one."""

    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return response

    site.routes["/a"] = cut

    assert await failure(site, "/a") in {Failure.PROTOCOL, Failure.CONNECTION}


async def test_a_port_where_nobody_listens_is_no_connection() -> None:
    """The failure passes, perhaps."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        site = Site(port=taken.getsockname()[1])
        assert await failure(site, "/a") is Failure.CONNECTION


async def test_a_large_header_is_no_reason_to_refuse_a_page(site: Site) -> None:
    """News sites send content policies of 10 KB and more."""
    site.text("/a", "x", headers={"Content-Security-Policy": "a" * 20_000})

    assert (await get(site, "/a")).status == 200


async def test_redirects_are_followed_and_the_last_address_is_told(site: Site) -> None:
    """Relative targets are resolved, the fragment goes."""
    site.redirect("/a", "/b?x=1", status=301)
    site.redirect("/b", site.url("/c#part", host="m.bote.example"), status=308)
    site.text("/c", "here")

    response = await get(site, "/a")

    assert (response.requested_url, response.body) == (site.url("/a"), b"here")
    assert response.final_url.startswith(site.url("/c", host="m.bote.example"))
    assert response.moved_for_good


async def test_one_temporary_hop_makes_a_move_temporary(site: Site) -> None:
    """Only a way of permanent redirects says that something moved for good."""
    site.redirect("/a", "/b", status=301)
    site.redirect("/b", "/c", status=302)
    site.text("/c", "here")

    assert not (await get(site, "/a")).moved_for_good


@pytest.mark.parametrize("target", ["/a", "/next"])
async def test_a_loop_of_redirects_ends(site: Site, target: str) -> None:
    """Five redirects and no more."""
    site.redirect("/a", target)
    site.redirect("/next", "/a")

    assert await failure(site, "/a") is Failure.REDIRECT_LOOP
    assert len(site.asked) == 6


async def test_every_hop_can_be_vetoed(site: Site) -> None:
    """robots.txt of the next host is looked at before it is asked."""
    site.redirect("/a", "/b")
    site.text("/b", "here")
    looked: list[str] = []

    async def veto(url: str) -> None:
        looked.append(url)
        raise FetchFailed(Failure.ROBOTS, "no", url=url)

    async with client_for(site) as client:
        with pytest.raises(FetchFailed):
            await client.get(site.url("/a"), accept="*/*", limits=LIMITS, check_hop=veto)

    assert (looked, site.paths()) == ([site.url("/b")], ["/a"])


async def test_user_names_and_passwords_are_not_sent(site: Site) -> None:
    """Neither from a feed nor from a redirect."""
    site.redirect("/a", f"http://me:secret@bote.example:{site.port}/b")
    site.text("/b", "here")

    await get(site, "/a")

    assert all("Authorization" not in one.headers for one in site.asked)


LITERALS = {
    "loopback": "127.0.0.1",
    "another loopback": "127.0.0.2",
    "as one decimal number": "2130706433",
    "as one hexadecimal number": "0x7f000001",
    "as octal parts": "0177.0.0.1",
    "as two parts": "127.1",
    "as three parts": "127.0.1",
    "with leading zeros": "127.000.000.001",
    "full-width digits": "１２７.０.０.１",
    "circled digits": "①②⑦.⓪.⓪.①",
    "ideographic full stops": "127。0。0。1",
    "zero": "0",
    "zero address": "0.0.0.0",
    "loopback six": "[::1]",
    "unspecified six": "[::]",
    "mapped": "[::ffff:127.0.0.1]",
    "mapped in hexadecimal": "[::ffff:7f00:1]",
    "compatible": "[::127.0.0.1]",
    "NAT64": "[64:ff9b::7f00:1]",
    "local NAT64": "[64:ff9b:1::1]",
    "6to4": "[2002:7f00:1::]",
    "Teredo": "[2001:0:7f00:1::]",
    "unique local": "[fd00::1]",
    "link-local": "[fe80::1]",
    "link-local with a zone": "[fe80::1%25lo]",
    "site-local": "[fec0::1]",
    "multicast six": "[ff02::1]",
    "metadata": "169.254.169.254",
    "metadata as a number": "2852039166",
    "private ten": "10.0.0.1",
    "private 172": "172.16.0.1",
    "private 192": "192.168.0.1",
    "carrier-grade NAT": "100.64.0.1",
    "benchmarking": "198.18.0.1",
    "documentation": "192.0.2.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "a trailing dot": "127.0.0.1.",
    "localhost": "localhost",
    "localhost with a dot": "localhost.",
    "a name below localhost": "a.localhost",
    "a user name that looks like a host": "example.org@127.0.0.1",
    "an encoded dot": "127%2e0%2e0%2e1",
    "an encoded letter": "loc%61lhost",
}


@pytest.mark.parametrize("host", LITERALS.values(), ids=LITERALS)
async def test_no_spelling_of_a_private_address_makes_a_connection(site: Site, host: str) -> None:
    """The guard looks at the socket's address, so no spelling gets around it."""
    site.text("/a", "secret")
    async with Client(policy=AddressPolicy(ports=frozenset({site.port}))) as client:
        with pytest.raises(FetchFailed):
            await client.get(f"http://{host}:{site.port}/a", accept="*/*", limits=LIMITS)

        assert client.guard.made == 0
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1:70/",
        "data:text/html,x",
        "//bote.example/",
        "",
    ],
)
async def test_another_scheme_is_no_address(site: Site, url: str) -> None:
    """Only http and https can be fetched."""
    async with client_for(site) as client:
        with pytest.raises(FetchFailed) as caught:
            await client.get(url, accept="*/*", limits=LIMITS)

        assert caught.value.failure is Failure.BAD_URL
        assert client.guard.made == 0


async def test_another_port_is_not_asked(site: Site) -> None:
    """A Redis or a mail server on a public host is none of our business."""
    async with client_for(site) as client:
        with pytest.raises(FetchFailed) as caught:
            await client.get("http://bote.example:6379/", accept="*/*", limits=LIMITS)

        assert caught.value.failure is Failure.FORBIDDEN_ADDRESS
        assert client.guard.made == 0


class FakeDns(AbstractResolver):
    """Answers each question with the next of its addresses: a name that changes its mind."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The next address, the last one for ever."""
        address = self._addresses.pop(0) if len(self._addresses) > 1 else self._addresses[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
async def test_a_name_that_resolves_to_a_private_address_is_refused(site: Site, address: str) -> None:
    """What counts is where the connection would go."""
    policy = AddressPolicy(ports=frozenset({site.port}))
    async with Client(policy=policy, resolver=FakeDns(address)) as client:
        with pytest.raises(FetchFailed) as caught:
            await client.get(site.url("/a", host="innocent.test"), accept="*/*", limits=LIMITS)

        assert caught.value.failure is Failure.FORBIDDEN_ADDRESS
        assert client.guard.made == 0
    assert site.asked == []


async def test_a_name_that_changes_its_address_between_two_looks_is_refused(site: Site) -> None:
    """Rebinding: a check of the name would see the public address, the connection would go to the other."""
    policy = AddressPolicy(parse_networks("127.0.0.1/32", setting="test"), frozenset({site.port}))
    dns = FakeDns("127.0.0.1", "127.0.0.2")
    site.redirect("innocent.test/a", f"http://innocent.test:{site.port}/b")
    site.text("/b", "secret")
    async with Client(policy=policy, resolver=dns) as client:
        assert client._session is not None
        connector = client._session.connector
        assert isinstance(connector, aiohttp.TCPConnector)
        connector._use_dns_cache = False  # as if the answer's life were zero
        with pytest.raises(FetchFailed) as caught:
            await client.get(site.url("/a", host="innocent.test"), accept="*/*", limits=LIMITS)

    assert caught.value.failure is Failure.FORBIDDEN_ADDRESS
    assert site.paths() == ["/a"]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/secret",
        "http://[::1]:{port}/secret",
        "http://169.254.169.254/latest/",
        "http://127.0.0.1:6379/",
        "//127.0.0.2:{port}/secret",
        "file:///etc/passwd",
        "http://[::1",
    ],
)
async def test_a_redirect_into_the_private_network_is_refused(site: Site, target: str) -> None:
    """Each hop is checked like the first."""
    site.redirect("/a", target.format(port=site.port))
    site.text("/secret", "secret")
    hosts = StaticHosts({"bote.example": "127.0.0.1"})
    policy = AddressPolicy(parse_networks("127.0.0.1/32", setting="test"), frozenset({site.port, 80}))
    async with Client(policy=policy, hosts=hosts) as client:
        with pytest.raises(FetchFailed) as caught:
            await client.get(site.url("/a"), accept="*/*", limits=LIMITS)

        assert client.guard.made == 1
    assert caught.value.failure in {Failure.FORBIDDEN_ADDRESS, Failure.BAD_URL}
    assert site.paths() == ["/a"]
