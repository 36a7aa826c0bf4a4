"""Credits that stand in the page's markup: structured data, a canonical link to another site, source lines and source links.

From the extracted text alone about 60 of 100 visible credits are lost: they stand in bylines, under pictures and after the last
paragraph, where a body extractor cuts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import urljoin

from lxml.html import HtmlElement

from copytaster.extractor.jsonld import article_node, resolve, string
from copytaster.extractor.page import Page, text_of
from copytaster.text.agencies import agencies, agency_of_domain, find_mentions
from copytaster.text.credits import Credit
from copytaster.text.credits.model import CITED_URL, ORIGINATOR, PHOTO
from copytaster.text.urls import BadUrl, fetch_url, host_of, site_of
from copytaster.text.wordlists import words

MAX_SOURCE_CHARS: Final = 120
"""A source line is short; longer blocks are paragraphs and read as text."""

MAX_SOURCE_CHILDREN: Final = 4

_SOURCE_LABEL: Final = re.compile(
    r"^\W*(?:Quellen?|Sources?|Fuentes?|Font[ei]|Źródł[oa]|Джерел[оа]|Источники?|Kaynak|Nguồn|Bron|Källa|Kilde|Lähde|Zdroj|Forrás|"
    r"Originalartikel|Original article|Via)\s*[:：]",
    re.IGNORECASE,
)
_ORIGINAL: Final = re.compile(
    r"original(?:artikel|beitrag|text)?\b.{0,30}\b(?:auf|bei|on|at|in|sur|en)\b|(?:originally|first) (?:published|appeared)|article original|artículo original",
    re.IGNORECASE,
)
_SOURCE_CLASS: Final = re.compile(
    r"(?:^|[\s_-])(?:source|quelle|agency|agentur|agencia|agence|agenzia|wire|provider|credit-?line|article-?credit)",
    re.IGNORECASE,
)
_TAGS: Final = frozenset({"p", "div", "span", "li", "em", "small", "cite", "a", "footer"})
_COLON: Final = re.compile("[:：]")
_BRACKETS: Final = "([{<»„“\"'|•*–—-"
_LABELS: Final = frozenset(
    words(
        "Quelle Quellen QUELLE Source Sources SOURCE Fuente Fuentes Fonte Fonti Źródło Źródła Джерело Джерела Источник Источники "
        "Kaynak KAYNAK Nguồn Bron Källa Kilde Lähde Zdroj Forrás Via via Originalartikel 来源 出典"
    )
)
MAX_LABEL_CHARS: Final = 20
_PHRASES: Final = (
    "riginalartikel",
    "riginalbeitrag",
    "riginaltext",
    "riginally published",
    "riginally appeared",
    "irst published",
    "irst appeared",
    "article original",
    "artículo original",
    "riginal article",
    "来源：",
    "出典：",
    "출처",
    "المصدر:",
)
"""Literal parts of source lines."""

_PICTURE_CLASS: Final = re.compile(
    r"caption|image|picture|photo|foto|bild|media|video|gallery|teaser", re.IGNORECASE
)
_SOURCE_META: Final = (
    "syndication-source",
    "original-source",
    "article:source",
    "source",
    "news_source",
    "dc.source",
    "cxenseparse:agency",
)


def dom_credits(page: Page, *, foreign_canonical: str | None) -> list[Credit]:
    """The credits of the markup, without offsets; `field` is dom. Roles are not settled yet."""
    found: list[Credit] = []
    if foreign_canonical is not None:
        found.append(_cited(foreign_canonical, "canonical_elsewhere", 0.9))
    found += _structured(page)
    found += _meta_sources(page)
    found += _source_blocks(page)
    return found


def _structured(page: Page) -> Iterator[Credit]:
    article = article_node(page.jsonld)
    for key, role, confidence in (
        ("author", ORIGINATOR, 0.9),
        ("creator", ORIGINATOR, 0.85),
        ("sourceOrganization", ORIGINATOR, 0.9),
        ("creditText", ORIGINATOR, 0.85),
        ("contributor", ORIGINATOR, 0.7),
    ):
        for value in resolve(article.get(key), page.jsonld):
            yield from _named(string(value), role, f"jsonld_{key}", confidence)
    for image in resolve(article.get("image"), page.jsonld):
        if isinstance(image, dict):
            for key in ("creditText", "copyrightNotice", "creator", "author"):
                yield from _named(string(image.get(key)), PHOTO, "jsonld_image", 0.95)
    based_on = string(article.get("isBasedOn")) or string(article.get("isBasedOnUrl"))
    if based_on is not None and based_on.startswith("http") and _is_elsewhere(based_on, page.url):
        yield _cited(based_on, "jsonld_based_on", 0.9)


def _meta_sources(page: Page) -> Iterator[Credit]:
    for name in _SOURCE_META:
        value = page.meta.get(name, "")
        if value.startswith("http") and _is_elsewhere(value, page.url):
            yield _cited(value, "meta_source", 0.85)
        elif value:
            yield from _named(value, ORIGINATOR, "meta_source", 0.85)


def _source_blocks(page: Page) -> Iterator[Credit]:
    printed = _prints_source(text_of(page.tree))
    marks = {element for element, classes in page.classed if _is_source_class(classes)}
    for element in page.elements if printed else marks and page.elements:
        marked = element in marks
        if not (marked or printed) or element.tag not in _TAGS or len(element) > MAX_SOURCE_CHILDREN:
            continue
        opening = page.openings.get(element, "")
        labelled = len(opening) <= 2 * MAX_SOURCE_CHARS and (
            _SOURCE_LABEL.match(opening) or _ORIGINAL.search(opening)
        )
        if not (marked or labelled) or _in_menu(element):
            continue
        text = text_of(element)
        if not 1 < len(text) <= MAX_SOURCE_CHARS:
            continue
        role = PHOTO if _beside_picture(element) else ORIGINATOR
        if labelled and role == ORIGINATOR:
            yield from _source_links(element, page.url)
        if labelled or element.tag != "a":
            yield from _named(text, role, "source_label" if labelled else "source_element", 0.85, bare=True)


def _prints_source(visible: str) -> bool:
    """Whether some source line may stand in a page's text: most pages print none."""
    labels = {before.rstrip()[-MAX_LABEL_CHARS:].rpartition(" ")[2] for before in _COLON.split(visible)[:-1]}
    return any(label.lstrip(_BRACKETS) in _LABELS for label in labels) or any(
        phrase in visible for phrase in _PHRASES
    )


@lru_cache(maxsize=8_192)
def _is_source_class(classes: str) -> bool:
    return _SOURCE_CLASS.search(classes) is not None


def _source_links(element: HtmlElement, page_url: str) -> Iterator[Credit]:
    for link in element.iter("a"):
        url = urljoin(page_url, (link.get("href") or "").strip())
        if url.startswith("http") and _is_elsewhere(url, page_url):
            yield _cited(url, "source_link", 0.93)


def _beside_picture(element: HtmlElement) -> bool:
    holder: HtmlElement | None = element
    for _ in range(4):
        if holder is None or holder.tag in {"article", "main", "body"}:
            return False
        if holder.tag in {"figure", "figcaption", "picture"} or _PICTURE_CLASS.search(
            holder.get("class") or ""
        ):
            return True
        holder = holder.getparent()
    return False


def _in_menu(element: HtmlElement) -> bool:
    return any(a.tag in {"nav", "aside", "form"} for a in element.iterancestors())


def _is_elsewhere(url: str, page_url: str) -> bool:
    try:
        return site_of(url) != site_of(page_url)
    except BadUrl:
        return False


def _named(
    text: str | None, role: str, rule: str, confidence: float, *, bare: bool = False
) -> Iterator[Credit]:
    """The agencies named in a value; with `bare`, only where little else is said."""
    if not text or len(text) > MAX_SOURCE_CHARS:
        return
    mentions = find_mentions(text)
    covered = sum(m.end - m.begin for m in mentions)
    if bare and covered < 0.3 * len(text):
        return
    for mention in mentions:
        if mention.sure or covered >= 0.6 * len(text.strip()):
            photo = agencies()[mention.agency].kind == "photo"
            yield Credit(
                mention.agency, PHOTO if photo else role, "dom", None, None, text.strip(), rule, confidence
            )


def _cited(url: str, rule: str, confidence: float) -> Credit:
    agency: str | None
    try:
        url = fetch_url(url)
        agency = agency_of_domain(host_of(url))
    except BadUrl:
        agency = None
    return Credit(agency, CITED_URL, "dom", None, None, url, rule, confidence)
