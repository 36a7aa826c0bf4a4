"""The newsroom's answers: what one request gets, given the time since the start. No sockets and no clock of its own.

The only state is which pages have been asked for, since corrections and vanishing pages wait for a first reader.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from html import escape
from typing import Final

from copytaster.newsroom import feeds, pages
from copytaster.newsroom.catalogue import content
from copytaster.newsroom.edition import Edition, Reading
from copytaster.newsroom.feeds import FeedEntry
from copytaster.newsroom.model import Article, Oddity, Outlet
from copytaster.newsroom.timetable import Moment, Stage, Timetable

_PLAIN: Final = "text/plain; charset=utf-8"
_ON_THE_PAGE: Final = (Stage.FIRST, Stage.CORRECTED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: status, content type, body, further headers."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Desk:
    """An edition in the course of its timetable."""

    edition: Edition
    timetable: Timetable
    first_served: dict[str, float] = field(default_factory=dict)

    def answer(self, host: str, path: str, request: Mapping[str, str], elapsed_seconds: float) -> Answer:
        """The answer to GET `path` at `host` (without port); `request` holds its headers, by lower-case name."""
        moment = Moment(elapsed_seconds, self.first_served)
        if path == "/health":
            return self._health(moment)
        outlet = self.edition.catalogue.outlets.get(host.lower())
        if outlet is None:
            return _not_found(
                f"no outlet is called {host}; there are: {', '.join(self.edition.catalogue.outlets)}"
            )
        if path == "/robots.txt":
            return Answer(200, _PLAIN, outlet.robots.encode())
        if path == outlet.feed.path:
            return self._feed(outlet, request, moment)
        if path == "/":
            return self._front_page(outlet, moment)
        return self._page(outlet, path, moment)

    def _health(self, moment: Moment) -> Answer:
        released = sum(
            self.timetable.stage(one, moment) is not Stage.UNRELEASED for one in self.timetable.wave_of
        )
        state = {
            "status": "ok",
            "items": len(self.timetable.wave_of),
            "released": released,
            "elapsedSeconds": round(moment.elapsed_seconds, 1),
        }
        return Answer(200, "application/json", json.dumps(state).encode())

    def _front_page(self, outlet: Outlet, moment: Moment) -> Answer:
        lines = "\n".join(
            f'<li><a href="{escape(entry.url)}">{escape(entry.headline)}</a></li>'
            for entry in self._entries(outlet, moment)
        )
        kind = feeds.CONTENT_TYPES[outlet.feed.kind]
        html = (
            f'<!DOCTYPE html>\n<html lang="{outlet.language}"><head><title>{escape(outlet.title)}</title>\n'
            f'<link rel="alternate" type="{kind}" href="{outlet.feed.path}"></head>\n'
            f"<body><h1>{escape(outlet.title)}</h1>\n<ul>\n{lines}\n</ul></body></html>\n"
        )
        return Answer(200, outlet.content_type, html.encode(outlet.charset, "xmlcharrefreplace"))

    def _feed(self, outlet: Outlet, request: Mapping[str, str], moment: Moment) -> Answer:
        body = feeds.feed(outlet, self.edition.base_url(outlet.host), self._entries(outlet, moment))
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        modified = self._last_modified(outlet, moment)
        validators = {"ETag": etag}
        if modified is not None:
            validators["Last-Modified"] = format_datetime(modified, usegmt=True)
        if _is_unchanged(request, etag, modified):
            return Answer(304, feeds.content_type(outlet), b"", validators)
        return Answer(200, feeds.content_type(outlet), body, validators)

    def _last_modified(self, outlet: Outlet, moment: Moment) -> datetime | None:
        """When the feed last changed; None in the second of the change, which this header is too coarse to tell."""
        changes = (self.timetable.changed_at_seconds(item.id, moment) for item in self._items(outlet))
        changed = max((change for change in changes if change is not None), default=0.0)
        started = self.edition.started_at
        if changed == 0:
            return started.replace(microsecond=0) - timedelta(seconds=1)
        modified = (started + timedelta(seconds=changed)).replace(microsecond=0)
        now = (started + timedelta(seconds=moment.elapsed_seconds)).replace(microsecond=0)
        return modified if modified < now else None

    def _page(self, outlet: Outlet, path: str, moment: Moment) -> Answer:
        item = next((one for one in self._items(outlet) if one.path == path), None)
        if item is None or self.timetable.stage(item.id, moment) not in _ON_THE_PAGE:
            return _not_found(f"{outlet.title} has no page {path}")
        if isinstance(item, Oddity):
            return _odd_page(outlet, item)
        html = pages.page(self.edition, outlet, self._reading(item, moment))
        self.first_served.setdefault(item.id, moment.elapsed_seconds)
        return Answer(200, outlet.content_type, html)

    def _items(self, outlet: Outlet) -> list[Article | Oddity]:
        odd = (one for one in self.edition.catalogue.oddities if one.outlet == outlet.host)
        own: list[Article | Oddity] = [*self.edition.catalogue.of_outlet(outlet.host), *odd]
        return sorted(own, key=lambda item: (item.published_minutes_before, item.id))

    def _reading(self, article: Article, moment: Moment) -> Reading:
        corrected_at = None
        if self.timetable.stage(article.id, moment) is Stage.CORRECTED:
            changed = self.timetable.changed_at_seconds(article.id, moment) or 0.0
            corrected_at = (self.edition.started_at + timedelta(seconds=changed)).replace(microsecond=0)
        return self.edition.reading(article, corrected_at)

    def _entries(self, outlet: Outlet, moment: Moment) -> list[FeedEntry]:
        items = (one for one in self._items(outlet) if self.timetable.stage(one.id, moment) in _ON_THE_PAGE)
        return [
            self._odd_entry(item) if isinstance(item, Oddity) else _entry(self._reading(item, moment))
            for item in items
        ]

    def _odd_entry(self, item: Oddity) -> FeedEntry:
        published = self.edition.published(item)
        url = self.edition.url(item)
        return FeedEntry(item.id, url, item.headline, item.summary, None, None, published, published, None)


def _entry(reading: Reading) -> FeedEntry:
    return FeedEntry(
        id=reading.id,
        url=reading.url,
        headline=reading.headline,
        summary=reading.summary,
        section=reading.section,
        byline=reading.byline,
        published=reading.published,
        modified=reading.modified,
        html=pages.plain_body(reading),
    )


def _odd_page(outlet: Outlet, item: Oddity) -> Answer:
    if item.page is None:
        return _not_found(f"{outlet.title} has no page {item.path}")
    html = (content() / "odd_pages" / item.page).read_text("utf-8")
    return Answer(200, outlet.content_type, html.encode(outlet.charset, "xmlcharrefreplace"))


def _not_found(why: str) -> Answer:
    return Answer(404, _PLAIN, f"Not found: {why}\n".encode())


def _is_unchanged(request: Mapping[str, str], etag: str, modified: datetime | None) -> bool:
    """RFC 9110, 13.2.2: If-None-Match decides alone where it is sent, If-Modified-Since only without it."""
    if (sent := request.get("if-none-match")) is not None:
        tags = [tag.strip().removeprefix("W/") for tag in sent.split(",")]
        return etag in tags or tags == ["*"]
    since = _http_date(request.get("if-modified-since"))
    return since is not None and modified is not None and modified <= since


def _http_date(text: str | None) -> datetime | None:
    """The instant of an HTTP date; None for anything that is not one, which RFC 9110, 13.1.3 says to ignore."""
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
