"""The lead (standfirst): the paragraph between headline and body that the body extraction leaves out with the page's header.

It is what the page states as its description, provided the page also shows it as a block, or an element that calls itself a
lead. It is never invented from metadata alone: a description that readers do not see is a text for search engines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from lxml.html import HtmlElement

from copytaster.extractor.page import Page, text_of
from copytaster.extractor.titles import fold
from copytaster.text.captions import is_caption

MIN_LEAD_CHARS: Final = 40
MAX_LEAD_CHARS: Final = 700
MAX_CHILDREN: Final = 8
SAME_START_CHARS: Final = 45
"""Folded letters that a cut description (`…`) must share with the block that shows it in full."""

OPENING_CHARS: Final = 200
"""So much of a block nearly always holds that many letters."""

_CLASS: Final = re.compile(
    r"(?:^|[\s_-])(?:standfirst|vorspann|teaser-?text|lead(?:-?text|paragraph)?|article-?lead|intro(?:duction)?|sapo|chapeau|chapo|entradilla|"
    r"bajada|sommario|occhiello|ingress|manchet|stand-?first|dek|deck|subtitle|sub-?title|sub-?headline|sub-?heading|subheader|summary|excerpt|"
    r"perex|preamble|kicker-?text|article-?summary|abstract)(?:$|[\s_-])",
    re.IGNORECASE,
)
_BLOCKS: Final = frozenset({"p", "div", "h2", "h3", "span", "section", "strong", "li"})
_OUTSIDE: Final = frozenset({"nav", "aside", "footer", "a", "form", "figure", "li", "button"})


def page_lead(
    page: Page,
    descriptions: tuple[str, ...],
    *,
    title: str,
    paragraphs: tuple[str, ...],
    captions: tuple[str, ...] = (),
) -> str | None:
    """The lead as shown, or None.

    `descriptions` are what the metadata states, `paragraphs` the body; what captions a picture is no lead.
    """
    body = fold(" ".join(paragraphs[:6]))
    found = _shown_description(page, descriptions, body) or _marked_lead(page, body)
    if found is None or fold(found) == fold(title) or fold(found) in body or is_caption(found):
        return None
    if any(fold(found) in fold(caption) for caption in captions):
        return None
    return found


def _shown_description(page: Page, descriptions: tuple[str, ...], body: str) -> str | None:
    wanted_texts = {(folded := fold(text.rstrip(" .…")))[:SAME_START_CHARS]: folded for text in descriptions}
    hidden = {
        start: wanted
        for start, wanted in wanted_texts.items()
        if len(wanted) >= MIN_LEAD_CHARS // 2 and start not in body
    }
    openings = list(_openings(page, frozenset(start[0] for start in hidden))) if hidden else []
    for start, wanted in hidden.items():
        for element, opening in openings:
            if not (opening.startswith(start) or start.startswith(opening)):
                continue
            text = text_of(element)
            own = fold(text)
            if len(text) <= MAX_LEAD_CHARS and own.startswith(start) and len(own) <= 4 * len(wanted):
                return text
    return None


def _marked_lead(page: Page, body: str) -> str | None:
    """The one element before the body that calls itself a lead; a page with several has teasers, not leads."""
    candidates: list[str] = []
    marked = {element for element, classes in page.classed if _is_lead_class(classes)}
    seen_heading = page.tree.find(".//h1") is None
    for element in page.elements:
        if element.tag == "h1":
            seen_heading = True
            continue
        if element.tag not in _BLOCKS:
            continue
        if element.tag == "p" and _opens(body, page, element):
            break
        if not seen_heading or len(element) > MAX_CHILDREN:
            continue
        if element not in marked and not _is_lead_class(element.get("itemprop") or ""):
            continue
        if any(a.tag in _OUTSIDE for a in element.iterancestors()):
            continue
        text = text_of(element)
        if (
            MIN_LEAD_CHARS <= len(text) <= MAX_LEAD_CHARS
            and fold(text)[:SAME_START_CHARS] not in body
            and " " in text
        ):
            candidates.append(text)
    distinct = {fold(text) for text in candidates}
    nested = all(
        fold(text) in fold(candidates[0]) or fold(candidates[0]) in fold(text) for text in candidates
    )
    return min(candidates, key=len) if distinct and nested else None


def _opens(body: str, page: Page, paragraph: HtmlElement) -> bool:
    """Whether the body, folded, begins with this paragraph."""
    first = page.openings.get(paragraph, "").lstrip()[:1]
    if first.isalnum() and first.casefold()[:1] != body[:1]:
        return False
    return body.startswith(fold(text_of(paragraph)) or "-")


@lru_cache(maxsize=8_192)
def _is_lead_class(classes: str) -> bool:
    return _CLASS.search(classes) is not None


def _openings(page: Page, first_letters: frozenset[str]) -> Iterator[tuple[HtmlElement, str]]:
    """Blocks that hold text of their own with the folded first piece of it.

    They have few child elements: a page's whole column is no candidate.
    """
    for element in page.elements:
        if element.tag in _BLOCKS and len(element) <= MAX_CHILDREN:
            opening = page.openings.get(element, "").lstrip()
            # Folding every block of a page costs more than all else here; most begin with another letter.
            if opening[:1].isalnum() and opening[:1].casefold()[:1] not in first_letters:
                continue
            folded = fold(opening[:OPENING_CHARS])
            if len(folded) < SAME_START_CHARS and len(opening) > OPENING_CHARS:
                folded = fold(opening)
            if folded:
                yield element, folded
