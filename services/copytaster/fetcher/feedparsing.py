"""feedparser as we use it: always over `io.BytesIO`, and without the work whose results nobody here reads.

Pure. Given `str` or `bytes`, feedparser takes a body that reads like a URL or a path for an address and opens it
(research/fetching.md, finding 1). Sanitising, the rewriting of relative links inside content and its own reading of dates
are off; text comes in long pieces. Together that reads the real feeds of the corpus with a third of the time, and to
the same values (docs/decisions, reading feeds).
"""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from typing import Any, Final

import feedparser
import feedparser.api
import feedparser.mixin

_SAX_DRIVER: Final = "copytaster.fetcher.saxdriver"
_NO_DATE: Final = time.gmtime(0)


def run_feedparser(body: bytes, content_type: str | None) -> Mapping[str, Any] | None:
    """What feedparser makes of it, None when it breaks down. Its `…_parsed` dates are no dates.

    It is told no base, so that a link stays relative unless `xml:base` says otherwise.
    """
    try:
        parsed: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(body),
            response_headers={"content-type": content_type} if content_type else {},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception:
        # Its loose reader dies of a reference to no character (`&#55357;`) in many ways; the body is to blame, not us.
        return None
    return parsed


def _set_up() -> None:
    """Give feedparser our SAX driver, no dates to try its ten readers on, and its table of characters as a list."""
    feedparser.api.PREFERRED_XML_PARSERS.insert(0, _SAX_DRIVER)
    feedparser.registerDateHandler(lambda _text: _NO_DATE)
    table = getattr(feedparser.mixin, "_cp1252", None)
    if isinstance(table, dict):
        feedparser.mixin._cp1252 = _as_list(table)


def _as_list(table: Mapping[int, Any]) -> list[Any]:
    """The translation `table` with an entry for every character of the basic plane.

    `str.translate` raises and catches a KeyError for each character that a dict does not hold: a fifth of all the time
    of a feed that is not ASCII.
    """
    return [table.get(code, code) for code in range(0x10000)]


_set_up()
