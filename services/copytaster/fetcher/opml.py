"""OPML: reads lists of feeds, nested or broken, and writes one.

Pure, standard library only. Entities are refused and nothing is fetched; the size is the caller's to bound. A file that is not
well-formed is refused with its line, and read as far as it goes only where that is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html.parser import HTMLParser
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from copytaster.errors import Misconfigured
from copytaster.fetcher.document import plain_text
from copytaster.fetcher.feedsfile import MAX_INTERVAL_SECONDS, MIN_INTERVAL_SECONDS, FeedSpec, feed_spec
from copytaster.fetcher.feedstate import FeedState, FeedStatus

NAMESPACE: Final = "urn:copytaster:opml"
"""Of our own attributes, which other readers pass over: `outlet`, `interval` (seconds), `status`."""

# `feed:https://…` and `feed://host/…`, as browsers once had it; group 1 tells the second.
_FEED_SCHEME: Final = re.compile(r"^feed:(?:(?://)?(?=https?:)|(?=(//)))", re.IGNORECASE)
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class BrokenOpml(ValueError):
    """The file is no OPML, or breaks off; the message says where, in one line."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One outline that names a feed, in the line `line` of its file."""

    url: str
    line: int
    title: str | None = None
    outlet: str | None = None
    interval: str | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class FeedList:
    """The feeds of a file: each once, those that are to be listed as paused, how often one came again, what is wrong."""

    specs: tuple[FeedSpec, ...]
    paused: frozenset[str]
    repeated: int
    problems: tuple[str, ...]
    """One line for each outline that names no usable address."""


def read_opml(content: bytes) -> list[Outline]:
    """The outlines that name a feed, at any depth, in the order of the file. Raises BrokenOpml."""
    collector = _Collector()
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: collector.start(
        name, attributes, parser.CurrentLineNumber
    )
    parser.EntityDeclHandler = _refuse_entity
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise BrokenOpml(f"line {error.lineno}: not well-formed XML: {reason}") from error
    except (ValueError, LookupError) as error:
        raise BrokenOpml(str(error)) from error
    return collector.outlines


def salvage_opml(content: bytes) -> list[Outline]:
    """The outlines that can be found in a file whatever its state, none when there is none."""
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    collector = _Collector(strict=False)
    tolerant = _Tolerant(collector.start)
    tolerant.feed(text)
    tolerant.close()
    return collector.outlines


class _Collector:
    """Takes start tags, keeps the outlines with an address."""

    def __init__(self, *, strict: bool = True) -> None:
        self.outlines: list[Outline] = []
        self._strict = strict
        self._at_root = True

    def start(self, name: str, attributes: Mapping[str, str], line: int) -> None:
        if self._at_root and self._strict and name.lower() != "opml":
            raise BrokenOpml(f"line {line}: no OPML: the document is <{name}>")
        self._at_root = False
        if name.lower() != "outline":
            return
        values = {key.lower(): value.strip() for key, value in attributes.items()}
        url = values.get("xmlurl") or (
            values.get("url") if values.get("type", "").lower() in _TYPES else None
        )
        if url:
            outlet = values.get(
                "copytaster:outlet"
            )  # where we wrote it, a title that is known is written, too
            self.outlines.append(
                Outline(
                    _FEED_SCHEME.sub(lambda match: "http:" if match[1] else "", url),
                    line,
                    plain_text(values.get("title") or (None if outlet else values.get("text"))),
                    outlet,
                    values.get("copytaster:interval"),
                    values.get("copytaster:status") == FeedStatus.PAUSED,
                )
            )


_TYPES: Final = frozenset({"rss", "atom", "feed", "json"})


class _Tolerant(HTMLParser):
    """Start tags of a text that is no XML; knows no entity but those of HTML."""

    def __init__(self, start: Callable[[str, Mapping[str, str], int], None]) -> None:
        super().__init__(convert_charrefs=True)
        self._start = start

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._start(tag, {name: value or "" for name, value in attrs}, self.getpos()[0])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)


def _refuse_entity(name: str, *_: object) -> None:
    raise BrokenOpml(f"it declares the entity {name}; a list of feeds needs none")


def feed_list(outlines: Iterable[Outline], *, name: str) -> FeedList:
    """The feeds of `outlines`; `name` is what messages call the file."""
    specs: dict[str, FeedSpec] = {}
    paused: set[str] = set()
    repeated = 0
    problems: list[str] = []
    for outline in outlines:
        try:
            spec = feed_spec(
                outline.url,
                where=f"{name}: line {outline.line}",
                outlet=outline.outlet,
                title=outline.title,
                interval_seconds=_interval(outline.interval),
            )
        except Misconfigured as error:
            problems.append(str(error))
            continue
        repeated += spec.feed_id in specs
        specs.setdefault(spec.feed_id, spec)
        if outline.paused:
            paused.add(spec.feed_id)
    return FeedList(tuple(specs.values()), frozenset(paused), repeated, tuple(problems))


def _interval(text: str | None) -> float | None:
    """The seconds, None for a text that is none or out of range: a list of somebody else's may say what it likes."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if MIN_INTERVAL_SECONDS <= seconds <= MAX_INTERVAL_SECONDS else None


def write_opml(feeds: Iterable[FeedState], *, title: str, now: datetime) -> str:
    """An OPML 2.0 document with one outline a feed; `now` is aware."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:copytaster="{NAMESPACE}">',
        "  <head>",
        f"    <title>{_text(title)}</title>",
        f"    <dateCreated>{format_datetime(now)}</dateCreated>",
        "  </head>",
        "  <body>",
        *(_outline(feed) for feed in feeds),
        "  </body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n"


def _outline(feed: FeedState) -> str:
    name = feed.title or feed.outlet or feed.url
    attributes = {"type": "rss", "text": name, "xmlUrl": feed.url}
    if feed.title:
        attributes["title"] = feed.title
    if feed.outlet:
        attributes["copytaster:outlet"] = feed.outlet
    if feed.interval_seconds is not None:
        attributes["copytaster:interval"] = f"{feed.interval_seconds:g}"
    if feed.status is FeedStatus.PAUSED:
        attributes["copytaster:status"] = FeedStatus.PAUSED.value
    shown = " ".join(f"{key}={quoteattr(_NOT_XML.sub('', value))}" for key, value in attributes.items())
    return f"    <outline {shown}/>"


def _text(value: str) -> str:
    return quoteattr(_NOT_XML.sub("", value))[1:-1]
