"""When a page was published and changed: with time and zone where the page says so, and on which basis.

The cascade is JSON-LD, metadata, `<time>`, the feed, then the day that htmldate finds in the visible text or the URL. The time of
fetching is never given out as the time of publication. An instant without a zone is read in the outlet's own time where its
country has one zone, else as UTC; a day without a time stays a day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from htmldate import find_date
from lxml.html import HtmlElement

from copytaster.extractor.jsonld import string
from copytaster.extractor.page import Page, text_of
from copytaster.extractor.printed import printed_time

EARLIEST_YEAR: Final = 1990
"""No news page is older; `1970-01-01` and `0001-01-01` are empty fields of content systems."""

_PUBLISHED_META: Final = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "dc.date.issued",
    "dcterms.date",
    "dcterms.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dc:date",
    "og:pubdate",
    "og:published_time",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "published-date",
    "published_time",
    "article.published",
    "article:post_date",
    "rnews:datepublished",
    "ptime",
    "date",
    "last-publish-date",
)
_MODIFIED_META: Final = (
    "article:modified_time",
    "og:updated_time",
    "og:article:modified_time",
    "datemodified",
    "lastmod",
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "article:modified",
    "article.updated",
)
_ZONES: Final = {
    "de": "Europe/Berlin",
    "at": "Europe/Vienna",
    "ch": "Europe/Zurich",
    "li": "Europe/Zurich",
    "fr": "Europe/Paris",
    "it": "Europe/Rome",
    "es": "Europe/Madrid",
    "nl": "Europe/Amsterdam",
    "be": "Europe/Brussels",
    "lu": "Europe/Luxembourg",
    "pl": "Europe/Warsaw",
    "cz": "Europe/Prague",
    "sk": "Europe/Bratislava",
    "hu": "Europe/Budapest",
    "dk": "Europe/Copenhagen",
    "se": "Europe/Stockholm",
    "no": "Europe/Oslo",
    "fi": "Europe/Helsinki",
    "uk": "Europe/London",
    "ie": "Europe/Dublin",
    "pt": "Europe/Lisbon",
    "gr": "Europe/Athens",
    "ro": "Europe/Bucharest",
    "bg": "Europe/Sofia",
    "rs": "Europe/Belgrade",
    "hr": "Europe/Zagreb",
    "si": "Europe/Ljubljana",
    "ua": "Europe/Kyiv",
    "by": "Europe/Minsk",
    "tr": "Europe/Istanbul",
    "il": "Asia/Jerusalem",
    "in": "Asia/Kolkata",
    "pk": "Asia/Karachi",
    "vn": "Asia/Ho_Chi_Minh",
    "th": "Asia/Bangkok",
    "cn": "Asia/Shanghai",
    "tw": "Asia/Taipei",
    "jp": "Asia/Tokyo",
    "kr": "Asia/Seoul",
    "za": "Africa/Johannesburg",
    "ng": "Africa/Lagos",
    "ar": "America/Argentina/Buenos_Aires",
}
"""Country domains with one zone (Russia, the United States, Brazil, Canada and Australia have several)."""

_TIMESTAMP: Final = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?:[T ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*"
    r"(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?",
    re.IGNORECASE,
)
_COMPACT: Final = re.compile(r"(?P<day>\d{8})(?:T?(?P<time>\d{6})(?P<zone>Z|[+-]\d{4})?)?$")
_SLASHED: Final = re.compile(
    r"(?P<y>\d{4})[/.](?P<m>\d{1,2})[/.](?P<d>\d{1,2})(?:\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?$"
)


@dataclass(frozen=True, slots=True)
class Dated:
    """An aware instant in the zone it was printed in; `precision` is second, minute or date; `basis` as in the story."""

    at: datetime
    precision: str
    basis: str

    def iso(self) -> str:
        """ISO 8601: a bare day for precision `date`, else with the printed offset."""
        return self.at.date().isoformat() if self.precision == "date" else self.at.isoformat()


@dataclass(frozen=True, slots=True)
class Stated:
    """A date as printed: aware or naive."""

    at: datetime
    precision: str


def published(page: Page, article: dict[str, Any], *, feed: Dated | None) -> Dated | None:
    """When the page says it was published, or else the feed; None if nothing tells."""
    stated = [
        *_candidates("jsonld", [string(article.get("datePublished")), string(article.get("dateCreated"))]),
        *_candidates("meta", [page.meta.get(name) for name in _PUBLISHED_META]),
        *_candidates("visible", _time_elements(page.tree)),
    ]
    best = _best(stated)
    if best is not None and best[0].precision != "date":
        return _placed(best[0], best[1], page.url)
    exact = feed is not None and feed.precision != "date"
    if feed and exact and (best is None or abs(feed.at.date() - best[0].at.date()) <= timedelta(days=1)):
        return feed
    if best is not None:
        return _placed(best[0], best[1], page.url)
    return feed or _day(page)


def selected(stated: str | None, url: str) -> Dated | None:
    """The date of an operator's selector, as the page prints it; None where it is none."""
    found = parse_stated(stated)
    return _placed(found, "visible", url) if found is not None else None


def modified(page: Page, article: dict[str, Any], *, feed: datetime | None) -> Dated | None:
    """When the page says it was last changed; None if nothing tells."""
    best = _best(
        [
            *_candidates("jsonld", [string(article.get("dateModified"))]),
            *_candidates("meta", [page.meta.get(name) for name in _MODIFIED_META]),
        ]
    )
    if best is not None:
        return _placed(best[0], best[1], page.url)
    return Dated(feed, "second", "feed") if feed is not None else None


def parse_stated(text: str | None) -> Stated | None:
    """A machine-readable date as printed; None for prose, empty fields and impossible dates."""
    cleaned = re.sub(r"\s+", " ", text or "").strip()
    if not 6 <= len(cleaned) <= 60:
        return None
    try:
        return _parsed(cleaned)
    except (ValueError, OverflowError, TypeError):
        return None


def _parsed(text: str) -> Stated | None:
    match = _TIMESTAMP.match(text)
    if match is not None:
        return _from_parts(match["day"], match["hour"], match["minute"], match["second"], match["zone"])
    match = _COMPACT.match(text)
    if match is not None:
        day, time = match["day"], match["time"] or ""
        iso = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        return _from_parts(iso, time[:2] or None, time[2:4], time[4:], match["zone"])
    match = _SLASHED.match(text)
    if match is not None:
        iso = f"{match['y']}-{int(match['m']):02d}-{int(match['d']):02d}"
        return _from_parts(iso, match["hour"], match["minute"], match["second"], None)
    if re.fullmatch(r"\d{10}(?:\d{3})?", text):
        return _plausible(datetime.fromtimestamp(int(text[:10]), UTC), "second")
    if re.match(r"[A-Z][a-z]{2}, ", text):
        return _plausible(parsedate_to_datetime(text), "second")
    return None


def _from_parts(
    day: str, hour: str | None, minute: str | None, second: str | None, zone: str | None
) -> Stated | None:
    if hour is None:
        return _plausible(datetime.fromisoformat(day), "date")
    at = datetime.fromisoformat(f"{day}T{int(hour):02d}:{minute}:{second or '00'}")
    # Midnight without a zone is how content systems write a day.
    if zone is None and (at.hour, at.minute, at.second) == (0, 0, 0):
        return _plausible(at, "date")
    return _plausible(at.replace(tzinfo=_offset(zone)), "second" if second else "minute")


def _offset(zone: str | None) -> tzinfo | None:
    if zone is None:
        return None
    if zone.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    digits = re.sub(r"\D", "", zone).ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if zone.startswith("-") else minutes))


def _plausible(at: datetime, precision: str) -> Stated | None:
    return Stated(at, precision) if at.year >= EARLIEST_YEAR else None


def _candidates(basis: str, texts: list[str | None]) -> list[tuple[Stated, str]]:
    return [(stated, basis) for text in texts if (stated := parse_stated(text)) is not None]


def _best(found: list[tuple[Stated, str]]) -> tuple[Stated, str] | None:
    """The first candidate, or a later one of the same or a neighbouring day that knows more (time, zone)."""
    if not found:
        return None
    first = found[0]
    close = [f for f in found if abs(f[0].at.date() - first[0].at.date()) <= timedelta(days=1)]
    return max(
        close, key=lambda f: ((f[0].precision != "date") + (f[0].at.tzinfo is not None), -close.index(f))
    )


def _time_elements(tree: HtmlElement) -> list[str | None]:
    """`datetime` of the first `<time>` of the article; related links carry times, too, so only one that is marked."""
    marked: list[str | None] = []
    for element in tree.iter("time"):
        hints = " ".join(
            (element.get("itemprop") or "", element.get("class") or "", element.get("pubdate") or "x")
        )
        in_article = any(a.tag in {"article", "header", "main"} for a in element.iterancestors())
        if (
            re.search(r"publi|date|entry|post|creat", hints, re.IGNORECASE)
            or element.get("pubdate") is not None
            or in_article
        ):
            marked.append(element.get("datetime"))
        if len(marked) >= 1 and marked[0]:
            break
    return marked


def _day(page: Page) -> Dated | None:
    """The day that htmldate finds; its basis is the URL when the URL holds that day."""
    try:
        found = find_date(page.tree, original_date=True, url=page.url, extensive_search=False)
    except (ValueError, TypeError, AttributeError, RecursionError):
        found = None
    stated = parse_stated(found)
    if stated is None:
        return None
    at = printed_time(text_of(page.tree), stated.at.date()) if stated.precision == "date" else None
    if at is not None:
        return _placed(Stated(datetime.combine(stated.at.date(), at), "minute"), "visible", page.url)
    compact = stated.at.strftime("%Y%m%d")
    basis = "url" if compact in re.sub(r"\D", "", page.url) else "visible"
    return _placed(stated, basis, page.url)


def _placed(stated: Stated, basis: str, url: str) -> Dated:
    at = stated.at
    if at.tzinfo is None:
        zone = _country_zone(url) if stated.precision != "date" else UTC
        at = at.replace(tzinfo=zone)
        at = at.replace(tzinfo=timezone(at.utcoffset() or timedelta()))
    return Dated(at, stated.precision, basis)


def _country_zone(url: str) -> tzinfo:
    host = re.sub(r"^https?://([^/:]+).*", r"\1", url).lower()
    name = _ZONES.get(host.rpartition(".")[2])
    try:
        return ZoneInfo(name) if name else UTC
    except ZoneInfoNotFoundError:
        return UTC
