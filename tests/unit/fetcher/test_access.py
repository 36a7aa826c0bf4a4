"""Headers, credentials and proxies of single feeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from copytaster.errors import Misconfigured
from copytaster.fetcher.access import FeedAccess, authorization
from copytaster.fetcher.feedsfile import FeedSpec, parse_feeds_file
from copytaster.fetcher.io.access_book import AccessBook, checked_proxies
from copytaster.fetcher.networks import AddressPolicy, proxied_objection

FEED = '[[feeds]]\nurl = "https://wire.example/feed.xml"\n'
SECRET = "s3cret-token"


def specs(text: str) -> list[FeedSpec]:
    """The feeds of a feeds file."""
    return parse_feeds_file((FEED + text).encode(), name="feeds.toml")


@pytest.mark.parametrize(
    ("scheme", "host", "port"),
    [
        ("http", "wire.example", 443),
        ("https", "wire.example", 8443),
        ("https", "www.wire.example", 443),
        ("https", "wire.example.evil.example", 443),
    ],
)
def test_another_scheme_port_or_host_is_another_origin(scheme: str, host: str, port: int) -> None:
    """Nothing of a feed's headers is shown to it."""
    access = FeedAccess("https://wire.example:443", {"Authorization": SECRET})

    assert access.headers_for(scheme, host, port) == {}
    assert access.headers_for("https", "Wire.Example", 443) == {"Authorization": SECRET}


def test_no_secret_is_shown_by_repr() -> None:
    """Neither of an access nor of a feed of the file."""
    (spec,) = specs(f'headers = {{ X-Key = "{SECRET}" }}')

    assert SECRET not in repr(FeedAccess("https://wire.example:443", {"X-Key": SECRET}))
    assert SECRET not in repr(spec)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ada:lovelace\n", "Basic YWRhOmxvdmVsYWNl"),
        ("Bearer abc.def\n", "Bearer abc.def"),
        ("ada:ä", "Basic YWRhOsOk"),
    ],
)
def test_a_secret_file_holds_a_user_and_a_password_or_the_whole_value(text: str, value: str) -> None:
    """The line end of an editor is no part of it."""
    assert authorization(text, "here") == value


@pytest.mark.parametrize("text", ["", SECRET, f"Bearer {SECRET}\nX-Other: 1", f"Bearer {SECRET}ä"])
def test_a_secret_of_another_form_is_refused_without_being_shown(text: str) -> None:
    """A second line would become a header of its own."""
    with pytest.raises(Misconfigured) as caught:
        authorization(text, "feeds.toml: secrets/wire")

    assert "secrets/wire" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        'headers = "X-Key: 1"',
        "headers = { X-Key = 7 }",
        'headers = { "X Key" = "a" }',
        'headers = { X-Key = "a\\r\\nb" }',
        'headers = { User-Agent = "Mozilla" }',
        'headers = { Authorization = "x" }',
        'headers = { If-None-Match = "x" }',
        "auth_file = 7",
    ],
)
def test_a_wrong_header_is_the_operators_mistake(text: str) -> None:
    """The message names the feed."""
    with pytest.raises(Misconfigured, match=r"feeds\.toml: feed 1"):
        specs(text)


def test_the_book_reads_secret_files_beside_the_feeds_file(tmp_path: Path) -> None:
    """A feed without special wishes is not in it."""
    (tmp_path / "wire").write_text("Bearer abc\n")
    (spec,) = specs(
        'auth_file = "wire"\nproxy = "http://10.0.0.3:3128"\nheaders = { Accept-Language = "de" }'
    )
    book = AccessBook(["http://10.0.0.3:3128"])
    book.read([spec, FeedSpec("https://other.example/", "other.example")], tmp_path / "feeds.toml")
    access = book.of(spec.feed_id)

    assert access is not None
    assert access.proxy == "http://10.0.0.3:3128"
    assert access.headers == {"Accept-Language": "de", "Authorization": "Bearer abc"}
    assert book.of(FeedSpec("https://other.example/", "other.example").feed_id) is None


@pytest.mark.parametrize("text", ['auth_file = "missing"', f'proxy = "http://me:{SECRET}@10.0.0.3:3128"'])
def test_a_wrong_access_leaves_the_former_ones_as_they_are(tmp_path: Path, text: str) -> None:
    """Whether a file is missing or a proxy is not allowed."""
    book = AccessBook()
    (kept,) = specs('headers = { Accept-Language = "de" }')
    book.read([kept], tmp_path / "feeds.toml")

    with pytest.raises(Misconfigured) as caught:
        book.read(specs(text), tmp_path / "feeds.toml")

    assert SECRET not in str(caught.value)
    assert book.of(kept.feed_id) is not None


@pytest.mark.parametrize(
    "address", ["10.0.0.3:3128", "http://10.0.0.3", "ftp://a:1", "http://u:p@a:1", "http://a:1/x"]
)
def test_a_proxy_is_given_by_scheme_host_and_port(address: str) -> None:
    """Without a user, which would show in every message about it."""
    with pytest.raises(Misconfigured, match="COPYTASTER_X"):
        checked_proxies([address], setting="COPYTASTER_X")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "::ffff:10.0.0.1",
        "169.254.169.254",
        "2130706433",
        "0x7f.1",
        "127.1",
        "redis",
        "localhost",
        "a.localhost",
        "metadata.google.internal",
        "printer.local",
        "wiki.corp.",
        "",
    ],
)
def test_a_proxy_is_not_asked_for_what_only_a_private_network_has(host: str) -> None:
    """It would resolve the name where the guard cannot see it."""
    assert proxied_objection(host, 80, AddressPolicy()) is not None


def test_a_proxy_may_be_asked_for_public_names_and_addresses_at_allowed_ports() -> None:
    """And for nothing else."""
    policy = AddressPolicy()

    assert proxied_objection("wire.example.org", 443, policy) is None
    assert proxied_objection("8.8.8.8", 443, policy) is None
    assert proxied_objection("wire.example.org", 6379, policy) == "port 6379 is not allowed"
