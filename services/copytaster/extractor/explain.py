"""Why each block of a page is in the story or not: what `copytaster extract --explain` shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml.html import HtmlElement

from copytaster.errors import Discard
from copytaster.extractor.explanation import BODY, LEFT, Explanation, Verdict
from copytaster.extractor.overrides import FIELDS, NONE, Overrides
from copytaster.extractor.page import text_of
from copytaster.extractor.region import OUTSIDE
from copytaster.extractor.story import Reading, extract_page, read_page
from copytaster.extractor.titles import fold

_BLOCKS: Final = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "td",
        "th",
        "figcaption",
        "caption",
        "blockquote",
        "pre",
        "dt",
        "dd",
        "div",
        "section",
        "article",
        "span",
        "a",
        "strong",
        "em",
    ]
)
_INLINE: Final = frozenset({"span", "a", "strong", "em"})


def explain_page(
    body: bytes, *, url: str, content_type: str | None, overrides: Overrides = NONE
) -> Explanation:
    """The blocks of a page in its own order, each with its verdict. Raises `Discard` for what is no page at all."""
    reading = read_page(body, url=url, content_type=content_type, overrides=overrides)
    dropped = None
    try:
        extract_page(body, url=url, content_type=content_type, overrides=overrides)
    except Discard as reason:
        dropped = (reason.code, reason.detail)
    return Explanation(_facts(reading, overrides), tuple(_verdicts(reading)), dropped)


def _facts(reading: Reading, overrides: Overrides) -> dict[str, str]:
    metadata, content = reading.metadata, reading.content
    published = metadata.published
    facts = {
        "charset": f"{reading.decoded.charset} ({reading.decoded.basis})",
        "body": "thorough extraction: the quick look covered too little"
        if content.escalated
        else "quick extraction",
        "headline": metadata.title or "none",
        "byline": metadata.byline.printed or "none",
        "published": f"{published.iso()} ({published.basis})" if published is not None else "none",
        "outlet": metadata.outlet.name or metadata.outlet.site,
    }
    rules = overrides.for_url(reading.page.url)
    if rules is not None:
        facts["overrides"] = ", ".join(name for name in FIELDS if getattr(rules, name) is not None)
    canonical = {"canonical": metadata.canonical_url, "canonical elsewhere": metadata.foreign_canonical}
    facts |= {name: value for name, value in canonical.items() if value is not None}
    return facts


def _verdicts(reading: Reading) -> Iterator[Verdict]:
    kept = frozenset(map(fold, reading.content.paragraphs))
    whole = "\n".join(map(fold, reading.content.paragraphs))
    taken = {fold(removed.line): removed.rule for removed in reading.content.removed}
    captions = [fold(caption) for caption in reading.captions]
    title, lead = fold(reading.metadata.title or ""), fold(reading.lead or "")
    for element, text in _blocks(reading.page.tree):
        own = fold(text)
        if own == title and title:
            yield Verdict(text, "headline", f"<{element.tag}>")
        elif own in kept or (len(own) > MIN_PART_CHARS and own in whole):
            yield Verdict(text, BODY, f"<{element.tag}>")
        elif lead and (own == lead or (len(own) > MIN_PART_CHARS and own in lead)):
            yield Verdict(text, "lead", f"<{element.tag}>")
        elif own in taken:
            yield Verdict(text, LEFT, taken[own])
        elif any(own == caption or (len(own) > MIN_PART_CHARS and own in caption) for caption in captions):
            yield Verdict(text, "caption", f"<{element.tag}>")
        else:
            yield Verdict(text, LEFT, _surroundings(element))


MIN_PART_CHARS: Final = 25
"""A shorter piece of text stands in a paragraph by chance."""


def _blocks(tree: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    """The innermost blocks that hold text, in the order of the page."""
    seen: set[HtmlElement] = set()
    for element in tree.iter(*_BLOCKS):
        if any(ancestor in seen for ancestor in element.iterancestors()):
            continue
        if (
            element.tag in _INLINE
            and element.getparent() is not None
            and element.getparent().tag in _BLOCKS - _INLINE
        ):
            own = (element.getparent().text or "").strip()
            if own:
                continue
        if element.tag in {"div", "section", "article", "td", "li", "blockquote"} and _holds_blocks(element):
            continue
        text = text_of(element)
        if text:
            seen.add(element)
            yield element, text


def _holds_blocks(element: HtmlElement) -> bool:
    return (
        any(child.tag in _BLOCKS - _INLINE for child in element.iterdescendants())
        and not (element.text or "").strip()
    )


def _surroundings(element: HtmlElement) -> str:
    """What around a block says that it is no part of the story."""
    for holder in (element, *element.iterancestors()):
        if holder.tag in OUTSIDE:
            return f"inside <{holder.tag}>"
    return "not taken by the body extraction"
