"""The lead (standfirst): the paragraph between headline and body that the body extraction leaves out with the page's header.

It is what the page states as its description, provided the page also shows it as a block, or an element that calls itself a
lead. It is never invented from metadata alone: a description that readers do not see is a text for search engines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml.html import HtmlElement

from copytaster.extractor.page import text_of
from copytaster.extractor.titles import fold
from copytaster.text.captions import is_caption

MIN_LEAD_CHARS: Final = 40
MAX_LEAD_CHARS: Final = 700
MAX_CHILDREN: Final = 8
SAME_START_CHARS: Final = 45
"""Folded letters that a cut description (`…`) must share with the block that shows it in full."""

_CLASS: Final = re.compile(
    r"(?:^|[\s_-])(?:standfirst|vorspann|teaser-?text|lead(?:-?text|paragraph)?|article-?lead|intro(?:duction)?|sapo|chapeau|chapo|entradilla|"
    r"bajada|sommario|occhiello|ingress|manchet|stand-?first|dek|deck|subtitle|sub-?title|sub-?headline|sub-?heading|subheader|summary|excerpt|"
    r"perex|preamble|kicker-?text|article-?summary|abstract)(?:$|[\s_-])",
    re.IGNORECASE,
)
_BLOCKS: Final = ("p", "div", "h2", "h3", "span", "section", "strong", "li")
_OUTSIDE: Final = frozenset({"nav", "aside", "footer", "a", "form", "figure", "li", "button"})


def page_lead(
    tree: HtmlElement,
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
    found = _shown_description(tree, descriptions, body) or _marked_lead(tree, body)
    if found is None or fold(found) == fold(title) or fold(found) in body or is_caption(found):
        return None
    if any(fold(found) in fold(caption) for caption in captions):
        return None
    return found


def _shown_description(tree: HtmlElement, descriptions: tuple[str, ...], body: str) -> str | None:
    wanted_texts = {(folded := fold(text.rstrip(" .…")))[:SAME_START_CHARS]: folded for text in descriptions}
    for wanted in wanted_texts.values():
        if len(wanted) < MIN_LEAD_CHARS // 2 or wanted[:SAME_START_CHARS] in body:
            continue
        start = wanted[:SAME_START_CHARS]
        for element in _blocks(tree):
            opening = fold(next(filter(str.strip, element.itertext()), ""))
            if not opening or not (opening.startswith(start) or start.startswith(opening)):
                continue
            text = text_of(element)
            own = fold(text)
            if len(text) <= MAX_LEAD_CHARS and own.startswith(start) and len(own) <= 4 * len(wanted):
                return text
    return None


def _marked_lead(tree: HtmlElement, body: str) -> str | None:
    """The one element before the body that calls itself a lead; a page with several has teasers, not leads."""
    candidates: list[str] = []
    seen_heading = tree.find(".//h1") is None
    for element in tree.iter("h1", *_BLOCKS):
        if element.tag == "h1":
            seen_heading = True
            continue
        if element.tag == "p" and body.startswith(fold(text_of(element)) or "-"):
            break
        if not seen_heading or len(element) > MAX_CHILDREN:
            continue
        if not _CLASS.search(f"{element.get('class') or ''} {element.get('itemprop') or ''}"):
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


def _blocks(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Blocks that hold text of their own: few child elements, so that a page's whole column is no candidate."""
    return (element for element in tree.iter(*_BLOCKS) if len(element) <= MAX_CHILDREN)
