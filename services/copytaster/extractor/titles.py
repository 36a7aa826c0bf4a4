"""The headline of a page, without the site's name, its section, or a social-media rewording where the page can be asked.

A page states its headline up to five times, and they differ. On 116 news pages JSON-LD was the editors' headline most often
(98), then Open Graph (97), `<h1>` (86), `<title>` (69); a vote among them was worse (91) than that order.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Any, Final

from copytaster.extractor.page import Page, text_of

_SEPARATOR: Final = re.compile(
    r"\s+[-–—|·•»›:/⁄~<]\s+|\s*[|｜ㅣ│┃]\s*|\s+(?=\(\w+\)$)|-(?=[^\s-]{1,12}[ㅣ|])"
)
MAX_SITE_PART_CHARS: Final = 45
"""A part of a title longer than this is no site's name."""

MIN_TITLE_CHARS: Final = 8
MAX_TITLE_CHARS: Final = 1_000
MIN_BARE_CHARS: Final = 20
"""A headline without its kicker is still a sentence."""

_ORDER: Final = ("jsonld", "og", "h1", "twitter", "title")


def page_title(page: Page, article: dict[str, Any], *, site_names: frozenset[str]) -> str | None:
    """The headline; `site_names` are folded names of the outlet (see `fold`). None where the page has no title."""
    stated = {
        "jsonld": _string(article.get("headline")) or _string(article.get("name")),
        "og": page.meta.get("og:title", ""),
        "h1": _main_heading(page),
        "twitter": page.meta.get("twitter:title", ""),
        "title": _title_element(page),
    }
    cleaned = {source: clean_title(text, site_names) for source, text in stated.items() if text}
    cleaned = {source: text for source, text in cleaned.items() if text and fold(text) not in site_names}
    best = next((cleaned[source] for source in _ORDER if source in cleaned), None)
    social = cleaned.get("og")
    if best is not None and social is not None and len(social) >= MIN_BARE_CHARS:
        rest = best.removeprefix(social)
        if best.endswith(social) or _SEPARATOR.match(rest):
            return social  # the same headline without the kicker before it or the section behind it
    return best


def clean_title(title: str, site_names: frozenset[str]) -> str:
    """`title` with entities resolved, spaces folded and the site's name cut from either end."""
    text = html.unescape(html.unescape(title[:MAX_TITLE_CHARS])).replace("\u00ad", "")
    text = " ".join(text.split())
    for _ in range(3):
        shorter = _without_site(text, site_names)
        if shorter == text:
            return text
        text = shorter
    return text


@lru_cache(maxsize=2_048)
def fold(text: str) -> str:
    """Letters and digits only, in lower case: the form in which names and titles are compared.

    Cached for a page's length: several rules compare the same lines.
    """
    return "".join(filter(str.isalnum, text)).casefold()


def _without_site(text: str, site_names: frozenset[str]) -> str:
    cuts = list(_SEPARATOR.finditer(text))
    if not cuts:
        return text
    head, tail = text[: cuts[-1].start()], text[cuts[-1].end() :]
    if len(tail) <= MAX_SITE_PART_CHARS and _is_site(tail, site_names) and len(head) >= MIN_TITLE_CHARS:
        return head.strip()
    first, rest = text[: cuts[0].start()], text[cuts[0].end() :]
    if len(first) <= MAX_SITE_PART_CHARS and fold(first) in site_names and len(rest) >= MIN_TITLE_CHARS:
        return rest.strip()
    return text


def _is_site(part: str, site_names: frozenset[str]) -> bool:
    folded = fold(part)
    return folded in site_names or bool(
        re.fullmatch(r"[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|[a-z]{2})", part.strip(), re.IGNORECASE)
    )


def _main_heading(page: Page) -> str:
    headings = [text for element in page.tree.iter("h1") if len(text := text_of(element)) >= MIN_TITLE_CHARS]
    # Several first headings are a logo, a section and the article; the one that the title element repeats is meant.
    title = fold(_title_element(page))
    return next((text for text in headings if fold(text) in title), headings[0] if headings else "")


def _title_element(page: Page) -> str:
    element = page.tree.find(".//head/title")
    return text_of(element) if element is not None else ""


def _string(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""
