"""Finds the addresses of feeds in an HTML page: declared in its head, linked in its body, or usual for a site.

Pure. Whether an address really serves a feed is found out by asking it (`io.finder`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

from copytaster.fetcher.document import FeedDocument, plain_text, web_url

HEAD_CHARS: Final = 512 * 1024
"""Feeds are declared at the top; the largest head among the evaluation pages has a quarter of it."""

MAX_LINKS: Final = 12
"""Addresses worth asking; sites with more (one feed a section) are better given the address of the one wanted."""

FEED_TYPES: Final = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/json",
        "application/xml",
        "text/xml",
    }
)
"""With the older names of JSON Feed and of RSS."""

_INTERFACE: Final = re.compile(r"/wp-json(?:/|$)|[?&]rest_route=")
"""WordPress declares its programming interface as if it were a feed."""

USUAL_PATHS: Final = (
    "/feed",
    "/rss",
    "/feed.xml",
    "/rss.xml",
    "/atom.xml",
    "/index.xml",
    "/feed.json",
    "/feeds",
)
"""Where content systems and static site generators put a feed that nobody declares."""

_FEED_PATH: Final = re.compile(
    r"(?:^|/)(?:rss|atom|feeds?|rdf)(?:\.(?:xml|php|json|rdf|aspx?))?/?$|\.(?:rss|atom|rdf)$|[?&]feed=",
    re.IGNORECASE,
)
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_COMMENTS: Final = re.compile(r"comments?|kommentar|commentaires|комментар", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FeedLink:
    """An address that a page gives for a feed."""

    url: str
    title: str | None = None

    @property
    def is_of_comments(self) -> bool:
        """Whether it is said to be what readers write, which is no news."""
        return bool(_COMMENTS.search(self.title or "") or _COMMENTS.search(urlsplit(self.url).path))


def feed_links(page: bytes, *, url: str, content_type: str | None = None) -> list[FeedLink]:
    """The feeds that the page at `url` declares, or else those it links to, in its order, each address once."""
    reader = _PageReader()
    reader.feed(_decode(page, content_type)[:HEAD_CHARS])
    base = web_url(reader.base, url) or url
    for found in (reader.declared, reader.linked):
        links: dict[str, FeedLink] = {}
        for href, title in found:
            if (address := web_url(href, base)) is not None:
                links.setdefault(
                    address.partition("#")[0], FeedLink(address.partition("#")[0], plain_text(title))
                )
        if links:
            return list(links.values())[:MAX_LINKS]
    return []


def usual_links(url: str) -> list[FeedLink]:
    """The addresses below the site of `url` where a feed may lie undeclared."""
    return [FeedLink(urljoin(url, path)) for path in USUAL_PATHS]


def different(found: list[tuple[str, FeedDocument]]) -> list[tuple[str, FeedDocument]]:
    """`found` without those that bring the same items as one before them: RSS and Atom of one list."""
    kept: list[tuple[str, FeedDocument]] = []
    known: list[frozenset[str | None]] = []
    for url, document in found:
        items = frozenset(item.url or item.guid for item in document.items)
        if items not in known:
            kept.append((url, document))
            known.append(items)
    return kept


def _decode(page: bytes, content_type: str | None) -> str:
    match = _CHARSET.search(content_type or "") or _CHARSET.search(page[:2048].decode("ascii", "replace"))
    try:
        return page.decode(match[1] if match else "utf-8", "replace")
    except LookupError:
        return page.decode("utf-8", "replace")


class _PageReader(HTMLParser):
    """Collects `<base>`, the links of the head, and anchors whose address looks like a feed's."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base: str | None = None
        self.declared: list[tuple[str, str | None]] = []
        self.linked: list[tuple[str, str | None]] = []
        self._by_tag: dict[str, Callable[[dict[str, str | None]], None]] = {
            "base": self._on_base,
            "link": self._on_link,
            "a": self._on_anchor,
        }

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        handler = self._by_tag.get(tag)
        if handler is not None:
            handler(dict(attrs))

    def _on_base(self, attributes: dict[str, str | None]) -> None:
        self.base = self.base or attributes.get("href")

    def _on_link(self, attributes: dict[str, str | None]) -> None:
        href = (attributes.get("href") or "").strip()
        relations = (attributes.get("rel") or "").lower().split()
        kind = (attributes.get("type") or "").partition(";")[0].strip().lower()
        declared = ("alternate" in relations and kind in FEED_TYPES) or "feed" in relations
        if href and declared and not _INTERFACE.search(href):
            self.declared.append((href, attributes.get("title")))

    def _on_anchor(self, attributes: dict[str, str | None]) -> None:
        href = (attributes.get("href") or "").strip()
        if _FEED_PATH.search(href.partition("#")[0]):
            self.linked.append((href, attributes.get("title")))
