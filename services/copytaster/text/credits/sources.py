"""Sources given as an address or by the outlet's name: `Quelle: https://…`, `Read the original article on …`.

The address is what an editor printed as the origin, so it is a credit (`cited_url`) and link evidence, never identity.
"""

from __future__ import annotations

import re
from typing import Final

from copytaster.text.agencies import agency_of_domain
from copytaster.text.credits.model import CITED_URL, Credit
from copytaster.text.urls import BadUrl, host_of

_LABELLED_URL: Final = re.compile(
    r"(?:Quellen?|Sources?|Fuentes?|Font[ei]|Źródł[oa]|Джерел[оа]|Источники?|Kaynak|Nguồn|Bron|Källa|Kilde|Lähde|Zdroj|Forrás|"
    r"Original(?:artikel|text|article)?|来源|來源|出典|출처|المصدر|via)\s*[:：]?\s*[(<\[]?(?P<url>https?://[^\s<>\"')\]]+)",
    re.IGNORECASE,
)
_ANY_SOURCE: Final = re.compile(
    r"://|[Oo]rigina|article|оригинал|Оригинал|[Aa]rti(?:kel|colo)|[Bb]eitrag|stor[yi]|source|src|feed"
)
"""One of these stands in every source line; a cheap look before the long patterns."""

MAX_LINE_CHARS: Final = 600
"""A longer line is a paragraph, and its addresses are references."""

_HAS_ARTICLE_PATH: Final = re.compile(r"https?://[^/]+/(?=.*(?:\w{4,}|\d))")
"""A bare host or language folder (`/vi/`) is a signature of the outlet, no original."""

_ORIGINAL_ON: Final = re.compile(
    r"(?:Lesen Sie den (?:Originalartikel|Originalbeitrag|ganzen Artikel)|Zum Originalartikel|Dieser (?:Artikel|Beitrag|Text) "
    r"(?:erschien|ist)(?: zuerst| zunächst| im Original)?|Read the (?:original|full) (?:article|story)|This (?:article|story|post) "
    r"(?:was )?(?:originally |first )(?:published|appeared)|(?:Lire|Lisez) l['’]article original|Lea el artículo original|"
    r"Leggi l['’]articolo originale|Читать оригинал\w*|Оригинал статьи)\s*(?:erschienen\s*)?(?:auf|bei|on|in|by|sur|en|su|на|:)\s*"
    r"(?:der |dem |the )?(?P<outlet>[^\n.|]{2,60})",
    re.IGNORECASE,
)
_SYNDICATION: Final = re.compile(
    r"^\W*(?:source|src|feed)[ :_-]+(?P<mark>(?:site|feed|src|rss)[-_ ]?\d{1,5})\W*$", re.IGNORECASE
)


def source_credits(text: str, begin: int, *, field: str) -> list[Credit]:
    """The credits of one line that starts at code point `begin`: addresses, originals named, syndication marks."""
    if len(text) > MAX_LINE_CHARS or not _ANY_SOURCE.search(text):
        return []
    found = [
        _credit(match, "url", begin, field, "source_url", 0.95, agency=_agency_behind(match["url"]))
        for match in _LABELLED_URL.finditer(text)
        if _HAS_ARTICLE_PATH.match(match["url"])
    ]
    found += [
        _credit(m, "outlet", begin, field, "original_on", 0.9, agency=None)
        for m in _ORIGINAL_ON.finditer(text)
    ]
    mark = _SYNDICATION.match(text)
    if mark is not None:
        found.append(_credit(mark, "mark", begin, field, "syndication_mark", 0.8, agency=None))
    return found


def _credit(
    match: re.Match[str],
    group: str,
    begin: int,
    field: str,
    rule: str,
    confidence: float,
    *,
    agency: str | None,
) -> Credit:
    quote = match[group].rstrip(".,;:!? ")
    first = begin + match.start(group)
    return Credit(agency, CITED_URL, field, first, first + len(quote), quote, rule, confidence)


def _agency_behind(url: str) -> str | None:
    try:
        return agency_of_domain(host_of(url))
    except BadUrl:
        return None
