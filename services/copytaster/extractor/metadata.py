"""The metadata of a page, each field by its own cascade: JSON-LD, then Open Graph and meta tags, then the visible page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin

from copytaster.extractor.bylines import Byline, page_byline
from copytaster.extractor.dates import Dated, modified, published
from copytaster.extractor.jsonld import article_node, string, strings
from copytaster.extractor.outlet import Outlet, page_outlet
from copytaster.extractor.page import Page
from copytaster.extractor.titles import page_title
from copytaster.text.urls import BadUrl, fetch_url, site_of
from copytaster_schemas.article import FeedItem

MAX_KEYWORDS: Final = 30
MAX_KEYWORD_CHARS: Final = 80


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the page says about itself; `canonical_url` is on the page's own site, `foreign_canonical` on another one."""

    title: str | None
    byline: Byline
    published: Dated | None
    modified: Dated | None
    outlet: Outlet
    canonical_url: str | None
    foreign_canonical: str | None
    declared_language: str | None
    section: str | None
    keywords: tuple[str, ...]
    description: str | None
    usage_terms: str | None
    is_accessible_for_free: bool | None
    image_url: str | None
    live: bool


def _feed_date(item: FeedItem | None) -> Dated | None:
    """When the feed says the item was published, with the precision it has."""
    if item is None or item.published is None:
        return None
    return Dated(item.published, item.published_precision or "second", "feed")


def page_metadata(page: Page, item: FeedItem | None) -> Metadata:
    """All metadata of a page; what the page leaves out is taken from the feed item. Raises `BadUrl`."""
    article = article_node(page.jsonld)
    outlet = page_outlet(page, article)
    canonical, foreign = _canonical(page, outlet.site)
    byline = page_byline(page, article, site_names=outlet.folded_names)
    if not byline.printed and item is not None and item.authors:
        byline = Byline(tuple(item.authors), ", ".join(item.authors))
    return Metadata(
        title=page_title(page, article, site_names=outlet.folded_names) or (item.title if item else None),
        byline=byline,
        published=published(page, article, feed=_feed_date(item)),
        modified=modified(page, article, feed=item.updated if item else None),
        outlet=outlet,
        canonical_url=canonical,
        foreign_canonical=foreign,
        declared_language=page.tree.get("lang")
        or page.meta.get("og:locale")
        or string(article.get("inLanguage")),
        section=string(article.get("articleSection")) or page.meta.get("article:section"),
        keywords=_keywords(page, article),
        description=string(article.get("description"))
        or page.meta.get("og:description")
        or page.meta.get("description"),
        usage_terms=string(article.get("license"))
        or string(article.get("copyrightNotice"))
        or page.meta.get("copyright"),
        is_accessible_for_free=_free(article),
        image_url=page.meta.get("og:image"),
        live="liveblogposting" in str(article.get("@type")).lower(),
    )


def _canonical(page: Page, site: str) -> tuple[str | None, str | None]:
    """The canonical address if it is on the page's site, and the one on another site (a credit, never identity)."""
    stated = [
        *(
            link.get("href")
            for link in page.tree.iter("link")
            if "canonical" in (link.get("rel") or "").lower().split()
        ),
        page.meta.get("og:url"),
    ]
    own = foreign = None
    for href in stated:
        try:
            url = fetch_url(urljoin(page.url, (href or "").strip()))
            if not (href or "").strip():
                continue
            if site_of(url) == site:
                own = own or url
            else:
                foreign = foreign or url
        except (BadUrl, ValueError):
            continue
    return own, foreign


def _keywords(page: Page, article: dict[str, Any]) -> tuple[str, ...]:
    listed = strings(article.get("keywords"))
    if len(listed) <= 1:
        joined = listed[0] if listed else page.meta.get("news_keywords") or page.meta.get("keywords", "")
        listed = [word.strip() for word in joined.replace(";", ",").split(",")]
    return tuple(dict.fromkeys(word for word in listed if 1 < len(word) <= MAX_KEYWORD_CHARS))[:MAX_KEYWORDS]


def _free(article: dict[str, Any]) -> bool | None:
    value = article.get("isAccessibleForFree")
    if isinstance(value, bool):
        return value
    folded = str(value).strip().lower().rpartition("/")[2]
    return {"true": True, "false": False}.get(folded)
