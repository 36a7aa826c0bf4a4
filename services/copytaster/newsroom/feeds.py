"""The newsroom's feeds: RSS 2.0, Atom 1.0 and RDF (RSS 1.0), written by hand so that each has its own habits. Pure.

Also the list of all feeds in the form of `feeds.toml`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from copytaster.newsroom.almanac import feed_date
from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.model import Catalogue, Outlet

CONTENT_TYPES: Final = {
    "rss2": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
}

INTERVAL_SECONDS: Final = 5
"""How often the demo's feeds may be asked: the whole demo lasts half a minute, real feeds get minutes."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One item of a feed; `html` is the full text, for outlets that send it along."""

    id: str
    url: str
    headline: str
    summary: str
    section: str | None
    byline: str | None
    published: datetime
    modified: datetime
    html: str | None


def feed(outlet: Outlet, base_url: str, entries: Sequence[FeedEntry]) -> bytes:
    """The outlet's feed in its format and charset, entries in the order given."""
    write = {"rss2": _rss2, "atom": _atom, "rdf": _rdf}[outlet.feed.kind]
    declaration = f'<?xml version="1.0" encoding="{outlet.feed.charset}"?>\n'
    return (declaration + write(outlet, base_url, entries)).encode(outlet.feed.charset, "xmlcharrefreplace")


def content_type(outlet: Outlet) -> str:
    """The HTTP Content-Type of the outlet's feed."""
    return f"{CONTENT_TYPES[outlet.feed.kind]}; charset={outlet.feed.charset}"


def feeds_toml(port: int, catalogue: Catalogue | None = None) -> str:
    """The content of a `feeds.toml` that names every feed of the newsroom on that port."""
    outlets = (catalogue or load_catalogue()).outlets.values()
    blocks = [
        f'[[feeds]]\nurl = "http://{outlet.host}:{port}{outlet.feed.path}"\noutlet = "{outlet.host}"\n'
        f'title = "{outlet.title}"\ninterval_seconds = {INTERVAL_SECONDS}\n'
        for outlet in outlets
    ]
    head = "# The feeds of the demo newsroom; all outlets are invented. Written by: copytaster newsroom feeds\n\n"
    return head + "\n".join(blocks)


def _element(name: str, text: str | None, attributes: str = "") -> str:
    return "" if text is None else f"<{name}{attributes}>{escape(text)}</{name}>\n"


def _date(outlet: Outlet, moment: datetime) -> str:
    return feed_date(moment, outlet.feed.dates, outlet.utc_offset_minutes)


def _guid(outlet: Outlet, entry: FeedEntry) -> str:
    return entry.url if outlet.feed.permalink_guids else f"tag:{outlet.host},2026:{entry.id}"


def _rss2(outlet: Outlet, base_url: str, entries: Sequence[FeedEntry]) -> str:
    items = "".join(_rss2_item(outlet, entry) for entry in entries)
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel>\n'
        + _element("title", outlet.title)
        + _element("link", f"{base_url}/")
        + _element("description", outlet.title)
        + _element("language", outlet.language)
        + items
        + "</channel>\n</rss>\n"
    )


def _rss2_item(outlet: Outlet, entry: FeedEntry) -> str:
    permalink = "true" if outlet.feed.permalink_guids else "false"
    return (
        "<item>\n"
        + _element("title", entry.headline)
        + _element("link", entry.url + outlet.feed.link_suffix)
        + _element("guid", _guid(outlet, entry), f' isPermaLink="{permalink}"')
        + _element("pubDate", _date(outlet, entry.published))
        + _element("dc:creator", entry.byline)
        + _element("category", entry.section)
        + _element("description", entry.summary)
        + _element("content:encoded", entry.html if outlet.feed.full_text else None)
        + "</item>\n"
    )


def _atom(outlet: Outlet, base_url: str, entries: Sequence[FeedEntry]) -> str:
    latest = max((entry.modified for entry in entries), default=None)
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">\n'
        + _element("title", outlet.title)
        + f"<link href={quoteattr(base_url + '/')}/>\n"
        + f'<link rel="self" href={quoteattr(base_url + outlet.feed.path)}/>\n'
        + _element("id", f"tag:{outlet.host},2026:feed")
        + _element("updated", _date(outlet, latest) if latest else "1970-01-01T00:00:00Z")
        + "".join(_atom_entry(outlet, entry) for entry in entries)
        + "</feed>\n"
    )


def _atom_entry(outlet: Outlet, entry: FeedEntry) -> str:
    author = f"<author>\n{_element('name', entry.byline or outlet.title)}</author>\n"
    return (
        "<entry>\n"
        + _element("title", entry.headline)
        + f'<link rel="alternate" type="text/html" href={quoteattr(entry.url + outlet.feed.link_suffix)}/>\n'
        + _element("id", _guid(outlet, entry))
        + _element("published", _date(outlet, entry.published))
        + _element("updated", _date(outlet, entry.modified))
        + author
        + (f"<category term={quoteattr(entry.section)}/>\n" if entry.section else "")
        + _element("summary", entry.summary)
        + "</entry>\n"
    )


def _rdf(outlet: Outlet, base_url: str, entries: Sequence[FeedEntry]) -> str:
    order = "".join(f"<rdf:li rdf:resource={quoteattr(entry.url)}/>\n" for entry in entries)
    return (
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        + f"<channel rdf:about={quoteattr(base_url + outlet.feed.path)}>\n"
        + _element("title", outlet.title)
        + _element("link", f"{base_url}/")
        + _element("description", outlet.title)
        + _element("dc:language", outlet.language)
        + f"<items>\n<rdf:Seq>\n{order}</rdf:Seq>\n</items>\n</channel>\n"
        + "".join(_rdf_item(outlet, entry) for entry in entries)
        + "</rdf:RDF>\n"
    )


def _rdf_item(outlet: Outlet, entry: FeedEntry) -> str:
    return (
        f"<item rdf:about={quoteattr(entry.url)}>\n"
        + _element("title", entry.headline)
        + _element("link", entry.url + outlet.feed.link_suffix)
        + _element("description", entry.summary)
        + _element("dc:date", _date(outlet, entry.published))
        + _element("dc:creator", entry.byline)
        + _element("dc:subject", entry.section)
        + "</item>\n"
    )
