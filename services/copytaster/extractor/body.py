"""The body of the article: trafilatura on the shared tree, quick first, thorough when the quick look disagrees.

The quick way misses most of the text on a few pages of a hundred; a cheap second count of the page's paragraphs tells which. Its
duplicate filter is off (it is global to the process and empties pages that repeat a paragraph), comments are off.
"""

from __future__ import annotations

import logging
import re
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from lxml.etree import strip_elements
from lxml.html import HtmlElement
from trafilatura import bare_extraction

from copytaster.extractor.boilerplate import Removed, without_boilerplate
from copytaster.extractor.jsonld import string
from copytaster.extractor.page import Page, text_of
from copytaster.extractor.region import OUTSIDE, PARAGRAPH_CHARS, article_region, main_container, prose_of
from copytaster.extractor.scripted import scripted_article
from copytaster.extractor.titles import fold
from copytaster.text.captions import is_caption, tidy_caption
from copytaster.text.wordlists import words

# trafilatura tells every page it finds short or strange; the service says so itself, once, with the item's id.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)

SHORT_BODY_CHARS: Final = 400
"""Below it the thorough way is tried, too: short stories exist, and then both agree (11 of 258 pages escalate)."""

COVERED_SHARE: Final = 0.55
"""A body below this share of the page's plain paragraphs has missed most of the story."""

MENU_LINES: Final = 60
MENU_LINE_CHARS: Final = 25
"""Half of so many lines this short: a menu was taken for the article."""

TABLE_ARTICLE_SHARE: Final = 0.6
"""Tables are the article when they hold this share of its text (timetables, results)."""

MAX_LINK_CHARS: Final = 320

SCRIPTED_GAIN: Final = 3
"""Text from a page's scripts must be this much more than what the page shows."""

JSONLD_GAIN: Final = 1.5
"""A stated articleBody this much longer than ours, and holding ours, is the page's text; it is often cut or a teaser, so
it never replaces a longer body (taking it first lost 0.7 to 0.9 points of F1 on both sets)."""

_CAPTION_CLASS: Final = re.compile(r"caption|bildunterschrift", re.IGNORECASE)
_NEVER_BODY: Final = words(
    "aside audio canvas datalist embed footer iframe img input link map menu meta nav object optgroup option picture select "
    "style template video button area"
)
"""trafilatura removes them, too, but only after it has copied the tree: a quarter of its time (same text on 196 of 198
pages, equal F1)."""

_LINK_BLOCKS: Final = ("p", "li", "h2", "h3", "h4", "h5", "div", "strong")


@dataclass(frozen=True, slots=True)
class Body:
    """`paragraphs` without title and boilerplate; `captions` are lines of the text that caption a picture.

    `removed` are the lines taken for boilerplate: they are no text, but they may hold a credit.
    """

    paragraphs: tuple[str, ...]
    captions: tuple[str, ...]
    removed: tuple[Removed, ...]
    escalated: bool

    @property
    def text(self) -> str:
        """A line per paragraph."""
        return "\n".join(self.paragraphs)


def page_body(
    page: Page,
    article: dict[str, Any],
    *,
    titles: frozenset[str],
    captions: tuple[str, ...],
    authors: frozenset[str] = frozenset(),
) -> Body:
    """The body; empty if the page has none.

    `titles`, `captions` and `authors` (folded names) are known from elsewhere and not repeated in it.
    """
    prose = prose_of(page.tree)
    lines = _extracted(page, _lean(page.tree, article_region(prose)))
    container, stated_chars = main_container(prose)
    escalated = _chars(lines) < max(SHORT_BODY_CHARS, COVERED_SHARE * stated_chars) or _is_menu(lines)
    if escalated:
        lines = _escalated(page, lines, container, stated_chars)
    lines = _without_heading(_with_stated_body(lines, article), page.tree)
    lines = _without_tables(lines)
    kept, removed = without_boilerplate(
        lines, titles=titles, links=link_blocks(page.tree, lines), authors=authors
    )
    paragraphs, caption_lines = _without_captions(kept, captions)
    return Body(tuple(paragraphs), tuple(caption_lines), tuple(removed), escalated)


def link_blocks(tree: HtmlElement, lines: list[str]) -> frozenset[str]:
    """Folded forms of those lines that are on the page a block of nothing but one link."""
    candidates = {fold(line) for line in lines if len(line) <= MAX_LINK_CHARS}
    found: set[str] = set()
    for link in tree.iter("a"):
        text = text_of(link)
        if not 0 < len(text) <= MAX_LINK_CHARS or (folded := fold(text)) not in candidates or folded in found:
            continue
        block = link.getparent()
        while block is not None and block.tag in {"strong", "b", "em", "i", "span", "u"}:
            block = block.getparent()
        elsewhere = not (link.get("href") or "").startswith("#")
        if elsewhere and block is not None and block.tag in _LINK_BLOCKS and fold(text_of(block)) == folded:
            found.add(folded)
    return frozenset(found)


def _lean(tree: HtmlElement, region: HtmlElement | None) -> HtmlElement:
    """A copy of the article's region, without what the quick look would remove in several copies of its own."""
    if region is None:
        lean = deepcopy(tree)
    else:
        lean, body = tree.makeelement("html"), tree.makeelement("body")
        lean.append(body)
        body.append(deepcopy(region))
        body[0].tail = None
    strip_elements(lean, *_NEVER_BODY, with_tail=False)
    return lean


def _extracted(page: Page, lean: HtmlElement | None = None, *, precise: bool = False) -> list[str]:
    """The lines of a quick look at a lean tree, or without one those of the thorough way over the whole page."""
    document = bare_extraction(
        page.tree if lean is None else lean,
        url=page.url,
        fast=lean is not None,
        favor_precision=precise,
        include_comments=False,
        deduplicate=False,
        with_metadata=False,
    )
    text: str = getattr(document, "text", None) or ""
    return [line for raw in text.split("\n") if (line := _tidy(raw))]


def _tidy(line: str) -> str:
    text = re.sub(r"\s+", " ", line).strip()
    return text if text.startswith("|") else re.sub(r"^[-–•*]\s+(?=\S)", "", text)


def _chars(lines: list[str]) -> int:
    return sum(map(len, lines))


def _is_menu(lines: list[str]) -> bool:
    """Whether the text is mostly navigation: very many very short lines."""
    return len(lines) >= MENU_LINES and sorted(map(len, lines))[len(lines) // 2] <= MENU_LINE_CHARS


def _escalated(page: Page, quick: list[str], container: HtmlElement | None, stated_chars: int) -> list[str]:
    """The thorough extraction; the page's main container where that, too, covers little of it."""
    thorough = _extracted(page, precise=_is_menu(quick))
    best = thorough if _is_menu(quick) or _chars(thorough) > _chars(quick) else quick
    if container is None:
        scripted = _scripted_lines(page) if _chars(best) < SHORT_BODY_CHARS else []
        return scripted if _chars(scripted) > SCRIPTED_GAIN * _chars(best) else best
    # The last resort for short texts runs the headline and all paragraphs together.
    run_together = len(best) == 1 and _holds(best[0], container)
    missed = _chars(best) < COVERED_SHARE * stated_chars
    return _container_lines(container) if missed or run_together or _is_menu(best) else best


def _scripted_lines(page: Page) -> list[str]:
    article = scripted_article(page.original)
    if article is None:
        return []
    container, _ = main_container(prose_of(article))
    return _container_lines(article if container is None else container)


def _holds(line: str, container: HtmlElement) -> bool:
    return all(fold(text) in fold(line) for text in _container_lines(container))


def _container_lines(container: HtmlElement) -> list[str]:
    blocks = container.iter("p", "h2", "h3", "h4", "li", "blockquote")
    lines = (text_of(block) for block in blocks if not _inside_block(block, container))
    return [line for line in lines if line]


def _inside_block(block: HtmlElement, container: HtmlElement) -> bool:
    for ancestor in block.iterancestors():
        if ancestor is container:
            return False
        if ancestor.tag in OUTSIDE or ancestor.tag in {"p", "blockquote"}:
            return True
        if _CAPTION_CLASS.search(ancestor.get("class") or ""):
            return True
    return False


def _with_stated_body(lines: list[str], article: dict[str, Any]) -> list[str]:
    stated = string(article.get("articleBody"))
    if stated is None or len(stated) < JSONLD_GAIN * _chars(lines) or len(stated) < SHORT_BODY_CHARS:
        return lines
    plain = re.sub(r"<[^>]{1,300}>", " ", re.sub(r"</p>|<br ?/?>", "\n", stated))
    parts = [line for raw in plain.split("\n") if (line := _tidy(raw))]
    folded = fold(plain)
    agrees = not lines or any(len(line) > PARAGRAPH_CHARS and fold(line)[:60] in folded for line in lines)
    return parts if agrees else lines


def _without_heading(lines: list[str], tree: HtmlElement) -> list[str]:
    """The lines without a headline that runs into the first of them."""
    for heading in (text_of(h) for h in tree.iter("h1")):
        if lines and len(heading) > MENU_LINE_CHARS and lines[0].startswith(f"{heading} "):
            return [lines[0].removeprefix(heading).strip(), *lines[1:]]
    return lines


def _without_tables(lines: list[str]) -> list[str]:
    table = [line for line in lines if line.startswith("|")]
    if not table:
        return lines
    if _chars(table) >= TABLE_ARTICLE_SHARE * _chars(lines):
        return [
            re.sub(r"\s*\|\s*", " ", line).strip() for line in lines if not re.fullmatch(r"[|\s:-]+", line)
        ]
    return [line for line in lines if not line.startswith("|")]


def _without_captions(lines: list[str], known: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The lines that are no captions, and those that are."""
    folded = [fold(caption) for caption in known]
    kept: list[str] = []
    captions: list[str] = []
    for line in lines:
        own = fold(line)
        if len(own) > 15 and any(own == caption or (len(own) > 30 and own in caption) for caption in folded):
            continue
        (captions if is_caption(line) else kept).append(line)
    return kept, [tidy_caption(caption) for caption in captions]
