"""A fetcher's desk with an extractor behind it, for the tests of the ledger. Not a test."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from copytaster.errors import Quarantine
from copytaster.extractor.extracted import Extracted
from copytaster.extractor.io.handler import GROUP, Extractor
from copytaster.extractor.io.workers import Workers
from copytaster.fetcher.document import FeedItem as ParsedItem
from copytaster.fetcher.parsing import parse_feed
from copytaster.logs import Log
from copytaster.streams.engine import Engine
from copytaster.streams.groups import ensure_group
from copytaster.streams.ledger.balance import Line, faults, lines, total
from copytaster.streams.ledger.reading import read
from copytaster.streams.patience import Patience
from copytaster_schemas import FeedItem
from tests.stack.fetcher.desk import Desk
from tests.stack.streams.builders import read_new
from tests.support import wait_until

SENTENCES = (
    "Die Fähre nach Olpenitz fährt ab Montag wieder, teilte die Reederei Nordlicht am Sonntag in Karstadt mit.",
    "Nach dem Sturm war der Anleger drei Wochen lang gesperrt gewesen, 14 Pfähle mussten ersetzt werden.",
    "Die Kosten von zwei Millionen Kronen trägt die Versicherung, sagte Kapitänin Ylva Brodersen.",
    "Im Sommer nutzen täglich rund 900 Fahrgäste die Verbindung, die seit 1932 besteht.",
)


def story_page(name: str, version: int = 1) -> str:
    """A page with a story of our own writing that is told apart by name and version."""
    title = f"Fähre {name} fährt wieder"
    text = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
    last = f"<p>Der Fahrplan Nummer {version} für den Anleger {name} hängt ab heute an der Brücke aus.</p>"
    return (
        f"<html lang='de'><head><title>{title}</title><meta property='og:type' content='article'></head>"
        f"<body><article><h1>{title}</h1>{text}{last}</article></body></html>"
    )


class Extracting:
    """An extractor with real workers on the desk's `articles`; addresses with `poison` in them cannot be processed."""

    def __init__(self, desk: Desk, workers: Workers) -> None:
        self._workers = workers
        self.cured = False
        self.engine = Engine(
            desk.redis,
            desk.keys,
            stream="articles",
            group=GROUP,
            consumer="tester",
            service="extractor",
            handler=Extractor(desk.redis, desk.keys, self._extract),
            concurrency=4,
            patience=Patience(),
            closing=Log.STORY_EXTRACTED,
        )

    async def _extract(
        self, body: bytes, *, url: str, content_type: str | None, feed_item: FeedItem | None
    ) -> Extracted:
        if "poison" in url and not self.cured:
            raise Quarantine("page_lost", "made so by the test")
        return await self._workers.extract(body, url=url, content_type=content_type, feed_item=feed_item)

    async def pump(self, count: int = 1000) -> None:
        """Work off at most `count` entries of `articles`."""
        await ensure_group(self.engine.redis, self.engine.stream, GROUP)
        await self.engine.process(await read_new(self.engine.redis, self.engine, count))


async def line_of(desk: Desk) -> Line:
    """All counts and findings added up; fails when anything is out of balance."""
    snapshot = await read(desk.redis, desk.keys)
    assert faults(snapshot) == []
    return total(lines(snapshot).values())


async def nothing_wanted(desk: Desk) -> None:
    """Wait until every feed was polled and no page is wanted."""

    async def done() -> bool:
        due = await desk.redis.zrange(desk.keys.key("feeds", "due"), 0, 0, withscores=True)
        seconds, _ = await desk.redis.time()
        polled = bool(due) and float(due[0][1]) > seconds * 1000 + 60_000
        return polled and not await desk.redis.zcard(desk.keys.key("wanted"))

    await wait_until(done, description="all feeds polled and nothing wanted", timeout_seconds=20)


def show(desk: Desk, feed: str, items: Mapping[str, int]) -> list[ParsedItem]:
    """Serve a feed with these items, by path or address, each in a version; gives the items as a reader finds them."""
    rows = "".join(
        f"<item><title>Titel {escape(name)} {version}</title><guid isPermaLink='false'>{escape(name)}</guid>"
        f"<link>{escape(desk.site.url(name) if name.startswith('/') else name)}</link></item>"
        for name, version in items.items()
    )
    document = f"<rss version='2.0'><channel><title>Bote</title>{rows}</channel></rss>"
    desk.site.text(feed, document, content_type="application/rss+xml")
    return list(parse_feed(document.encode(), url=desk.site.url(feed)).items)
