"""The table of addresses that the fetcher never talks to."""

from __future__ import annotations

import ipaddress

import pytest

from copytaster.errors import Misconfigured
from copytaster.fetcher.networks import AddressPolicy, forbidden_range, parse_networks, parse_static_hosts

FORBIDDEN = {
    "this network": "0.0.0.0",
    "this network, not its first": "0.1.2.3",
    "private ten": "10.1.2.3",
    "carrier-grade NAT first": "100.64.0.1",
    "carrier-grade NAT last": "100.127.255.254",
    "loopback": "127.0.0.1",
    "loopback, not the usual one": "127.8.9.10",
    "link-local": "169.254.1.1",
    "cloud metadata": "169.254.169.254",
    "private 172 first": "172.16.0.1",
    "private 172 last": "172.31.255.254",
    "IETF assignments": "192.0.0.8",
    "NAT64 discovery": "192.0.0.170",
    "documentation one": "192.0.2.7",
    "AS112": "192.31.196.1",
    "multicast tunnels": "192.52.193.1",
    "6to4 relays": "192.88.99.1",
    "private 192": "192.168.0.10",
    "AS112 direct": "192.175.48.1",
    "benchmarking first": "198.18.0.1",
    "benchmarking last": "198.19.255.254",
    "documentation two": "198.51.100.9",
    "documentation three": "203.0.113.9",
    "multicast first": "224.0.0.1",
    "multicast last": "239.255.255.255",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "unspecified six": "::",
    "loopback six": "::1",
    "IPv4-compatible": "::7f00:1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped private": "::ffff:10.0.0.1",
    "mapped, written in hexadecimal": "::ffff:a00:1",
    "mapped metadata": "::ffff:169.254.169.254",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64 of a private address": "64:ff9b::c0a8:1",
    "local NAT64": "64:ff9b:1::1",
    "discard-only": "100::1",
    "dummy prefix": "100:0:0:1::1",
    "Teredo": "2001:0:53aa:64c::1",
    "ORCHID": "2001:20::1",
    "documentation six": "2001:db8::1",
    "6to4 of loopback": "2002:7f00:1::",
    "6to4 of a public address": "2002:808:808::1",
    "new documentation six": "3fff::1",
    "segment routing": "5f00::1",
    "unique local": "fc00::1",
    "unique local, the usual half": "fd12:3456:789a::1",
    "link-local six": "fe80::1",
    "site-local": "fec0::1",
    "multicast six": "ff02::1",
    "not handed out yet": "4000::1",
    "ISATAP of loopback": "2a00:1450::5efe:7f00:1",
    "ISATAP of a private address": "2a00:1450::200:5efe:a00:1",
}
PUBLIC = {
    "just below private ten": "9.255.255.255",
    "just above private ten": "11.0.0.0",
    "just below carrier-grade NAT": "100.63.255.255",
    "just above carrier-grade NAT": "100.128.0.0",
    "just above the 172 range": "172.32.0.1",
    "just above IETF assignments": "192.0.1.1",
    "just below multicast": "223.255.255.254",
    "public six": "2a00:1450:4001::8a",
    "public six of another registry": "2620:0:862::1",
    "mapped public": "::ffff:8.8.8.8",
    "NAT64 of a public address": "64:ff9b::808:808",
    "ISATAP of a public address": "2a00:1450::5efe:808:808",
}


@pytest.mark.parametrize("address", FORBIDDEN.values(), ids=FORBIDDEN)
def test_an_address_that_is_not_public_is_refused_with_its_range(address: str) -> None:
    """Each range of the special-purpose registries, and each way to write IPv4 inside IPv6."""
    objection = AddressPolicy().objection(address, 443)

    assert objection is not None
    assert "not public" in objection


@pytest.mark.parametrize("address", PUBLIC.values(), ids=PUBLIC)
def test_a_public_address_passes(address: str) -> None:
    """The neighbours of the ranges are ordinary addresses."""
    assert AddressPolicy().objection(address, 443) is None


def test_a_zone_does_not_hide_an_address() -> None:
    """`fe80::1%eth0` is fe80::1."""
    assert AddressPolicy().objection("fe80::1%eth0", 80) is not None


def test_a_name_is_no_address() -> None:
    """Only what has been resolved is judged; a name is refused rather than looked up."""
    assert AddressPolicy().objection("localhost", 80) == "'localhost' is no address"


@pytest.mark.parametrize("port", [0, 22, 25, 53, 6379, 9200, 11211, 65535])
def test_a_port_that_is_not_listed_is_refused_even_at_a_public_address(port: int) -> None:
    """Feeds are served on few ports; databases and mail servers listen on others."""
    assert AddressPolicy().objection("8.8.8.8", port) == f"port {port} is not allowed"


def test_an_allowed_network_passes_in_each_of_its_spellings_and_nothing_beside_it() -> None:
    """An intranet is let in by its network, its IPv4-mapped form included, and its neighbour is not."""
    policy = AddressPolicy(parse_networks("10.20.0.0/16, fd00:1::/32", setting="X"))

    assert policy.objection("10.20.3.4", 80) is None
    assert policy.objection("::ffff:10.20.3.4", 80) is None
    assert policy.objection("fd00:1::5", 80) is None
    assert policy.objection("10.21.0.1", 80) is not None
    assert policy.objection("fd00:2::5", 80) is not None


def test_the_table_refuses_all_that_the_standard_library_calls_private() -> None:
    """Nothing that `ipaddress` knows as private, reserved or local slips through our own table."""
    samples = [ipaddress.ip_address(address) for address in (*FORBIDDEN.values(), *PUBLIC.values())]

    missed = [address for address in samples if address.is_private and forbidden_range(address) is None]

    assert missed == []


@pytest.mark.parametrize("text", ["10.0.0.0/33", "ten", "10.0.0.0/8;192.168.0.0/16"])
def test_a_wrong_network_is_the_operators_mistake_and_names_the_setting(text: str) -> None:
    """The message holds the setting and the part that is wrong."""
    with pytest.raises(Misconfigured, match="COPYTASTER_X: '"):
        parse_networks(text, setting="COPYTASTER_X")


def test_a_static_host_wins_by_its_exact_name_before_a_suffix_and_a_long_suffix_before_a_short_one() -> None:
    """`*.example` covers all names below it, but not `example` itself."""
    hosts = parse_static_hosts(
        "*.example=127.0.0.1, *.b.example=127.0.0.2, c.b.example = ::1", setting="COPYTASTER_X"
    )

    assert hosts.lookup("a.example") == "127.0.0.1"
    assert hosts.lookup("a.b.example.") == "127.0.0.2"
    assert hosts.lookup("C.B.example") == "::1"
    assert hosts.lookup("example") is None
    assert hosts.lookup("notexample") is None


@pytest.mark.parametrize("text", ["a.example", "a.example=", "=127.0.0.1", "a.example=b.example"])
def test_a_wrong_static_host_is_the_operators_mistake(text: str) -> None:
    """The message holds the setting and the form it wants."""
    with pytest.raises(Misconfigured, match=r"COPYTASTER_X: .*host=address"):
        parse_static_hosts(text, setting="COPYTASTER_X")
