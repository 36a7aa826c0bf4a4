"""Identity of an item within its feed, and the detector of feeds whose identities do not last.

Pure. The guid names an item; of several items with one guid, guid and URL; without a guid the URL key; without a URL
the title and the day. Some feeds make up their guids, or their addresses too, anew with every document. Such a feed is
told by its items being new while their addresses, or titles and days, are known; from then on these name its items.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from copytaster.fetcher.document import FeedItem
from copytaster.text.urls import BadUrl, url_key

VOLATILE_SHARE: Final = 0.8
"""Of the items new by their keys, and of them known by the next level: both (research/fetching.md, 6, Identity)."""

MIN_ITEMS: Final = 5
"""A smaller document says little: four of its items may well be new while a title is repeated."""

MARK_DIGITS: Final = 6
"""A mark of 24 bits: among 500 remembered items one look in 30,000 goes wrong, and four of five have to."""


class Level(StrEnum):
    """What names the items of a feed."""

    GUID = "guid"
    URL = "url"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Marks:
    """Short digests of an item's URL key and of its title and day; empty where it has none."""

    url: str = ""
    title: str = ""

    def at(self, level: Level) -> str:
        """The mark that names the item at `level`; empty for GUID."""
        return {Level.GUID: "", Level.URL: self.url, Level.TITLE: self.title}[level]


@dataclass(frozen=True, slots=True)
class Keyed:
    """An item of a document with its key within the feed, its revision and its marks."""

    key: str
    revision: str
    item: FeedItem
    marks: Marks = Marks()


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept of an item: its revision, the day number since 1970 it was last in the document, its marks."""

    revision: str
    day: int
    marks: Marks = Marks()


def _digest(*parts: str | None) -> str:
    """16 hexadecimal digits of the SHA-256 of the parts; an absent part differs from an empty one."""
    text = "\x1f".join("\x00" if part is None else part for part in parts)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:16]


def item_key(item: FeedItem, *, repeated_guid: bool = False, level: Level = Level.GUID) -> str:
    """The key of `item` within its feed; `repeated_guid`: other items of the document have the same guid.

    An item without what its level asks for is named by the next thing it has.
    """
    if level is Level.GUID and item.guid:
        return _digest("guid+url", item.guid, item.url) if repeated_guid else _digest("guid", item.guid)
    if item.url and not (level is Level.TITLE and item.title):
        return _url_digest(item.url)
    return _digest("title", item.title, _day(item))


def revision_of(item: FeedItem) -> str:
    """Changes when title, summary, content or the time of update change, and with nothing else."""
    return _digest(item.title, item.summary, item.content, item.updated.iso if item.updated else None)


def marks_of(item: FeedItem) -> Marks:
    """The marks of `item`."""
    return Marks(
        _url_digest(item.url)[:MARK_DIGITS] if item.url else "",
        _digest("title", item.title, _day(item))[:MARK_DIGITS] if item.title else "",
    )


def _url_digest(url: str) -> str:
    try:
        return _digest("url", url_key(url))
    except BadUrl:
        return _digest("raw url", url)


def _day(item: FeedItem) -> str | None:
    return item.published.at.date().isoformat() if item.published else None


def keyed(
    items: Iterable[FeedItem],
    level: Level = Level.GUID,
    entries: Mapping[str, Remembered] = MappingProxyType({}),
) -> list[Keyed]:
    """The items with their keys, oldest first, each key once (the first of the document wins).

    Feeds list the newest item first; the reverse is the order in which the articles came out. An item that `entries` hold
    with the same revision keeps the marks it has there: making them anew costs as much as all else of a poll's judging.
    """
    listed = list(items)
    repeats = Counter(item.guid for item in listed if item.guid)
    found: dict[str, Keyed] = {}
    for item in listed:
        key = item_key(item, repeated_guid=repeats[item.guid or ""] > 1, level=level)
        if key in found:
            continue
        revision, known = revision_of(item), entries.get(key)
        same = known is not None and known.revision == revision and known.marks != Marks()
        found[key] = Keyed(key, revision, item, known.marks if known is not None and same else marks_of(item))
    return list(reversed(found.values()))


def lasting_level(items: Sequence[Keyed], level: Level, entries: Mapping[str, Remembered]) -> Level:
    """The level at which the items of this document are known again; `level` unless its keys proved volatile."""
    new = sum(item.key not in entries for item in items)
    if len(items) < MIN_ITEMS or new < VOLATILE_SHARE * len(items):
        return level
    for deeper in list(Level)[list(Level).index(level) + 1 :]:
        remembered = {one.marks.at(deeper) for one in entries.values()} - {""}
        # Each mark counts once: fifty items of one title are not fifty known items.
        known = {item.marks.at(deeper) for item in items} & remembered
        if len(known) >= VOLATILE_SHARE * len(items):
            return deeper
    return level
