"""How each feed of the feeds file wants to be asked, with the texts of its secret files; kept in memory only."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from copytaster.errors import Misconfigured
from copytaster.fetcher.access import FeedAccess, authorization
from copytaster.fetcher.feedsfile import FeedSpec
from copytaster.fetcher.networks import SCHEMES
from copytaster.fetcher.robots import origin_of


class AccessBook:
    """The accesses of a desk's feeds, by feed id; a feed that needs nothing special has none."""

    def __init__(self, proxies: Iterable[str] = ()) -> None:
        """`proxies` are the addresses that may be used as such."""
        self.proxies = frozenset(proxies)
        self._accesses: dict[str, FeedAccess] = {}

    def of(self, feed_id: str) -> FeedAccess | None:
        """The access of a feed, None for a plain GET."""
        return self._accesses.get(feed_id)

    def read(self, specs: Iterable[FeedSpec], feeds_file: Path) -> None:
        """Take the accesses of `specs` over, those before them are forgotten; `auth_file` is relative to the feeds file.

        Raises Misconfigured for a secret file that cannot be read or a proxy that is not allowed, and keeps all as it was.
        """
        self._accesses = {
            spec.feed_id: self._access(spec, feeds_file)
            for spec in specs
            if spec.headers or spec.auth_file or spec.proxy
        }

    def _access(self, spec: FeedSpec, feeds_file: Path) -> FeedAccess:
        where = f"{feeds_file}: {spec.url}"
        headers = dict(spec.headers)
        if spec.auth_file is not None:
            secret_file = feeds_file.parent / spec.auth_file
            headers["Authorization"] = authorization(_secret(secret_file, where), f"{where}: {secret_file}")
        if spec.proxy is not None and spec.proxy not in self.proxies:
            raise Misconfigured(
                f"{where}: the proxy {_shown(spec.proxy)} is not among COPYTASTER_FETCH_PROXIES"
            )
        return FeedAccess(origin_of(spec.url), headers, spec.proxy)


def checked_proxies(addresses: Iterable[str], *, setting: str) -> tuple[str, ...]:
    """`addresses` as they are; Misconfigured for what is no `http://host:port` without a user and a path."""
    for address in addresses:
        try:
            parts = urlsplit(address)
            usable = parts.scheme in SCHEMES and parts.hostname and parts.port and not parts.path.strip("/")
        except ValueError:
            usable = False
        if not usable or parts.username or parts.password:
            raise Misconfigured(f"{setting}: {_shown(address)} is not of the form http://host:port")
    return tuple(addresses)


def _shown(address: str) -> str:
    """An address without what may be a password in it."""
    scheme, _, rest = address.rpartition("://")
    return repr(f"{scheme}://{rest.rpartition('@')[2]}"[:200])


def _secret(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8 text"
        raise Misconfigured(f"{where}: {path} cannot be read: {reason}") from error
