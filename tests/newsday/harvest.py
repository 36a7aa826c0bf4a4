"""What the streams hold after a news day, held against its plan: what is missing, doubled, or wrongly left out. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from copytaster_schemas import ArticleFetched, ItemDropped
from tests.newsday.plan import Day, Feed, HostKind, Item, PageKind


def missing(day: Day, articles: Sequence[ArticleFetched]) -> list[str]:
    """Items whose last text has not been published, as host and path."""
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for article in articles:
        if not article.refetch:
            told[place_of(article.requested_url)].add(article.item.summary or "")
    return [
        f"{feed.host.name}{item.path}"
        for feed, item in expected(day)
        if f"Fassung {item.version(day.size.seconds)}" not in told[feed.host.name, item.path]
    ]


def expected(day: Day) -> Iterator[tuple[Feed, Item]]:
    """The items that have to be published."""
    for feed in day.feeds:
        if feed.host.kind in (HostKind.DEAD, HostKind.DOWN):
            continue
        for item in feed.items:
            closed = feed.host.kind is HostKind.CLOSED and "/intern/" in item.path
            if item.page is not PageKind.GONE and not closed:
                yield feed, item


def doubled(articles: Iterable[ArticleFetched]) -> list[str]:
    """Revisions of an article that were published more than once."""
    times = Counter(
        (one.article, one.item.revision_hash, one.requested_url) for one in articles if not one.refetch
    )
    return [
        f"{url}: one revision published {count} times" for (_, _, url), count in times.items() if count > 1
    ]


def wrongly_dropped(day: Day, drops: Iterable[ItemDropped]) -> list[str]:
    """Drops for another reason than the day gives."""
    wrong = []
    for drop in drops:
        host, path = place_of(drop.url or "")
        item, kind = day.item_at.get((host, path)), next((h.kind for h in day.hosts if h.name == host), None)
        allowed = {"duplicate"}
        if item is not None and item.page is PageKind.GONE:
            allowed |= {"gone"}
        if kind is HostKind.CLOSED and "/intern/" in path:
            allowed |= {"robots"}
        if drop.code not in allowed:
            wrong.append(f"{host}{path}: dropped as {drop.code}")
    return wrong


def place_of(url: str) -> tuple[str, str]:
    """Host and path of an address of the day."""
    host, _, path = url.partition("://")[2].partition("/")
    return host.partition(":")[0], f"/{path}".removeprefix("/to")
