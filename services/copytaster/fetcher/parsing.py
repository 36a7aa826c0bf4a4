"""Reads the bytes of an RSS, RDF, Atom or JSON Feed document or of a news sitemap into a `FeedDocument`.

Pure. feedparser reads the XML (`feedparsing`); links of items are made absolute here. `bozo` alone rejects nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from copytaster.fetcher.dates import parse_feed_date
from copytaster.fetcher.document import (
    MAX_ITEMS,
    FeedDocument,
    FeedItem,
    UnreadableFeed,
    absolute,
    identity,
    item_url,
    plain_text,
    text_or_none,
    unique_texts,
    web_url,
)
from copytaster.fetcher.feedparsing import run_feedparser
from copytaster.fetcher.jsonfeed import looks_like_json, parse_json_feed
from copytaster.fetcher.outcomes import Failure
from copytaster.fetcher.packed import unpacked
from copytaster.fetcher.sitemaps import looks_like_sitemap, parse_sitemap

SNIFF_BYTES: Final = 2_048
"""How much of a body is looked at to tell a feed from a page."""


def parse_feed(body: bytes, *, url: str | None = None, content_type: str | None = None) -> FeedDocument:
    """The document in `body`, which came from `url` with the HTTP header `content_type`.

    Raises UnreadableFeed for an empty body and for anything that is no feed. A valid feed may have no items.
    """
    body = unpacked(body)
    _reject_other_kinds(body)
    if looks_like_json(body):
        return parse_json_feed(body, url=url)
    if looks_like_sitemap(body[:SNIFF_BYTES]):
        return parse_sitemap(body, url=url)
    body = _mended(body, content_type)
    parsed = run_feedparser(body, content_type)
    if parsed is None or (not parsed["entries"] and (not parsed.get("version") or _ITEM.search(body))):
        cleaned = _without_noise(body)
        parsed = run_feedparser(cleaned, content_type) if cleaned != body else parsed
    if parsed is None or (not parsed["entries"] and not parsed.get("version")):
        raise UnreadableFeed(Failure.NOT_A_FEED, _what_it_is(body))
    feed = parsed["feed"]
    site = absolute(_feed_link(feed), url)
    return FeedDocument(
        kind=_kind(parsed.get("version") or ""),
        title=_plain(feed, "title"),
        link=site,
        language=text_or_none(_field(feed, "language")) or text_or_none(_field(feed, "xml_lang")),
        items=tuple(
            _item(entry, site or url, _authors(feed), url) for entry in parsed["entries"][:MAX_ITEMS]
        ),
    )


_FEED_ROOT: Final = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)
_HTML_ROOT: Final = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
# XML 1.0, 2.2 allows no other control characters; a feed that has one is read again without them.
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


_MAILTO: Final = re.compile(r"\s*[(<\[]?mailto:.*$", re.IGNORECASE)


def _reject_other_kinds(body: bytes) -> None:
    if not body.strip():
        raise UnreadableFeed(Failure.EMPTY_BODY, f"{len(body)} bytes")
    head = body[:SNIFF_BYTES].replace(b"\x00", b"")
    if _HTML_ROOT.search(head) and not _FEED_ROOT.search(head):
        raise UnreadableFeed(Failure.NOT_A_FEED, "an HTML page")


def _what_it_is(body: bytes) -> str:
    head = body[:SNIFF_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] in (b"{", b"["):
        return "JSON"
    if b"\x00" in head or len(_CONTROL.findall(head)) * 20 > len(head):
        return "binary data"
    return "XML that is no feed" if head.startswith(b"<") else "plain text"


_ITEM: Final = re.compile(rb"<(?:\w+:)?(?:item|entry)\b", re.IGNORECASE)
_ROOT: Final = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf)\b", re.IGNORECASE)
_ENCODING: Final = re.compile(rb"encoding=[\"']([\w.:-]+)[\"']")


_REFERENCE: Final = re.compile(rb"&#(x[0-9a-f]+|[0-9]+);?", re.IGNORECASE)


def _reference_to_a_character(match: re.Match[bytes]) -> bytes:
    digits = match[1].lower()
    code = int(digits[1:], 16) if digits.startswith(b"x") else int(digits[:10])
    is_character = code in (9, 10, 13) or 32 <= code < 0xD800 or 0xDFFF < code <= 0x10FFFF
    return match[0] if is_character else b""


# Encodings in which a byte below 32 is always that character; UTF-16, ISO-2022 and EBCDIC use such bytes for others.
_BYTE_ENCODING: Final = re.compile(rb"utf-?8|us-ascii|(?:iso-8859|windows|koi8|cp125)[\w-]*", re.IGNORECASE)
_CHARSET: Final = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_CONTROLS: Final = bytes(code for code in range(32) if code not in b"\t\n\r")


def _mended(body: bytes, content_type: str | None) -> bytes:
    """`body` without control characters and white space before its declaration, where that changes nothing else.

    For either the strict reader gives up, and the loose one takes ten times as long and understands less.
    """
    declared = _ENCODING.search(body[:SNIFF_BYTES])
    served = _CHARSET.search((content_type or "").encode("ascii", "replace"))
    names = [match[1] for match in (declared, served) if match]
    if b"\x00" in body[:SNIFF_BYTES] or not all(map(_BYTE_ENCODING.fullmatch, names)):
        return body
    return body.translate(None, _CONTROLS).lstrip()


def _without_noise(body: bytes) -> bytes:
    """`body` without what strict and loose readers trip over.

    That is text before the root (a broken or doubled XML declaration), control characters, references to what is no
    character, and a namespace prefix on RSS's own elements.
    """
    body = _REFERENCE.sub(_reference_to_a_character, body)
    root = _ROOT.search(body)
    if root is None:
        return _CONTROL.sub(b"", body)
    encoding = _ENCODING.search(body[: root.start()])
    declaration = b'<?xml version="1.0" encoding="%s"?>' % encoding[1] if encoding else b""
    rest = re.sub(rb"(</?)rss:", rb"\1", _CONTROL.sub(b"", body[root.start() :]))
    return declaration + rest


def _kind(version: str) -> str:
    if version.startswith("atom"):
        return "atom"
    return "rdf" if version in {"rss10", "rss090"} else "rss"


def _field(owner: Mapping[str, Any], name: str) -> Any:
    """The value under exactly this name; feedparser's own `get` would offer `published` where `updated` is asked for."""
    return dict.get(cast("dict[str, Any]", owner), name)


def _feed_link(feed: Mapping[str, Any]) -> str | None:
    link = text_or_none(_field(feed, "link"))
    links = [entry for entry in _field(feed, "links") or [] if entry.get("href")]
    usual = [str(entry["href"]) for entry in links if entry.get("rel", "alternate") == "alternate"]
    own = [str(entry["href"]) for entry in links if entry.get("rel") == "self"]
    return link or next(iter(usual or own), None) or _undeclared_link(feed)


def _undeclared_link(owner: Mapping[str, Any]) -> str | None:
    """The address in an `atom:link` whose prefix the document does not declare: feedparser keeps it under that name."""
    for name in ("atom_link", "atom10_link", "a10_link"):
        if isinstance(kept := _field(owner, name), Mapping) and (href := text_or_none(kept.get("href"))):
            return href
    return None


def _item(
    entry: Mapping[str, Any], base: str | None, feed_authors: tuple[str, ...], feed_url: str | None
) -> FeedItem:
    published = parse_feed_date(text_or_none(_field(entry, "published")))
    updated = parse_feed_date(text_or_none(_field(entry, "updated")))
    content = _content(_field(entry, "content") or [])
    summary = text_or_none(_field(entry, "summary"))
    return FeedItem(
        guid=identity(_field(entry, "id")),
        url=item_url(_link(entry), base, feed_url),
        title=_plain(entry, "title"),
        published=published or updated or parse_feed_date(text_or_none(_field(entry, "created"))),
        updated=updated,
        summary=None if summary == content else summary,
        content=content,
        authors=_authors(entry) or feed_authors,
        categories=unique_texts(tag.get("label") or tag.get("term") for tag in _field(entry, "tags") or []),
    )


def _link(entry: Mapping[str, Any]) -> str | None:
    """FeedBurner keeps the outlet's own address beside the one that counts clicks.

    A whole web address as id stands in for a missing link, as `rdf:about` does in RSS 1.0; of RSS 2.0 feedparser does
    that itself, unless the guid says that it is none.
    """
    own = text_or_none(_field(entry, "feedburner_origlink")) or text_or_none(_field(entry, "link"))
    if own is None and "guidislink" not in entry:
        own = web_url(text_or_none(_field(entry, "id")), None)
    return own or _undeclared_link(entry)


def _content(parts: Iterable[Mapping[str, Any]]) -> str | None:
    """The longest part: feeds with a media description beside the article give the article last or first."""
    texts = [text for part in parts if (text := text_or_none(part.get("value")))]
    return max(texts, key=len, default=None)


def _authors(entry: Mapping[str, Any]) -> tuple[str, ...]:
    people = [person for person in _field(entry, "authors") or [] if person]
    names = unique_texts(_name(person.get("name")) or person.get("email") for person in people)
    return names or unique_texts([_field(entry, "author")])


def _name(text: Any) -> str | None:
    """The name without what is left where feedparser took the address out of `A Name (mailto:a@b.example)`."""
    return text_or_none(_MAILTO.sub("", text)) if isinstance(text, str) else None


def _plain(owner: Mapping[str, Any], name: str) -> str | None:
    """The field as plain text on one line; feedparser says in `<name>_detail` whether it is markup."""
    detail = _field(owner, f"{name}_detail") or {}
    return plain_text(_field(owner, name), is_html="html" in str(detail.get("type", "")))
