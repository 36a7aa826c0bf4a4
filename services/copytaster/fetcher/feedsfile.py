"""Reads `feeds.toml`: which feeds the operator wants polled.

Pure: it is given the bytes of the file. An operator's mistake raises Misconfigured that names the file, the line or the
entry, and what is wrong with it; nothing of a wrong file is applied.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

from copytaster.errors import Misconfigured
from copytaster.fetcher.access import checked_header
from copytaster.fetcher.networks import SCHEMES
from copytaster.text.urls import BadUrl, url_key
from copytaster_schemas.identity import feed_urn, short_id

MIN_INTERVAL_SECONDS: Final = 1
"""Below one second a feed is not polled but hammered; the demo newsroom uses a few seconds."""

MAX_INTERVAL_SECONDS: Final = 7 * 86_400
"""A feed that may wait longer than a week is not a feed of news."""

MAX_URL_CHARS: Final = 2_048
"""What servers and other pollers accept as a URL (Media Cloud's rss-fetcher uses the same limit)."""

_KEYS: Final = frozenset({"url", "outlet", "title", "interval_seconds", "headers", "auth_file", "proxy"})


@dataclass(frozen=True)
class FeedSpec:
    """One feed as an operator asks for it; `interval_seconds` None leaves the pace to the scheduler."""

    url: str
    outlet: str
    title: str | None = None
    interval_seconds: float | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Sent to the origin of `url` only."""
    auth_file: str | None = None
    """The file whose text becomes `Authorization`."""
    proxy: str | None = None

    @cached_property
    def urn(self) -> str:
        """The urn of the feed of this URL, the same for http and https; it stays when the feed moves."""
        return feed_urn(url_key(self.url))

    @cached_property
    def feed_id(self) -> str:
        """The 32 hexadecimal digits of the urn."""
        return short_id(self.urn)


def parse_feeds_file(content: bytes, *, name: str) -> list[FeedSpec]:
    """The feeds of a feeds file in its order, possibly none; `name` is what messages call the file.

    Raises Misconfigured for text that is not TOML (with its line), an unknown key, a wrong type, a URL that is no
    http(s) URL, an interval out of range, or a URL given twice (with the number of the entry, from 1).
    """
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{name}: not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{name}: not valid TOML: {error}") from error
    return _specs(document, name)


def _specs(document: Mapping[str, Any], name: str) -> list[FeedSpec]:
    strangers = sorted(set(document) - {"feeds"})
    if strangers:
        raise Misconfigured(
            f"{name}: unknown key {strangers[0]!r}; a feed is an entry that starts with [[feeds]]"
        )
    entries = document.get("feeds", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Misconfigured(f"{name}: `feeds` must be a list of tables, each starting with [[feeds]]")
    specs: list[FeedSpec] = []
    numbers: dict[str, int] = {}
    for number, entry in enumerate(entries, start=1):
        spec = _spec(entry, f"{name}: feed {number}")
        if spec.feed_id in numbers:
            raise Misconfigured(
                f"{name}: feed {number}: the same url as feed {numbers[spec.feed_id]}: {spec.url}"
            )
        numbers[spec.feed_id] = number
        specs.append(spec)
    return specs


def feed_spec(
    url: str,
    *,
    where: str,
    outlet: str | None = None,
    title: str | None = None,
    interval_seconds: float | None = None,
) -> FeedSpec:
    """The feed at `url`; the outlet is its host unless named.

    Raises Misconfigured, the message starting with `where`, for what is no http(s) URL or an interval out of range.
    """
    host = _checked_host(url, where)
    interval = _interval({"interval_seconds": interval_seconds}, where)
    return FeedSpec(url, outlet or host.removeprefix("www."), title, interval)


def _spec(entry: Mapping[str, Any], where: str) -> FeedSpec:
    strangers = sorted(set(entry) - _KEYS)
    if strangers:
        raise Misconfigured(f"{where}: unknown key {strangers[0]!r}; known are {', '.join(sorted(_KEYS))}")
    url = _text(entry, "url", where)
    if url is None:
        raise Misconfigured(f"{where}: `url` is missing")
    spec = feed_spec(
        url,
        where=where,
        outlet=_text(entry, "outlet", where),
        title=_text(entry, "title", where),
        interval_seconds=_interval(entry, where),
    )
    return replace(
        spec,
        headers=_headers(entry, where),
        auth_file=_text(entry, "auth_file", where),
        proxy=_text(entry, "proxy", where),
    )


def _headers(entry: Mapping[str, Any], where: str) -> tuple[tuple[str, str], ...]:
    given = entry.get("headers", {})
    if not isinstance(given, dict):
        raise Misconfigured(f'{where}: `headers` must be a table such as {{ Accept-Language = "de" }}')
    return tuple((name, checked_header(name, value, where)) for name, value in given.items())


def _text(entry: Mapping[str, Any], key: str, where: str) -> str | None:
    value = entry.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise Misconfigured(f"{where}: `{key}` must be a text in quotation marks, not {value!r}")
    return value.strip()


def _checked_host(url: str, where: str) -> str:
    try:
        parts = urlsplit(url)
        host, _port, _key = parts.hostname, parts.port, url_key(url)
    except (BadUrl, ValueError) as error:
        raise Misconfigured(f"{where}: {url!r} is no http or https URL ({error})") from error
    if parts.scheme.lower() not in SCHEMES or not host:
        raise Misconfigured(f"{where}: {url!r} is no http or https URL")
    if parts.username or parts.password:
        raise Misconfigured(
            f"{where}: the url holds a user name or password; they do not belong into a list of feeds"
        )
    if len(url) > MAX_URL_CHARS or any(char.isspace() for char in url):
        raise Misconfigured(f"{where}: the url has spaces or more than {MAX_URL_CHARS} characters")
    return host


def _interval(entry: Mapping[str, Any], where: str) -> float | None:
    value = entry.get("interval_seconds")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misconfigured(f"{where}: `interval_seconds` must be a number, not {value!r}")
    if not MIN_INTERVAL_SECONDS <= value <= MAX_INTERVAL_SECONDS:
        raise Misconfigured(
            f"{where}: `interval_seconds` must lie between {MIN_INTERVAL_SECONDS} and {MAX_INTERVAL_SECONDS}, not {value}"
        )
    return float(value)
