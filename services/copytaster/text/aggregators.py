"""Links of news aggregators: the outlet's own address where the link carries it, and a word where it does not.

Standard library only, and offline: nobody is asked where a link leads. Google News links made before the summer of 2024
carry the address in base64; later ones hold a number that only Google can resolve, by a service not meant for others
(research: candela 1295, RSSHub 17412), so that such an item is left out with its reason (docs/decisions/0026).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

_CARRIERS: Final = {
    ("www.google.com", "/url"): ("url", "q"),
    ("google.com", "/url"): ("url", "q"),
    ("www.bing.com", "/news/apiclick.aspx"): ("url",),
    ("l.facebook.com", "/l.php"): ("u",),
    ("lm.facebook.com", "/l.php"): ("u",),
    ("out.reddit.com", ""): ("url",),
}
"""Host and path of redirectors, and the parameters in which they carry the address (empty path = any)."""

_GOOGLE: Final = frozenset({"google.com", "www.google.com"})
_AMP_VIEWER: Final = re.compile(r"^/(?:amp|[cv])/(?P<secure>s/)?(?P<rest>[^/]+\.[^/]+(?:/.*)?)$")
"""Path of an AMP page as Google serves it: `s/` stands for https, then the outlet's address."""

_GOOGLE_NEWS: Final = re.compile(r"^/(?:rss/)?(?:articles|read)/(?P<code>[\w-]{8,2000}=*)$")
_MARK: Final = b"\x08\x13\x22"
"""How the decoded form of a Google News link begins: field 1 = 19, then field 4, the address, with its length."""


class OpaqueLink(ValueError):
    """The link belongs to an aggregator, and the outlet's address cannot be read from it."""


def unwrapped(url: str) -> str:
    """The address that an aggregator's link carries; any other `url` comes back as it is. Raises `OpaqueLink`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = (parts.hostname or "").lower()
    if host == "news.google.com" and (found := _GOOGLE_NEWS.match(parts.path)):
        return _google_news(found["code"], url)
    if (host.endswith(".cdn.ampproject.org") or host in _GOOGLE) and (page := _AMP_VIEWER.match(parts.path)):
        return f"http{'s' if page['secure'] else ''}://{page['rest']}" + (
            f"?{parts.query}" if parts.query else ""
        )
    names = _CARRIERS.get((host, parts.path)) or _CARRIERS.get((host, ""))
    if names is None:
        return url
    values = parse_qs(parts.query)
    carried = next((values[name][0] for name in names if name in values), "")
    if not _is_web(carried):
        raise OpaqueLink(f"no address in {url[:200]}")
    return carried


def _google_news(code: str, url: str) -> str:
    try:
        raw = base64.b64decode(code.rstrip("=") + "=" * (-len(code.rstrip("=")) % 4), altchars=b"-_")
        begin, length = _varint(raw, raw.index(_MARK) + len(_MARK))
        address = raw[begin : begin + length].decode("ascii")
    except (binascii.Error, ValueError, IndexError):
        raise OpaqueLink(f"no address in {url[:200]}") from None
    if not _is_web(address):
        raise OpaqueLink(f"only Google knows where {url[:200]} leads")
    return address


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """Where the value behind the variable-length number at `at` begins, and the number: its length in bytes."""
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return at, value
        shift += 7


def _is_web(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))
