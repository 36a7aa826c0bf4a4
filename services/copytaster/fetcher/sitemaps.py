"""Reads Google News sitemaps (sitemaps.org 0.9 with the `news` extension) and indexes of sitemaps.

Pure, standard library only; entities are refused and nothing is fetched. A news sitemap lists the articles of the last two
days and forgets them, so it is polled like a feed. A sitemap without `news:news` lists the pages of a whole site: no feed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from copytaster.fetcher.dates import FeedTime, parse_feed_date
from copytaster.fetcher.document import (
    MAX_ITEMS,
    FeedDocument,
    FeedItem,
    UnreadableFeed,
    plain_text,
    unique_texts,
    web_url,
)
from copytaster.fetcher.outcomes import Failure

MAX_CHILDREN: Final = 5
"""Sitemaps of an index that are read in one poll: outlets split theirs by day or by section, and two days are enough."""

INDEX_KIND: Final = "sitemap-index"

_ROOT: Final = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b")


def looks_like_sitemap(head: bytes) -> bool:
    """Whether the first element that `head` shows may be the root of a sitemap or of an index of sitemaps."""
    return bool(_ROOT.search(head))


def parse_sitemap(body: bytes, *, url: str | None = None) -> FeedDocument:
    """The news of the sitemap in `body`, or for an index the sitemaps that are worth asking, in `children`.

    Raises UnreadableFeed for what is neither, and for a sitemap without news. A document that breaks off gives what it
    has up to there.
    """
    reader = _Reader()
    broken = reader.read(body)
    if reader.root == "sitemapindex":
        return FeedDocument(kind=INDEX_KIND, children=_worth_asking(reader.pages, url))
    news = [page for page in reader.pages if page.is_news]
    if reader.root != "urlset" or not news:
        detail = f"a broken sitemap ({broken})" if broken else "a sitemap without news (no news:news element)"
        raise UnreadableFeed(Failure.NOT_A_FEED, detail)
    return FeedDocument(
        kind="sitemap",
        title=next(iter(unique_texts(page.texts.get("name") for page in news)), None),
        language=next(iter(unique_texts(page.texts.get("language") for page in news)), None),
        items=tuple(_item(page, url) for page in news),
    )


@dataclass(slots=True)
class _Page:
    """One `url` or `sitemap` element: the texts of its children by local name, those of the news by theirs."""

    texts: dict[str, str] = field(default_factory=dict)
    is_news: bool = False

    def time(self, name: str) -> FeedTime | None:
        return parse_feed_date(self.texts.get(name, "").strip())


def _item(page: _Page, base: str | None) -> FeedItem:
    published, updated = page.time("publication_date"), page.time("lastmod")
    return FeedItem(
        url=web_url(page.texts.get("loc", "").strip() or None, base),
        title=plain_text(page.texts.get("title")),
        published=published or updated,
        updated=updated,
        categories=unique_texts(page.texts.get("keywords", "").split(",")),
    )


def _worth_asking(pages: list[_Page], base: str | None) -> tuple[str, ...]:
    """The addresses that say `news` if any does, else all; the latest changed first, MAX_CHILDREN of them."""
    dated = [
        (time.at.timestamp() if (time := page.time("lastmod")) else 0.0, address)
        for page in pages
        if (address := web_url(page.texts.get("loc", "").strip() or None, base))
    ]
    chosen = [pair for pair in dated if "news" in pair[1].lower()] or dated
    ordered = sorted(chosen, key=lambda pair: -pair[0])
    return tuple(dict.fromkeys(address for _, address in ordered))[:MAX_CHILDREN]


class _Stop(Exception):
    """Enough was read."""


# Where a text counts, by the local names from the page's element on; elsewhere `title` may be an image's.
_PLACES: Final = {
    ("loc",): "loc",
    ("lastmod",): "lastmod",
    ("news", "title"): "title",
    ("news", "publication_date"): "publication_date",
    ("news", "keywords"): "keywords",
    ("news", "publication", "name"): "name",
    ("news", "publication", "language"): "language",
}


class _Reader:
    """Collects the pages of one document; prefixes are not looked at, for many sitemaps declare them wrongly."""

    def __init__(self) -> None:
        self.root: str | None = None
        self.pages: list[_Page] = []
        self._path: list[str] = []
        self._pieces: list[str] = []

    def read(self, body: bytes) -> str | None:
        """Read `body` as far as it goes; in words where it broke off, None when it did not."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._pieces.append
        parser.EntityDeclHandler = _refuse_entity
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        try:
            parser.Parse(body, True)
        except _Stop:
            return None
        except (expat.ExpatError, ValueError, LookupError) as error:
            return str(error)
        return None

    def _start(self, name: str, _attributes: object) -> None:
        local = name.rpartition(":")[2]
        self.root = self.root or local
        self._path.append(local)
        self._pieces.clear()
        if len(self._path) == 2:
            if len(self.pages) >= MAX_ITEMS:
                raise _Stop
            self.pages.append(_Page())
        elif local == "news" and len(self._path) == 3:
            self.pages[-1].is_news = True

    def _end(self, _name: str) -> None:
        place = _PLACES.get(tuple(self._path[2:])) if len(self._path) <= 5 else None
        if place is not None:
            self.pages[-1].texts.setdefault(place, "".join(self._pieces))
        self._path.pop()
        self._pieces.clear()


def _refuse_entity(*_declaration: object) -> None:
    raise ValueError("entities are declared")
