"""Whether a feed gives the whole text of an article, or only the beginning of it.

Standard library only, for fetcher and extractor have to agree: the one keeps what the other will publish.
"""

from __future__ import annotations

import html
import re
from typing import Final

MIN_FULL_CHARS: Final = 600
"""Shorter texts are mostly teasers (research/fetching.md, 6); a real flash is shorter, but its page is not walled."""

_TAG: Final = re.compile(r"<(?:script|style)\b.*?</(?:script|style)\s*>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_ANY_TAG: Final = re.compile(r"<(?:p|br|div|ul|ol|h[1-6]|blockquote)\b", re.IGNORECASE)
_CUT_END: Final = re.compile(
    r"(?:…|\.\.\.|\[\s*(?:…|\.\.\.|&hellip;)\s*\]|[>»→])\W*$|"
    r"\b(?:weiterlesen|mehr lesen|zum artikel|read (?:more|on|the (?:full|whole) (?:story|article))|continue reading|lire la suite|leer más|"
    r"seguir leyendo|leggi tutto|continua a leggere|czytaj (?:dalej|więcej)|читать (?:далее|полностью)|читати далі|devamını oku|"
    r"the post .{1,300} (?:appeared|first appeared) .{1,200})\W*$",
    re.IGNORECASE,
)


def plain_feed_text(markup: str) -> str:
    """The words of an item's HTML on one line."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def full_text(content: str | None, summary: str | None) -> str | None:
    """The HTML of `content`, else of `summary`, that reads like a whole article; None when both are cut or missing.

    A text is whole when it has at least MIN_FULL_CHARS characters and does not end in dots or a call to read on. A
    summary has to have paragraphs, too: that is how the feeds that put articles there write them.
    """
    if content and _is_whole(content):
        return content
    if summary and _ANY_TAG.search(summary) and _is_whole(summary):
        return summary
    return None


def _is_whole(markup: str) -> bool:
    text = plain_feed_text(markup)
    return len(text) >= MIN_FULL_CHARS and _CUT_END.search(text[-600:]) is None
