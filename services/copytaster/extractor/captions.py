"""Picture captions from the page's markup: `<figcaption>`, captions in picture tables, and elements that say so by class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from lxml.html import HtmlElement

from copytaster.extractor.page import Page, text_of
from copytaster.extractor.titles import fold
from copytaster.text.captions import MAX_CAPTION_CHARS, tidy_caption

MAX_CAPTIONS: Final = 40
MIN_CAPTION_CHARS: Final = 4

_CLASS: Final = re.compile(
    r"(?:^|[\s_-])(?:caption|bildunterschrift|legende|pie-de-foto|didascalia|podpis|wp-caption-text|imgcaption)",
    re.IGNORECASE,
)
_MARKED_TAGS: Final = frozenset({"td", "p", "div", "span"})
_OUTSIDE: Final = frozenset({"aside", "nav", "footer", "a", "form"})


def page_captions(page: Page) -> tuple[str, ...]:
    """The captions of the article's pictures in order, each once; those of teasers, sidebars and menus are left out."""
    found: dict[str, str] = {}
    for element in _caption_elements(page):
        text = tidy_caption(text_of(element))
        if MIN_CAPTION_CHARS <= len(text) <= MAX_CAPTION_CHARS:
            found.setdefault(fold(text), text)
        if len(found) >= MAX_CAPTIONS:
            break
    found.pop("", None)
    return tuple(found.values())


def _caption_elements(page: Page) -> Iterator[HtmlElement]:
    taken: set[HtmlElement] = set()
    marked = {e for e, classes in page.classed if e.tag in _MARKED_TAGS and _is_caption_class(classes)}
    for element in page.elements:
        if element.tag != "figcaption" and not (element in marked and _beside_picture(element)):
            continue
        ancestors = list(element.iterancestors())
        if any(a in taken for a in ancestors) or any(a.tag in _OUTSIDE for a in ancestors):
            continue
        taken.add(element)
        yield element


@lru_cache(maxsize=8_192)
def _is_caption_class(classes: str) -> bool:
    return _CLASS.search(classes) is not None


def _beside_picture(element: HtmlElement) -> bool:
    # The cell under a picture in the tables of older content systems, or the text block beside an image.
    holder = element.getparent()
    for _ in range(3):
        if holder is None or holder.tag in {"body", "article", "main"}:
            return False
        if holder.find(".//img") is not None or holder.find(".//picture") is not None:
            return True
        holder = holder.getparent()
    return False
