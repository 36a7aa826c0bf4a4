"""The HTTP client of the fetcher: one GET at a time, redirects followed by us, every limit enforced.

Hands back whatever status the server gave; raises FetchFailed only when there is no usable answer. Decides nothing
about feeds, articles or robots.txt: a caller may veto each hop through `check_hop`.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from copytaster import __version__
from copytaster.fetcher.access import FeedAccess
from copytaster.fetcher.io.guard import MARK, Guard
from copytaster.fetcher.io.resolver import Resolver
from copytaster.fetcher.networks import EVERYWHERE, SCHEMES, AddressPolicy, StaticHosts, proxied_objection
from copytaster.fetcher.outcomes import Failure
from copytaster.fetcher.robots import AGENT

MAX_REDIRECTS: Final = 5
"""Enough for http → https → www → moved twice; RFC 1945 named the same limit (research/fetching.md, 6)."""

MAX_HEADER_BYTES: Final = 64 * 1024
"""News sites send Content-Security-Policy headers beyond aiohttp's default of 8 KiB."""

ACCEPT_ENCODING: Final = "gzip, deflate, br, zstd"
"""All that aiohttp inflates with the packages that we install."""

CHUNK_BYTES: Final = 64 * 1024
DNS_CACHE_SECONDS: Final = 60
"""Short: outlets move; the guard looks at the address of each connection anyway."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost; figures from research/fetching.md, 6."""

    body_bytes: int = 5 * 1024 * 1024
    """After inflation; also the largest Content-Length that is read at all."""
    cuts: bool = False
    """Whether a longer body is read as far as `body_bytes` instead of being refused (robots.txt, RFC 9309, 2.5)."""
    max_ratio: int = 100
    """Inflated to wire bytes, looked at beyond `ratio_from_bytes`: real pages stay under 30."""
    ratio_from_bytes: int = 1024 * 1024
    connect_seconds: float = 10.0
    silence_seconds: float = 20.0
    """Until the first byte, and between any two."""
    total_seconds: float = 45.0
    """With all redirects; also what ends a slow trickle."""


@dataclass(frozen=True, slots=True)
class Response:
    """A final answer (no redirect); `body` is empty unless `status` is 200, `headers` have lower-case names."""

    requested_url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    wire_bytes: int = 0
    moved_for_good: bool = False
    """Every hop of the way was a permanent redirect (301 or 308), and there was one."""


class FetchFailed(Exception):
    """No usable answer: `failure` says of what kind, `detail` in words, `url` at which hop."""

    def __init__(self, failure: Failure, detail: str, *, url: str, status: int | None = None) -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure
        self.detail = detail
        self.url = url
        self.status = status


CheckHop = Callable[[str], Awaitable[None]]


def user_agent(contact: str | None) -> str:
    """`Copytaster/<version>` and how to reach the operator: honest, so that a publisher can write or block us."""
    return f"{AGENT}/{__version__} (+{contact})" if contact else f"{AGENT}/{__version__}"


class Client:
    """An HTTP session of one process; use as an async context manager."""

    def __init__(
        self,
        *,
        policy: AddressPolicy,
        hosts: StaticHosts | None = None,
        contact: str | None = None,
        resolver: aiohttp.abc.AbstractResolver | None = None,
        proxies: Iterable[str] = (),
    ) -> None:
        """`proxies` are the only addresses that a request's access may name as its proxy."""
        self.guard = Guard(policy)
        self._policy = policy
        self._hosts = hosts or StaticHosts({})
        self._dns = resolver
        self._agent = user_agent(contact)
        self._proxies = frozenset(proxies)
        self._session: aiohttp.ClientSession | None = None
        self._proxied: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        self._session = self._new_session(self.guard)
        if self._proxies:
            # This session connects to the proxies and to nothing else, wherever they are.
            ports = frozenset(URL(proxy).port or 0 for proxy in self._proxies)
            self._proxied = self._new_session(Guard(AddressPolicy(EVERYWHERE, ports)))
        return self

    def _new_session(self, guard: Guard) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=Resolver(self._hosts, self._dns),
                socket_factory=guard,
                ttl_dns_cache=DNS_CACHE_SECONDS,
                limit=0,
                force_close=True,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._agent, "Accept-Encoding": ACCEPT_ENCODING},
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            trust_env=False,
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        for session in (self._session, self._proxied):
            if session is not None:
                await session.close()

    async def get(
        self,
        url: str,
        *,
        accept: str,
        limits: Limits,
        headers: Mapping[str, str] | None = None,
        check_hop: CheckHop | None = None,
        access: FeedAccess | None = None,
    ) -> Response:
        """The answer to a GET of `url`, after at most MAX_REDIRECTS redirects, within `limits`.

        Without conditional `headers` the server is asked for the document whatever it was before. The headers of `access`
        go to its origin only; its proxy is used on the whole way.
        `check_hop` is awaited with the URL of every redirect target before it is asked for, and vetoes it by raising
        FetchFailed. Raises FetchFailed.
        """
        try:
            async with asyncio.timeout(limits.total_seconds):
                return await self._follow(
                    url, {"Accept": accept, **(headers or {})}, limits, check_hop, access
                )
        except TimeoutError as error:
            raise FetchFailed(Failure.TIMEOUT, f"more than {limits.total_seconds:g} s", url=url) from error

    async def _follow(
        self,
        url: str,
        headers: Mapping[str, str],
        limits: Limits,
        check_hop: CheckHop | None,
        access: FeedAccess | None,
    ) -> Response:
        at = url
        permanent: list[bool] = []
        for hop in range(MAX_REDIRECTS + 1):
            if hop and check_hop is not None:
                await check_hop(at)
            answer, location = await self._once(url, at, headers, limits, access)
            if location is None:
                return _with_history(answer, permanent)
            permanent.append(answer.status in (301, 308))
            at = location
        raise FetchFailed(Failure.REDIRECT_LOOP, f"more than {MAX_REDIRECTS} redirects", url=at)

    async def _once(
        self,
        requested: str,
        url: str,
        headers: Mapping[str, str],
        limits: Limits,
        access: FeedAccess | None,
    ) -> tuple[Response, str | None]:
        """One request: the answer and, for a redirect, its target."""
        target = self._checked(url)
        session, proxy = self._way(target, access)
        if access is not None:
            headers = {**headers, **access.headers_for(target.scheme, target.raw_host or "", target.port)}
        timeout = aiohttp.ClientTimeout(sock_connect=limits.connect_seconds, sock_read=limits.silence_seconds)
        try:
            async with session.get(
                target, headers=headers, allow_redirects=False, timeout=timeout, proxy=proxy
            ) as response:
                facts = {name.lower(): value for name, value in response.headers.items()}
                answer = Response(requested, url, response.status, facts)
                if response.status in _REDIRECTS and facts.get("location"):
                    return answer, _target_of(url, facts["location"])
                if response.status != 200:
                    return answer, None
                body, wire = await _read(response, limits, url)
                return Response(requested, url, response.status, facts, body, wire), None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _failed(error, url) from error

    def _way(self, target: URL, access: FeedAccess | None) -> tuple[aiohttp.ClientSession, str | None]:
        """The session to use and the proxy, if any; raises FetchFailed for a target that no proxy may be asked for."""
        assert self._session is not None
        if access is None or access.proxy is None:
            return self._session, None
        objection = proxied_objection(target.raw_host or "", target.port or 0, self._policy)
        if access.proxy not in self._proxies or self._proxied is None:
            objection = "its proxy is not allowed"
        if objection is not None:
            raise FetchFailed(Failure.FORBIDDEN_ADDRESS, objection, url=str(target))
        assert self._proxied is not None
        return self._proxied, access.proxy

    def _checked(self, url: str) -> URL:
        """`url` without user name and password; raises FetchFailed for what may not be asked."""
        try:
            target = URL(url).with_user(None).with_fragment(None)
            port = target.port
        except (ValueError, UnicodeError) as error:
            raise FetchFailed(Failure.BAD_URL, str(error), url=url) from error
        if target.scheme not in SCHEMES or not target.host:
            raise FetchFailed(Failure.BAD_URL, f"no http or https address: {url[:200]}", url=url)
        if port not in self._policy.ports:
            raise FetchFailed(Failure.FORBIDDEN_ADDRESS, f"port {port} is not allowed", url=url)
        return target


def _with_history(answer: Response, permanent: list[bool]) -> Response:
    if not permanent or not all(permanent):
        return answer
    return Response(
        answer.requested_url,
        answer.final_url,
        answer.status,
        answer.headers,
        answer.body,
        answer.wire_bytes,
        moved_for_good=True,
    )


def _target_of(url: str, location: str) -> str:
    try:
        return urljoin(url, location.strip())
    except ValueError as error:
        raise FetchFailed(Failure.BAD_URL, f"redirect to {location[:200]!r}", url=url) from error


async def _read(response: aiohttp.ClientResponse, limits: Limits, url: str) -> tuple[bytes, int]:
    """Body after inflation and bytes on the wire; stops reading at the first limit that is passed."""
    if (response.content_length or 0) > limits.body_bytes and not limits.cuts:
        raise _too_large(f"Content-Length {response.content_length}", url)
    parts: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        parts.append(chunk)
        size += len(chunk)
        if size > limits.body_bytes and limits.cuts:
            return b"".join(parts)[: limits.body_bytes], response.content.total_raw_bytes
        if size > limits.body_bytes:
            raise _too_large(f"more than {limits.body_bytes} bytes", url)
        wire = response.content.total_raw_bytes
        if size > limits.ratio_from_bytes and size > limits.max_ratio * max(wire, 1):
            raise _too_large(f"inflates more than {limits.max_ratio} times", url)
    return b"".join(parts), response.content.total_raw_bytes


def _too_large(detail: str, url: str) -> FetchFailed:
    return FetchFailed(Failure.TOO_LARGE, detail, url=url, status=200)


def _failed(error: Exception, url: str) -> FetchFailed:
    """The FetchFailed that stands for an error of aiohttp, of the socket or of the URL."""
    if isinstance(error, FetchFailed):
        return error
    text = str(error) or type(error).__name__
    if MARK in text:
        reason = re.split(r"[\],]", text[text.index(MARK) :], maxsplit=1)[0]
        return FetchFailed(Failure.FORBIDDEN_ADDRESS, reason, url=url)
    kinds: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Failure], ...] = (
        (aiohttp.ClientConnectorDNSError, Failure.DNS),
        ((aiohttp.ClientSSLError, ssl.SSLError), Failure.TLS),
        ((TimeoutError, aiohttp.ServerTimeoutError), Failure.TIMEOUT),
        ((aiohttp.InvalidURL, UnicodeError), Failure.BAD_URL),
        ((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError), Failure.CONNECTION),
        (aiohttp.ClientError, Failure.PROTOCOL),
        (OSError, Failure.CONNECTION),
    )
    failure = next((found for kind, found in kinds if isinstance(error, kind)), Failure.BAD_URL)
    return FetchFailed(failure, text[:300], url=url)
