"""Which items of a document are new, revised or known: identity, revision, and the verdict on each.

Pure. Identity of an item within its feed: the guid; of several items with one guid, guid and URL; without a guid the
URL key; without a URL the title and the day. Identity of the article behind it, over all feeds: the URL key.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from copytaster.fetcher.document import FeedItem
from copytaster.text.urls import BadUrl, fetch_url, host_of, url_key
from copytaster_schemas.identity import article_urn, item_urn, short_id


class Verdict(StrEnum):
    """What becomes of an item that a poll found."""

    NEW = "new"
    REVISED = "revised"
    DUPLICATE = "duplicate"
    UNADDRESSED = "unaddressed"
    """It has no http or https address, so there is no page to fetch."""
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that is not in the feed's memory as it stands now; `article_id` is the short id of its article."""

    key: str
    revision: str
    item: FeedItem
    article_id: str
    url: str | None
    """The address to fetch, without trackers; None when there is none."""
    host: str | None
    revised: bool
    """The feed's memory holds the item with another revision."""


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """What is stored of an article that some feed brought before; all None or 0 when nothing is."""

    feed_id: str | None = None
    revision: str | None = None
    first_seen_ms: int | None = None
    revisions: int = 0
    """How many revisions of it were wanted so far."""
    drops: int = 0
    """How many drops of this article were published so far."""
    fence: int | None = None
    """The latest claim of its want."""
    hour: str | None = None
    """The hour in which the ledger counts the item that is wanted at present; None while none is."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with its verdict."""

    candidate: Candidate
    verdict: Verdict
    known: KnownArticle


def _digest(*parts: str | None) -> str:
    """16 hexadecimal digits of the SHA-256 of the parts; an absent part differs from an empty one."""
    text = "\x1f".join("\x00" if part is None else part for part in parts)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:16]


def item_key(item: FeedItem, *, repeated_guid: bool = False) -> str:
    """The key of `item` within its feed; `repeated_guid`: other items of the document have the same guid."""
    if item.guid and repeated_guid:
        return _digest("guid+url", item.guid, item.url)
    if item.guid:
        return _digest("guid", item.guid)
    if item.url:
        try:
            return _digest("url", url_key(item.url))
        except BadUrl:
            return _digest("raw url", item.url)
    day = item.published.at.date().isoformat() if item.published else None
    return _digest("title", item.title, day)


def revision_of(item: FeedItem) -> str:
    """Changes when title, summary, content or the time of update change, and with nothing else."""
    return _digest(item.title, item.summary, item.content, item.updated.iso if item.updated else None)


@dataclass(frozen=True, slots=True)
class Keyed:
    """An item of a document with its key within the feed and its revision."""

    key: str
    revision: str
    item: FeedItem


def keyed(items: Iterable[FeedItem]) -> list[Keyed]:
    """The items with their keys, oldest first, each key once (the first of the document wins).

    Feeds list the newest item first; the reverse is the order in which the articles came out.
    """
    listed = list(items)
    repeats = Counter(item.guid for item in listed if item.guid)
    found: dict[str, Keyed] = {}
    for item in listed:
        key = item_key(item, repeated_guid=repeats[item.guid or ""] > 1)
        found.setdefault(key, Keyed(key, revision_of(item), item))
    return list(reversed(found.values()))


def candidates(feed_id: str, items: Iterable[Keyed], seen: Mapping[str, str]) -> list[Candidate]:
    """The items that `seen` (item key to revision) does not hold as they are."""
    return [
        _candidate(feed_id, item.key, item.revision, item.item, revised=item.key in seen)
        for item in items
        if seen.get(item.key) != item.revision
    ]


def _candidate(feed_id: str, key: str, revision: str, item: FeedItem, *, revised: bool) -> Candidate:
    try:
        url = fetch_url(item.url or "")
        article, host = article_urn(url_key(url)), host_of(url)
    except BadUrl:
        urn = item_urn(feed_id, item.guid or key)
        return Candidate(key, revision, item, short_id(urn), None, None, revised)
    return Candidate(key, revision, item, short_id(article), url, host, revised)


def judge(feed_id: str, found: Iterable[Candidate], known: Mapping[str, KnownArticle]) -> list[Judged]:
    """The verdict on each candidate; `known` holds what is stored of the articles, by article id.

    An article belongs to the feed that brought it first: another feed's item of it is a duplicate. An item of the
    same feed under a new key is a revision if its text differs, else nothing new (a feed that changed its guids).
    """
    judged = []
    here: set[str] = set()
    for candidate in found:
        stored = known.get(candidate.article_id, KnownArticle())
        verdict = _verdict(feed_id, candidate, stored, repeated=candidate.article_id in here)
        here.add(candidate.article_id)
        judged.append(Judged(candidate, verdict, stored))
    return judged


def _verdict(feed_id: str, candidate: Candidate, stored: KnownArticle, *, repeated: bool) -> Verdict:
    if candidate.url is None:
        return Verdict.UNADDRESSED
    if repeated or stored.feed_id not in (None, feed_id):
        return Verdict.DUPLICATE
    if stored.feed_id is None:
        return Verdict.NEW
    return Verdict.REVISED if stored.revision != candidate.revision else Verdict.KNOWN
