from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytaster.text.aggregators import OpaqueLink, unwrapped

ADDRESS = "https://bote.example/politik/a-1?id=7"


def google(address: bytes, tail: bytes = b"\xd2\x01\x00") -> str:
    """A Google News link of the old form: field 1 = 19, field 4 = the address, field 26 = the AMP address."""
    length = len(address)
    size = bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])
    code = base64.urlsafe_b64encode(b"\x08\x13\x22" + size + address + tail).decode().rstrip("=")
    return f"https://news.google.com/rss/articles/{code}?oc=5"


CARRIED = {
    "Google News": google(ADDRESS.encode()),
    "Google News, a web page": google(ADDRESS.encode()).replace("/rss/articles/", "/articles/"),
    "a Google result": "https://www.google.com/url?rct=j&url=https://bote.example/politik/a-1%3Fid%3D7&ct=ga",
    "Bing News": "http://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fbote.example%2fpolitik%2fa-1%3fid%3d7",
    "Facebook": "https://l.facebook.com/l.php?u=https%3A%2F%2Fbote.example%2Fpolitik%2Fa-1%3Fid%3D7&h=x",
    "an AMP cache": "https://bote-example.cdn.ampproject.org/c/s/bote.example/politik/a-1?id=7",
    "Google's AMP viewer": "https://www.google.com/amp/s/bote.example/politik/a-1?id=7",
    "no aggregator": ADDRESS,
}


@pytest.mark.parametrize("link", CARRIED.values(), ids=CARRIED)
def test_the_outlet_s_address_is_read_from_the_link(link: str) -> None:
    """Offline, from the link alone."""
    assert unwrapped(link) == ADDRESS


def test_a_long_address_is_read_whole() -> None:
    """Its length takes two bytes."""
    address = "https://bote.example/" + "a" * 300

    assert unwrapped(google(address.encode())) == address


OPAQUE = {
    "Google News since 2024": google(b"AU_yqLNpY3R1cmVz" * 6),
    "no base64": "https://news.google.com/rss/articles/CBMi%%%aaaaaa".replace("%", "-"),
    "cut off": google(ADDRESS.encode())[:50],
    "a redirector without an address": "https://www.google.com/url?sa=t",
    "an address of another kind": "https://www.google.com/url?q=javascript:alert(1)",
}


@pytest.mark.parametrize("link", OPAQUE.values(), ids=OPAQUE)
def test_a_link_that_hides_the_address_says_so(link: str) -> None:
    """It is no web address of the outlet, whatever it looks like."""
    with pytest.raises(OpaqueLink):
        unwrapped(link)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="ascii"), max_size=60))
def test_no_code_breaks_the_reader(code: str) -> None:
    """It gives an address or says that there is none."""
    link = f"https://news.google.com/rss/articles/{code}"
    with contextlib.suppress(OpaqueLink):
        assert unwrapped(link).startswith("http")
