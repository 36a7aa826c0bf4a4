"""What every feed reader gives back: a `FeedDocument` of `FeedItem`s, and the small rules all readers share.

Pure. Knows no format: `parsing` reads XML, `jsonfeed` JSON Feed, `sitemaps` news sitemaps.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from copytaster.fetcher.dates import FeedTime
from copytaster.fetcher.outcomes import Failure

MAX_ITEMS: Final = 5_000
"""Items read of one document; the largest real feed of the corpus has about 1,000 (research/fetching.md, 6)."""


MAX_GUID_CHARS: Final = 2_000
"""As long as an address may be (`text.urls`); the longest guid of the corpus has 210 characters."""


MAX_LINK_CHARS: Final = 8_000
"""Longer ones are not looked at; from 2,000 on (`text.urls`) the item is dropped with its address in the reason."""


class UnreadableFeed(ValueError):
    """The body is no feed: `failure` is NOT_A_FEED, EMPTY_BODY or TOO_LARGE, `detail` says what it looks like."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure
        self.detail = detail


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One RSS item or Atom entry; `summary` and `content` are HTML as the feed gives it, all else plain text."""

    guid: str | None = None
    url: str | None = None
    title: str | None = None
    published: FeedTime | None = None
    updated: FeedTime | None = None
    summary: str | None = None
    content: str | None = None
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """One fetched feed: `kind` is rss, rdf, atom, json, sitemap or sitemap-index; items in document order, at most MAX_ITEMS."""

    kind: str
    title: str | None = None
    link: str | None = None
    language: str | None = None
    items: tuple[FeedItem, ...] = ()
    children: tuple[str, ...] = ()
    """Of an index of sitemaps: the addresses of those to read for its items."""


_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)


def plain_text(value: Any, *, is_html: bool = False) -> str | None:
    """`value` on one line, without tags and entities where it is HTML; None for anything but a text with a letter."""
    text = text_or_none(value)
    if text is not None and is_html:
        text = html.unescape(_TAG.sub("", text))
    return (" ".join(text.split()) or None) if text else None


def text_or_none(value: Any) -> str | None:
    """`value` stripped, None when it is no text or blank.

    Lone surrogates (written as `&#55357;` in real feeds) cannot be encoded anywhere later and become question marks.
    """
    if not isinstance(value, str):
        return None
    if not value.isascii():
        value = value.encode("utf-8", errors="replace").decode("utf-8")
    return value.strip() or None


def identity(value: Any) -> str | None:
    """`value` as a guid, None for one that is too long to be carried through every event: the address tells the item then."""
    text = text_or_none(value)
    return text if text is None or len(text) <= MAX_GUID_CHARS else None


def unique_texts(values: Iterable[Any]) -> tuple[str, ...]:
    """The texts among `values` in their order, each once."""
    return tuple(dict.fromkeys(text for value in values if (text := text_or_none(value))))


def absolute(link: str | None, base: str | None) -> str | None:
    """`link` made absolute against `base`; as it is when there is no base or the two do not fit."""
    if link is None or base is None:
        return link
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def web_url(link: str | None, base: str | None) -> str | None:
    """`link` made absolute, None when that is no http or https address (`mailto:`, `urn:`, still relative, endless)."""
    if link is not None and len(link) > MAX_LINK_CHARS:
        return None
    resolved = absolute(link, base)
    return resolved if resolved and resolved.lower().startswith(("http://", "https://")) else None


_REF: Final = re.compile(r"^ref(?:errer)?=(?:www\.)?([^&]+)$", re.IGNORECASE)


def item_url(link: str | None, base: str | None, feed_url: str | None) -> str | None:
    """`web_url` without a `ref=` that names the host of the feed: it says where a click came from, not which page."""
    url = web_url(link, base)
    if url is None or feed_url is None or "ref" not in url.partition("?")[2].lower():
        return url
    try:
        host, parts = (urlsplit(feed_url).hostname or "").removeprefix("www."), urlsplit(url)
    except ValueError:
        return url
    kept = [pair for pair in parts.query.split("&") if not ((ref := _REF.match(pair)) and ref[1] == host)]
    return urlunsplit(parts._replace(query="&".join(kept)))
