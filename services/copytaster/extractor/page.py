"""A page parsed once: the tree, its metadata tags and its JSON-LD, shared by everything that reads the page.

Scripts other than JSON-LD, styles, drawings and frames are cut out of the source before parsing: they are half of the bytes of
a news page, and without them the whole extraction takes half the time.
"""

from __future__ import annotations

import html as html_entities
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lxml.etree import ElementDefaultClassLookup, XPath
from lxml.html import HtmlComment, HtmlElement
from trafilatura import load_html
from trafilatura.utils import HTML_PARSER

from copytaster.errors import Discard

# lxml asks a Python function for the class of every element that it makes an object for, half a million times on 200 pages, to
# give forms and inputs classes of their own, which nobody here uses. Without it the whole extraction takes a tenth less.
HTML_PARSER.set_element_class_lookup(ElementDefaultClassLookup(element=HtmlElement, comment=HtmlComment))

MAX_JSONLD_CHARS: Final = 1024 * 1024
"""A 10 MB JSON-LD string cost 1.3 GB of memory; the largest block of a real page seen has 180 kB."""

_CUT_TAG: Final = re.compile(r"<(/?)(script|style|svg|noscript|iframe)\b([^>]{0,2000})>?", re.IGNORECASE)
_STRING_VALUE: Final = XPath("string()")
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Page:
    """`tree` must not be changed by a reader; `meta` maps lower-case names and properties to their first content.

    `source` is the page without its scripts, `original` the page as it came; `elements` keeps lxml's Python objects alive,
    so that they are made once and not for every reader; `classed` are those with a class, and it, in document order. `openings`
    gives the first piece of an element's text that is not blank; elements without text are not in it.
    """

    url: str
    source: str
    tree: HtmlElement
    meta: dict[str, str]
    jsonld: tuple[dict[str, Any], ...]
    noscript: str
    original: str
    elements: tuple[HtmlElement, ...]
    classed: tuple[tuple[HtmlElement, str], ...]
    openings: dict[HtmlElement, str]


def parse_page(source: str, *, url: str) -> Page:
    """The parsed page. Raises `Discard("not_html")` when there is no tree to be had."""
    slim, noscript = _cut_scripts(source)
    tree = load_html(slim)
    if tree is None:
        raise Discard("not_html", "no element in it")
    elements = tuple(tree.iter())
    classed = tuple((element, classes) for element in elements if (classes := element.get("class")))
    return Page(
        url,
        slim,
        tree,
        _meta(tree),
        tuple(_jsonld(tree)),
        noscript,
        source,
        elements,
        classed,
        _openings(elements),
    )


def stated_url(body: bytes) -> str | None:
    """The address that a page gives as its own (canonical link, Open Graph), for a caller that knows none."""
    head = body[:200_000].decode("utf-8", "replace")
    for tag in re.finditer(r"<(?:link|meta)\b[^>]{0,1000}>", head, re.IGNORECASE):
        if re.search(r"rel=[\"']?canonical\b|property=[\"']?og:url\b", tag[0], re.IGNORECASE):
            address = re.search(r"(?:href|content)=[\"']?(https?://[^\"'\s>]+)", tag[0], re.IGNORECASE)
            if address:
                return html_entities.unescape(address[1])
    return None


def text_of(element: HtmlElement) -> str:
    """The element's text on one line, spaces folded."""
    # XPath's string value is built in C: a third of the time of joining `itertext()`.
    return " ".join(str(_STRING_VALUE(element)).split())


def _openings(elements: tuple[HtmlElement, ...]) -> dict[HtmlElement, str]:
    """The first text of each element, children before their parents, so that each piece is looked for once."""
    found: dict[HtmlElement, str] = {}
    for element in reversed(elements):
        text = element.text
        if text and not text.isspace():
            found[element] = text
            continue
        for child in element:
            opening = found.get(child) or child.tail
            if opening and not opening.isspace():
                found[element] = opening
                break
    return found


def _cut_scripts(source: str) -> tuple[str, str]:
    """The source without scripts, styles, drawings and frames, and the text of its `<noscript>` parts. One pass."""
    kept: list[str] = []
    noscript: list[str] = []
    begin, inside, inner = 0, "", 0
    for tag in _CUT_TAG.finditer(source):
        closing, name = tag[1] == "/", tag[2].lower()
        if not inside and not closing and not tag[3].endswith("/") and not _is_data(name, tag[3]):
            kept.append(source[begin : tag.start()])
            inside, inner = name, tag.end()
        elif inside and closing and name == inside:
            if name == "noscript":
                noscript.append(source[inner : tag.start()][:2_000])
            inside, begin = "", tag.end()
    # An unclosed script swallows the rest of the page in a browser, too; an unclosed drawing or frame does not.
    kept.append(source[begin:] if not inside else "" if inside in {"script", "style"} else source[inner:])
    return "".join(kept), " ".join(noscript)


def _is_data(name: str, attributes: str) -> bool:
    return name == "script" and "ld+json" in attributes.lower()


def _meta(tree: HtmlElement) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = (element.get("content") or "").strip()
        if not content:
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = (element.get(attribute) or "").strip().lower()
            if name and name not in found:
                found[name] = _SPACES.sub(" ", content)
    return found


def _jsonld(tree: HtmlElement) -> Iterator[dict[str, Any]]:
    for script in tree.iter("script"):
        text = script.text or ""
        if "ld+json" not in (script.get("type") or "").lower() or not 2 < len(text) <= MAX_JSONLD_CHARS:
            continue
        yield from _nodes(_parsed_json(text), depth=0)


def _parsed_json(text: str) -> Any:
    for mend in (str, _unwrapped, lambda raw: html_entities.unescape(_unwrapped(raw)), _without_last_commas):
        try:
            return json.loads(mend(text), strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _unwrapped(text: str) -> str:
    """The block without comment marks around it."""
    text = re.sub(r"\A\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)?\s*", "", text)
    return re.sub(r"(?:-->|//\s*\]\]>)?[\s;]*\Z", "", text.rstrip("; \t\r\n"))


def _without_last_commas(text: str) -> str:
    return re.sub(r",\s*([}\]])", r"\1", _unwrapped(text))


def _nodes(value: Any, *, depth: int) -> Iterator[dict[str, Any]]:
    """All typed objects of a block, graphs and main entities flattened; deep nesting is nobody's metadata."""
    if depth > 4:
        return
    if isinstance(value, list):
        for item in value[:200]:
            yield from _nodes(item, depth=depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in (
            "@graph",
            "mainEntity",
            "mainEntityOfPage",
            "itemListElement" if depth == 0 else "@graph",
        ):
            if isinstance(value.get(key), (list, dict)):
                yield from _nodes(value[key], depth=depth + 1)
