"""The body that only a script would show: article markup inside the data that a page hands to its own JavaScript.

Single-page applications ship the article as an HTML string in a JSON value. No script is run: the string is read as what it is.
A last resort, for pages that have no paragraph of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from lxml.etree import ParserError
from lxml.html import HtmlElement, fragment_fromstring

MIN_STRING_CHARS: Final = 300
MAX_STRING_CHARS: Final = 1024 * 1024
MIN_PARAGRAPHS: Final = 2

_ESCAPED_PARAGRAPH: Final = re.compile(r"\\u003c[pP]\b|\\x3c[pP]\b|<p\b", re.IGNORECASE)
_STRING: Final = re.compile(rf'"((?:[^"\\]|\\.){{{MIN_STRING_CHARS},{MAX_STRING_CHARS}}})"')
_SCRIPT: Final = re.compile(r"<script\b[^>]{0,2000}>(.*?)</script", re.IGNORECASE | re.DOTALL)
_PARAGRAPH: Final = re.compile(r"<p\b", re.IGNORECASE)


def scripted_article(html: str) -> HtmlElement | None:
    """The longest article markup in the page's scripts, parsed; None if there is none."""
    if "u003cp" not in html.lower():
        return None
    best = ""
    for script in _SCRIPT.finditer(html):
        if "ld+json" in script[0][:200] or not _ESCAPED_PARAGRAPH.search(script[1]):
            continue
        best = max((best, *_markup_in(script[1], depth=0)), key=len)
    return _parsed(best) if best else None


def _markup_in(text: str, *, depth: int) -> Iterator[str]:
    """The string values of a script that hold paragraphs; scripts that push JSON inside of strings escape twice."""
    for literal in _STRING.finditer(text):
        try:
            value = json.loads(f'"{literal[1]}"', strict=False)
        except ValueError:
            continue
        if len(_PARAGRAPH.findall(value)) >= MIN_PARAGRAPHS:
            yield value
        elif depth == 0 and _ESCAPED_PARAGRAPH.search(value):
            yield from _markup_in(value, depth=1)


def _parsed(markup: str) -> HtmlElement | None:
    try:
        return fragment_fromstring(markup, create_parent="div")
    except (ParserError, ValueError):
        return None
