"""The text that a feed gives, published where the page is not to be had: a wall, a teaser, or no page at all. Pure.

Some outlets put the whole article into the feed and a wall before the page. What the feed gives to everyone is published,
and the story says so (`textFrom`).
"""

from __future__ import annotations

import html
from dataclasses import replace
from typing import Final

from copytaster.extractor.extracted import Extracted
from copytaster.extractor.versions import text_hash
from copytaster.text.credits.model import Credit
from copytaster.text.feedtext import full_text
from copytaster.text.urls import BadUrl, site_of
from copytaster_schemas import ArticleFetched, FeedItem
from copytaster_schemas.identity import short_id

FEED: Final = "feed"

CONTENT_TYPE: Final = "text/html; charset=utf-8"

LONGER: Final = 1.2
"""The feed's text replaces a teaser that it passes by a fifth; a teaser of about its length is the same text."""

_STANDS_IN_FOR: Final = frozenset(
    {
        "challenge_wall",
        "consent_wall",
        "empty_body",
        "extraction_crashed",
        "extraction_timeout",
        "login_wall",
        "no_article",
        "not_html",
        "script_only",
        "too_complex",
        "too_short",
    }
)
"""Not for error_page and list_page: that is how many outlets answer for an article that they took away."""


def feed_text(item: FeedItem) -> str | None:
    """The whole text of the article in the item, as HTML; None where the feed has only a teaser."""
    return full_text(item.content, item.summary)


def stands_in_for(code: str) -> bool:
    """Whether the feed's text may be published for a page that was left out with `code`."""
    return code in _STANDS_IN_FOR


def as_page(markup: str, item: FeedItem) -> bytes:
    """A page that holds the item's text and headline, for the one extraction that all texts go through."""
    title = html.escape(item.title or "")
    language = html.escape(item.language or "", quote=True)
    document = (
        f'<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta property="og:type" content="article"></head>'
        f"<body><article><h1>{title}</h1>{markup}</article></body></html>"
    )
    return document.encode("utf-8", "replace")


def address_of(article: ArticleFetched) -> str:
    """The address under which the feed's text is published: where the page lies, or would lie.

    A wall often stands on another site; then it is the address that the feed gave.
    """
    try:
        same = site_of(article.final_url) == site_of(article.requested_url)
    except BadUrl:
        return article.requested_url
    return article.final_url if same else article.requested_url


def from_feed(found: Extracted, article: ArticleFetched) -> Extracted:
    """The extraction of `as_page` as a story of the article; without an address feed and guid name it."""
    cut = article.item.content_truncated and article.text_from is None
    scoped = replace(found, text_from=FEED, body_scope="teaser" if cut else found.body_scope)
    if article.text_from is None or article.page_failure is not None:
        return scoped
    return replace(scoped, uri=article.article, key=short_id(article.article), url="", canonical_url=None)


def completed(page: Extracted, feed: Extracted) -> Extracted:
    """The page's story with the feed's text, where the page shows only a teaser of it; else the page's story."""
    if page.body_scope != "teaser" or len(feed.text) < LONGER * len(page.text):
        return page
    return replace(
        page,
        text=feed.text,
        lead=page.lead if page.lead not in feed.text.split("\n") else None,
        located=feed.located or page.located,
        credits=_merged(feed.credits, page.credits),
        body_scope=feed.body_scope,
        text_from=FEED,
        text_hash=text_hash(page.title, page.lead, feed.text),
    )


def _merged(feed: tuple[Credit, ...], page: tuple[Credit, ...]) -> tuple[Credit, ...]:
    """The credits in the feed's text, and those that the page has elsewhere: the page's text is gone."""
    return (*(c for c in feed if c.field == "text"), *(c for c in page if c.field != "text"))
