"""Which items of a document are new, revised or known: the articles behind them, and the verdict on each.

Pure. Identity of an item within its feed is the subject of `identity`. Identity of the article behind it, over all
feeds: the URL key; for an item without an address that carries its whole text, feed and guid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from copytaster.fetcher.document import FeedItem
from copytaster.fetcher.identity import Keyed
from copytaster.text.aggregators import OpaqueLink, unwrapped
from copytaster.text.feedtext import full_text
from copytaster.text.urls import BadUrl, fetch_url, host_of, url_key
from copytaster_schemas.identity import article_urn, item_urn, short_id


class Verdict(StrEnum):
    """What becomes of an item that a poll found."""

    NEW = "new"
    REVISED = "revised"
    DUPLICATE = "duplicate"
    UNADDRESSED = "unaddressed"
    """There is no page to fetch, and the feed does not give the text."""
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
    obstacle: str | None = None
    """Why there is no address, as a code of `reasons.DROP_CODES`."""


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
    """A candidate with its verdict; a revision beyond its feed's budget is put off by `delay_seconds`."""

    candidate: Candidate
    verdict: Verdict
    known: KnownArticle
    delay_seconds: float = 0.0


def candidates(feed_id: str, items: Iterable[Keyed], seen: Mapping[str, str]) -> list[Candidate]:
    """The items that `seen` (item key to revision) does not hold as they are."""
    return [
        _candidate(feed_id, item, revised=item.key in seen)
        for item in items
        if seen.get(item.key) != item.revision
    ]


def _candidate(feed_id: str, keyed: Keyed, *, revised: bool) -> Candidate:
    item = keyed.item
    try:
        url = fetch_url(unwrapped(item.url or ""))
        article, host = article_urn(url_key(url)), host_of(url)
    except (BadUrl, OpaqueLink) as error:
        obstacle = error.code if isinstance(error, BadUrl) else "aggregator_link"
        article_id = short_id(item_urn(feed_id, item.guid or keyed.key))
        return Candidate(keyed.key, keyed.revision, item, article_id, None, None, revised, obstacle)
    return Candidate(keyed.key, keyed.revision, item, short_id(article), url, host, revised)


def judge(feed_id: str, found: Iterable[Candidate], known: Mapping[str, KnownArticle]) -> list[Judged]:
    """The verdict on each candidate; `known` holds what is stored of the articles, by article id.

    An article belongs to the feed that brought it first: another feed's item of it is a duplicate. An item of the
    same feed under a new key is a revision if its text differs, else nothing new (a feed that changed its guids). A
    guid that comes back with another address is another article, and so new.
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
    item = candidate.item
    if candidate.url is None and full_text(item.content, item.summary) is None:
        return Verdict.UNADDRESSED
    if repeated or stored.feed_id not in (None, feed_id):
        return Verdict.DUPLICATE
    if stored.feed_id is None:
        return Verdict.NEW
    return Verdict.REVISED if stored.revision != candidate.revision else Verdict.KNOWN
