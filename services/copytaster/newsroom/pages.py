"""The newsroom's web pages: an outlet's template around one reading, encoded as that outlet does. Pure.

Each outlet builds its pages in another way (JSON-LD, Open Graph, microdata, a bare date in the text), since that is what
the extractor has to cope with; all of it stands in `content/outlets/`.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from html import escape
from string import Template
from typing import Any, Final

from copytaster.newsroom import almanac
from copytaster.newsroom.edition import Edition, Reading
from copytaster.newsroom.model import Caption, Outlet

_ADDRESS: Final = re.compile(r"https?://[^\s<]+")


def page(edition: Edition, outlet: Outlet, reading: Reading) -> bytes:
    """The whole page in the outlet's charset; letters that the charset lacks become character references."""
    html = Template(outlet.template).substitute(
        url=escape(reading.url),
        path=escape(edition.catalogue.articles[reading.id].path),
        headline=escape(reading.headline),
        section=escape(reading.section),
        summary=escape(reading.summary),
        published_iso=_iso(reading.published),
        modified_iso=_iso(reading.modified),
        published_visible=almanac.in_words(reading.published, outlet.language, outlet.visible_date),
        lead=_part(outlet, "lead", reading.lead),
        byline=_part(outlet, "byline", reading.byline),
        body=body(outlet, reading),
        credit_line=_part(outlet, "credit_line", reading.credit_line),
        correction=_part(outlet, "correction", reading.correction_note),
        related=_related(edition, outlet, reading),
        json_ld=_json_ld(edition, outlet, reading),
    )
    return html.encode(outlet.charset, "xmlcharrefreplace")


def body(outlet: Outlet, reading: Reading) -> str:
    """The paragraphs in the outlet's markup, with its pictures and the furniture it puts between them."""
    lines: list[str] = []
    for number, paragraph in enumerate(reading.paragraphs, start=1):
        lines.append(_part(outlet, "paragraph", paragraph))
        lines += [_picture(outlet, reading, at, caption.text) for at, caption in _pictures(reading, number)]
        lines += [
            insert.html
            for insert in outlet.inserts
            if insert.after_paragraph == number < len(reading.paragraphs)
        ]
    return "\n".join(lines)


def plain_body(reading: Reading) -> str:
    """The text as a feed carries it in full: paragraphs, credit line and correction, without furniture."""
    parts = (*reading.paragraphs, reading.credit_line, reading.correction_note)
    return "\n".join(f"<p>{escape(part, quote=False)}</p>" for part in parts if part)


def _pictures(reading: Reading, number: int) -> list[tuple[int, Caption]]:
    return [(at, one) for at, one in enumerate(reading.captions, start=1) if one.after_paragraph == number]


def _picture(outlet: Outlet, reading: Reading, at: int, caption: str) -> str:
    number = f"{sum(map(ord, reading.id))}-{at}"
    return Template(outlet.markup["picture"]).substitute(text=escape(caption, quote=False), number=number)


def _part(outlet: Outlet, name: str, text: str | None) -> str:
    if text is None:
        return ""
    linked = _ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', escape(text, quote=False))
    return Template(outlet.markup[name]).substitute(text=linked)


def _related(edition: Edition, outlet: Outlet, reading: Reading) -> str:
    template = Template(outlet.markup["related"])
    return "\n".join(
        template.substitute(url=escape(edition.url(article)), headline=escape(article.headline))
        for article in edition.related(outlet, reading.id)
    )


def _json_ld(edition: Edition, outlet: Outlet, reading: Reading) -> str:
    if outlet.json_ld == "none":
        return ""
    article = _news_article(outlet, reading)
    whole: dict[str, Any] = {"@context": "https://schema.org", **article}
    if outlet.json_ld == "graph":
        site = {"@type": "WebSite", "name": outlet.title, "url": edition.base_url(outlet.host)}
        whole = {"@context": "https://schema.org", "@graph": [site, article]}
    text = json.dumps(whole, ensure_ascii=False, indent=1).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'


def _news_article(outlet: Outlet, reading: Reading) -> dict[str, Any]:
    article: dict[str, Any] = {
        "@type": "NewsArticle",
        "headline": reading.headline,
        "description": reading.summary,
        "datePublished": _iso(reading.published),
        "dateModified": _iso(reading.modified),
        "inLanguage": outlet.language,
        "articleSection": reading.section,
        "isAccessibleForFree": True,
        "mainEntityOfPage": reading.url,
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet.title},
    }
    if reading.byline and reading.byline.startswith("Von "):
        name = reading.byline.removeprefix("Von ").split(" (")[0]
        article["author"] = [{"@type": "Person", "name": name}]
    return article


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
