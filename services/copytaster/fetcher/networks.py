"""Which addresses, ports and schemes the fetcher may talk to: our own table, applied to the final socket address.

Pure: it decides about addresses that somebody else resolved, and opens nothing. `ipaddress.is_global` is not enough:
on CPython 3.11 it is true for NAT64, 6to4, fec0::1, 224.0.0.1, 64:ff9b:1::1 and 5f00::1 (research/fetching.md, 5).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from copytaster.errors import Misconfigured

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IANA special-purpose address registries (RFC 6890 and successors), and ranges of IPv4 that route to no news outlet.
_FORBIDDEN_V4: Final = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "carrier-grade NAT"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local, cloud metadata"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "IETF protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.31.196.0/24", "AS112"),
    ("192.52.193.0/24", "multicast tunnels"),
    ("192.88.99.0/24", "6to4 relays"),
    ("192.168.0.0/16", "private"),
    ("192.175.48.0/24", "AS112"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved and broadcast"),
)
# Only 2000::/3 is global unicast (RFC 4291, 2.4); these parts of it are not, and the rest of the space has no entry.
_FORBIDDEN_V6: Final = (
    ("2001::/23", "IETF protocol assignments, Teredo, ORCHID"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("2620:4f:8000::/48", "AS112"),
    ("3fff::/20", "documentation"),
)
_NAMED_OUTSIDE_V6: Final = (
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::/96", "IPv4-compatible"),
    ("64:ff9b:1::/48", "local NAT64"),
    ("100::/64", "discard-only"),
    ("100:0:0:1::/64", "dummy prefix"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "unique local"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
# ISATAP writes an IPv4 address into the interface identifier after one of these two words (RFC 5214, 6.1).
_ISATAP_WORDS: Final = (0x00005EFE, 0x02005EFE)

EVERYWHERE: Final[tuple[Network, ...]] = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))

DEFAULT_PORTS: Final = frozenset({80, 443, 8080, 8443})
"""Ports that public feeds and pages are served on; anything else is an operator's setting."""

SCHEMES: Final = frozenset({"http", "https"})


def _table(rows: Iterable[tuple[str, str]]) -> tuple[tuple[Network, str], ...]:
    return tuple((ipaddress.ip_network(network), what) for network, what in rows)


_V4: Final = _table(_FORBIDDEN_V4)
_V6: Final = _table(_FORBIDDEN_V6)
_V6_OUTSIDE: Final = _table(_NAMED_OUTSIDE_V6)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """The operator's exceptions: `allowed_networks` pass although the table forbids them; `ports` is the whole list."""

    allowed_networks: tuple[Network, ...] = ()
    ports: frozenset[int] = DEFAULT_PORTS

    def objection(self, host: str, port: int) -> str | None:
        """Why no socket to the address `host` (a literal, with or without zone) and `port` may be made; None = go."""
        if port not in self.ports:
            return f"port {port} is not allowed"
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return f"{host!r} is no address"
        address = unwrap(address)
        if any(address in network for network in self.allowed_networks if network.version == address.version):
            return None
        what = forbidden_range(address)
        return f"{address} is not public ({what})" if what else None


def unwrap(address: Address) -> Address:
    """The IPv4 address that an IPv4-mapped or NAT64 IPv6 address stands for, else `address` itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def forbidden_range(address: Address) -> str | None:
    """The name of the range that makes `address` unreachable for us, None for a public unicast address."""
    address = unwrap(address)
    if isinstance(address, ipaddress.IPv4Address):
        return _first(address, _V4)
    if address not in _GLOBAL_UNICAST:
        return _first(address, _V6_OUTSIDE) or "not global unicast"
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP_WORDS:
        return _first(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF), _V4)
    return _first(address, _V6)


_PRIVATE_NAMES: Final = frozenset(
    {
        "localhost",
        "local",
        "internal",
        "intranet",
        "lan",
        "corp",
        "private",
        "home",
        "arpa",
        "test",
        "invalid",
        "onion",
    }
)
"""Last labels that no public name has (RFC 6761, RFC 6762, ICANN's reserved and delegated-to-nobody names)."""


def proxied_objection(host: str, port: int, policy: AddressPolicy) -> str | None:
    """Why a proxy may not be asked for `host`, which it would resolve where we cannot see it; None = go.

    An address is judged like any other. A name must be one of the public DNS: of several labels, the last one no number (which
    a proxy could read as an address in a shorter or older form) and no name that only private networks know.
    """
    bare = host.strip("[]").rstrip(".").lower()
    try:
        ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        if port not in policy.ports:
            return f"port {port} is not allowed"
        last = bare.rpartition(".")[2]
        public = "." in bare and last not in _PRIVATE_NAMES and not last[:1].isdigit() and last.isascii()
        return None if public else f"{host!r} is no public name, and a proxy would look it up"
    return policy.objection(bare, port)


def _first(address: Address, table: tuple[tuple[Network, str], ...]) -> str | None:
    return next((what for network, what in table if address in network), None)


def parse_networks(text: str, *, setting: str) -> tuple[Network, ...]:
    """The networks of a comma-separated list such as `127.0.0.0/8, fd00::/8`; raises Misconfigured naming `setting`."""
    networks = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            networks.append(ipaddress.ip_network(part, strict=False))
        except ValueError as error:
            raise Misconfigured(f"{setting}: {part!r} is no network such as 10.0.0.0/8 ({error})") from error
    return tuple(networks)


@dataclass(frozen=True, slots=True)
class StaticHosts:
    """Names that an operator gave an address himself, before any DNS: exact ones and `*.suffix` ones."""

    exact: dict[str, str]
    suffixes: tuple[tuple[str, str], ...] = ()

    def lookup(self, host: str) -> str | None:
        """The address given for `host`, exact names first, then the longest suffix; None leaves it to DNS."""
        name = host.rstrip(".").lower()
        if name in self.exact:
            return self.exact[name]
        return next((address for suffix, address in self.suffixes if name.endswith(suffix)), None)


def parse_static_hosts(text: str, *, setting: str) -> StaticHosts:
    """Read `host=address,*.example=address2`; raises Misconfigured naming `setting` and the wrong part."""
    exact: dict[str, str] = {}
    suffixes: list[tuple[str, str]] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, address = (piece.strip() for piece in part.partition("="))
        try:
            ipaddress.ip_address(address)
        except ValueError as error:
            raise Misconfigured(f"{setting}: {part!r} is not of the form host=address") from error
        if not equals or not name:
            raise Misconfigured(f"{setting}: {part!r} is not of the form host=address")
        if name.startswith("*."):
            suffixes.append((name[1:].lower(), address))
        else:
            exact[name.rstrip(".").lower()] = address
    return StaticHosts(exact, tuple(sorted(suffixes, key=lambda pair: -len(pair[0]))))
