"""Bytes of a page to text, and the guards that stand before any parsing.

The order is BOM, HTTP header, `<meta>`, detection: a page that names its charset in the header only came out wrong with
trafilatura in 63 of 155 re-encoded pages, and right with this order. The bytes are already inflated by the fetcher.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from charset_normalizer import from_bytes

from copytaster.errors import Discard

MAX_BODY_BYTES: Final = 5 * 1024 * 1024
"""News pages: 95 of 100 below 0.77 MB, the largest seen 2.2 MB; extraction time grows faster than size beyond 5 MB."""

MAX_TAG_ATTRIBUTES: Final = 1_000
"""libxml2 is quadratic in the attributes of one tag: 40,000 take 1.2 s of CPU, 300,000 more than 90 s; the most seen on a real page is 327."""

MAX_TAGS: Final = 60_000
"""trafilatura is quadratic in siblings: 200,000 links take 32 s and 0.5 GB; the largest of 198 real pages has 6,805."""

BAD_CHARS_SHARE: Final = 0.002
"""A charset that cannot read more than this share of the bytes is not the page's."""

DETECTION_BYTES: Final = 60_000

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAGIC: Final = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a RIFF container"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x00\x00\x00\x18ftyp", "a video"),
    (b"\x00\x00\x00\x20ftyp", "a video"),
    (b"\x7fELF", "a program"),
)
_META_CHARSET: Final = re.compile(
    rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,30})", re.IGNORECASE
)
_XML_ENCODING: Final = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([a-zA-Z0-9_:.-]{2,30})")
_FEED_ROOT: Final = re.compile(
    r"\A\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF|urlset|sitemapindex)\b", re.DOTALL
)
_ANY_TAG: Final = re.compile(r"<(?:[a-zA-Z]|!doctype)", re.IGNORECASE)
LONG_TAG_CHARS: Final = 4_000
_LONG_TAG: Final = re.compile(rf"[a-zA-Z][^>]{{{LONG_TAG_CHARS - 1},}}")
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")

# Labels of the WHATWG encoding standard whose Python codec is narrower than what pages send under the name.
_WIDER: Final = {
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "tis-620": "cp874",
    "iso-8859-11": "cp874",
    "big5": "cp950",
    "utf8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """The page as text; `basis` is what named the charset: bom, header, meta, content or detected."""

    html: str
    charset: str
    basis: str


def decode(body: bytes, content_type: str | None) -> Decoded:
    """The text of an HTML page.

    Raises `Discard`: `empty_body`, `body_too_large`, `not_html` for what is no HTML page, `too_complex` for markup beyond
    the guards.
    """
    if not body.strip(b" \t\r\n\x00"):
        raise Discard("empty_body", f"{len(body)} bytes, nothing to read")
    if len(body) > MAX_BODY_BYTES:
        raise Discard("body_too_large", f"{len(body)} bytes, limit {MAX_BODY_BYTES}")
    _refuse_other_formats(body, content_type)
    decoded = _decoded(body, content_type)
    if not _ANY_TAG.search(decoded.html):
        raise Discard("not_html", "no tag in it")
    if _FEED_ROOT.match(decoded.html[:3_000]):
        raise Discard("not_html", "a feed or a sitemap")
    _refuse_hostile_markup(decoded.html)
    return decoded


def _refuse_other_formats(body: bytes, content_type: str | None) -> None:
    kind = next((name for magic, name in _MAGIC if body.startswith(magic)), None)
    if kind is not None:
        raise Discard("not_html", kind)
    essence = (content_type or "").partition(";")[0].strip().lower()
    if essence.startswith(("image/", "audio/", "video/", "font/")) or essence in {
        "application/pdf",
        "application/json",
    }:
        raise Discard("not_html", f"content type {essence}")
    has_bom = any(body.startswith(bom) for bom, _ in _BOMS)
    if not has_bom and body[:4096].count(b"\x00") > len(body[:4096]) // 50 and b"<\x00" not in body[:4096]:
        raise Discard("not_html", "binary data")


def _decoded(body: bytes, content_type: str | None) -> Decoded:
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return Decoded(body[len(bom) :].decode(charset, "replace"), charset, "bom")
    for label, basis in _declared(body, content_type):
        codec = _codec(label)
        if codec is None:
            continue
        # A page that reads as UTF-8 with multi-byte letters is UTF-8, whatever a server's default says: the chance that
        # text in a single-byte charset forms only valid sequences is nil.
        if not codec.startswith("utf") and _is_utf8(body):
            return Decoded(body.decode("utf-8"), "utf-8", "content")
        html = _read(body, codec)
        if html is not None:
            return Decoded(html, codec, basis)
    return _detected(body)


def _declared(body: bytes, content_type: str | None) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    header = re.search(r"charset\s*=\s*[\"']?\s*([\w:.-]{2,30})", content_type or "", re.IGNORECASE)
    if header:
        found.append((header[1], "header"))
    head = body[:8192]
    for pattern in (_META_CHARSET, _XML_ENCODING):
        match = pattern.search(head)
        if match:
            found.append((match[1].decode("ascii"), "meta"))
    return found


def _codec(label: str) -> str | None:
    name = _WIDER.get(label.strip().lower(), label.strip().lower())
    try:
        codec = codecs.lookup(name)
    except LookupError:
        return None
    # Transforms such as `rot13` or `base64` are codecs, too.
    return codec.name if codec._is_text_encoding else None


def _is_utf8(body: bytes) -> bool:
    try:
        return not body.decode("utf-8").isascii()
    except UnicodeDecodeError:
        return False


def _read(body: bytes, charset: str) -> str | None:
    """The text, or None if the charset cannot be the page's."""
    if charset.startswith("utf-16") and b"<\x00" not in body[:400] and b"\x00<" not in body[:400]:
        return None  # a `<meta charset=utf-16>` that could be read as ASCII is wrong (WHATWG, prescan)
    html = body.decode(charset, "replace")
    return html if html.count("\ufffd") <= max(3, len(html) * BAD_CHARS_SHARE) else None


def _detected(body: bytes) -> Decoded:
    html = _read(body, "utf-8")
    if html is not None:
        return Decoded(html, "utf-8", "detected")
    best = from_bytes(body[:DETECTION_BYTES]).best()
    charset = (_codec(best.encoding) if best is not None else None) or "cp1252"
    html = _read(body, charset)
    if html is None or html.count("\x00") > 50:
        raise Discard("not_html", "binary data, or text in no charset we know")
    return Decoded(html, charset, "detected")


def _refuse_hostile_markup(html: str) -> None:
    tags = html.count("<")
    if tags > MAX_TAGS:
        raise Discard("too_complex", f"{tags} tags, limit {MAX_TAGS}")
    parts = html.split("<")
    if max(map(len, parts)) <= LONG_TAG_CHARS:
        return
    for part in parts[1:]:
        match = _LONG_TAG.match(part) if len(part) > LONG_TAG_CHARS else None
        attributes = len(_QUOTED.sub("x", match[0]).split()) if match is not None else 0
        if attributes > MAX_TAG_ATTRIBUTES:
            raise Discard(
                "too_complex", f"a tag with about {attributes} attributes, limit {MAX_TAG_ATTRIBUTES}"
            )
