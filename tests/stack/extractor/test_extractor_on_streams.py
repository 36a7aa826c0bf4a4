"""Fetched articles in, story events and drops out, with real worker processes on a real server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from redis.asyncio import Redis

from copytaster.extractor.io.handler import GROUP, Extractor
from copytaster.extractor.io.workers import Workers
from copytaster.keys import STATE_SECONDS, Keys
from copytaster.logs import Log
from copytaster.streams.commit import Outcome, commit
from copytaster.streams.effects import Cause, Effects, Guard, Outbox
from copytaster.streams.engine import Engine
from copytaster.streams.groups import ensure_group
from copytaster.streams.patience import Patience
from copytaster_schemas import ArticleFetched, EntryDied, FeedItem, ItemDropped, Story, parse_event
from copytaster_schemas.identity import article_urn, feed_urn, short_id
from copytaster_schemas.registry import ARTICLE_FETCHED

KEYS = Keys("test")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PARAGRAPHS = (
    "KARSTADT (TASS) - Die Fähre nach Olpenitz fährt ab Montag wieder, teilte die Reederei Nordlicht mit. "
    "Nach dem Sturm war der Anleger drei Wochen lang gesperrt gewesen.",
    "Kapitänin Ylva Brodersen sagte, man habe 14 Pfähle ersetzt und die Brücke neu verankert. "
    "Die Kosten von zwei Millionen Kronen trage die Versicherung.",
    "Im Sommer nutzen täglich rund 900 Fahrgäste die Verbindung, die seit 1932 besteht.",
)


def page(*paragraphs: str, title: str = "Fähre nach Olpenitz fährt wieder", charset: str = "utf-8") -> bytes:
    """A small news page of our own writing."""
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    html = (
        f'<html lang="de"><head><title>{title} - Nordpost</title>'
        '<meta property="og:site_name" content="Nordpost"><meta property="og:type" content="article">'
        '<meta property="article:published_time" content="2026-03-01T10:30:00+01:00"></head>'
        f"<body><nav><a href='/'>Start</a></nav><article><h1>{title}</h1>{body}</article></body></html>"
    )
    return html.encode(charset)


class Desk:
    """An extractor with two workers and what it wrote."""

    def __init__(self, redis: Redis, workers: Workers) -> None:
        self.redis = redis
        self.engine = Engine(
            redis,
            KEYS,
            stream="articles",
            group=GROUP,
            consumer="tester",
            service="extractor",
            handler=Extractor(redis, KEYS, workers.extract),
            concurrency=4,
            patience=Patience(),
            closing=Log.STORY_EXTRACTED,
        )

    async def fetched(
        self,
        body: bytes,
        *,
        path: str = "faehre",
        content_type: str = "text/html; charset=utf-8",
        content: str | None = None,
        **how: Any,
    ) -> ArticleFetched:
        """Put a page on `articles` the way the fetcher does, as the article's next fetch.

        `content` is the feed's text, `how` holds further fields of the event.
        """
        url = f"https://nordpost.example/{path}"
        urn = article_urn(url)
        key = KEYS.key("article", short_id(urn))
        sequence = int(await self.redis.hget(key, "sequence") or 0) + 1
        dataref = f"page:{uuid.uuid4().hex}"
        item = FeedItem(
            feed=feed_urn("f"),
            guid=path,
            url=url,
            title="Fähre",
            content=content,
            first_seen=NOON,
            revision_hash="1",
        )
        data = ArticleFetched(
            article=urn,
            sequence=sequence,
            item=item,
            requested_url=f"{url}?utm_source=rss",
            content_type=content_type,
            fetched=NOON,
            dataref=dataref,
            byte_count=len(body),
            **{"final_url": url, "status": 200, **how},
        )
        event = Outbox(KEYS, "fetcher").event(
            ARTICLE_FETCHED, urn, sequence, data, time=NOON, cause=Cause(path), guard=Guard(key, "sequence")
        )
        effects = Effects(events=[event])
        effects.op("SET", KEYS.key(dataref), body)
        effects.op("EXPIRE", key, STATE_SECONDS)
        assert await commit(self.redis, effects) is Outcome.COMMITTED
        return data

    async def pump(self) -> None:
        """Work off what lies on `articles`."""
        await ensure_group(self.redis, self.engine.stream, GROUP)
        reply = await self.redis.xreadgroup(GROUP, "tester", {self.engine.stream: ">"}, count=100)
        await self.engine.process(
            [(entry_id.decode(), fields) for _, entries in reply or [] for entry_id, fields in entries]
        )

    async def stories(self) -> list[tuple[str, Story]]:
        """Event type and data of everything on `stories`."""
        events = [parse_event(fields) for _, fields in await self.redis.xrange(KEYS.stream("stories"))]
        return [(envelope.type, data) for envelope, data in events if isinstance(data, Story)]

    async def drops(self) -> list[ItemDropped]:
        """Everything on `drops`."""
        events = [parse_event(fields)[1] for _, fields in await self.redis.xrange(KEYS.stream("drops"))]
        return [data for data in events if isinstance(data, ItemDropped)]


@pytest.fixture
async def desk(redis_client: Redis) -> AsyncIterator[Desk]:
    """An extractor on an empty server."""
    workers = Workers(1, timeout_seconds=20, memory_mib=1024)
    try:
        yield Desk(redis_client, workers)
    finally:
        await workers.close()


async def test_a_page_becomes_a_story_and_its_bytes_go(desk: Desk) -> None:
    """Title, text, times, outlet, language and credits in one event; nothing of the page is left behind."""
    article = await desk.fetched(page(*PARAGRAPHS))

    await desk.pump()

    [(kind, story)] = await desk.stories()
    assert kind == "copytaster.story.published.v1"
    assert (story.title, story.provider.outlet, story.language) == (
        "Fähre nach Olpenitz fährt wieder",
        "nordpost.example",
        "de",
    )
    assert story.text.split("\n") == list(PARAGRAPHS)
    assert story.content_created == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert ("TASS", "originator") in {(credit.agency, credit.role) for credit in story.credits}
    assert {(alt.role, alt.value) for alt in story.alt_ids} >= {
        ("url", "https://nordpost.example/faehre"),
        ("guid", "faehre"),
    }
    assert await desk.redis.exists(KEYS.key(article.dataref)) == 0


async def test_a_second_fetch_tells_only_what_changed(desk: Desk) -> None:
    """The same text is unchanged and says nothing; another text is a revision with the next version."""
    for body in (
        page(*PARAGRAPHS),
        page(*PARAGRAPHS),
        page(PARAGRAPHS[0].replace("Montag", "Dienstag"), *PARAGRAPHS[1:]),
    ):
        await desk.fetched(body)
        await desk.pump()

    told = await desk.stories()
    assert [(kind.split(".")[2], story.version) for kind, story in told] == [("published", 1), ("revised", 2)]
    assert told[0][1].first_created == told[1][1].first_created


async def test_an_older_fetch_that_comes_late_is_superseded(desk: Desk) -> None:
    """The article's later fetch was handled first: the older one says nothing and leaves no bytes."""
    older = await desk.fetched(page(PARAGRAPHS[0], PARAGRAPHS[1]))
    await desk.fetched(page(*PARAGRAPHS))
    entries = await desk.redis.xrange(KEYS.stream("articles"))
    await desk.redis.delete(KEYS.stream("articles"))
    for _, fields in reversed(entries):
        await desk.redis.xadd(KEYS.stream("articles"), fields)

    await desk.pump()

    assert [story.version for _, story in await desk.stories()] == [1]
    assert await desk.redis.exists(KEYS.key(older.dataref)) == 0


BAD_PAGES = {
    "an empty body": (b"", "text/html", "empty_body"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "image/png", "not_html"),
    "a binary that says it is HTML": (bytes(range(256)) * 40, "text/html", "not_html"),
    "a page without an article": (
        b"<html><body><nav><a href='/'>Start</a></nav></body></html>",
        "text/html",
        None,
    ),
    "a script-only page": (
        b"<html><body><div id='root'></div><noscript>Please enable JavaScript.</noscript></body></html>",
        "text/html",
        "script_only",
    ),
}


@pytest.mark.parametrize(("body", "content_type", "code"), BAD_PAGES.values(), ids=BAD_PAGES)
async def test_what_is_no_article_is_dropped_with_its_code_and_the_others_go_on(
    desk: Desk, body: bytes, content_type: str, code: str | None
) -> None:
    """One drops entry with the reason and the item; the next page becomes a story."""
    bad = await desk.fetched(body, path="schlecht", content_type=content_type)
    await desk.fetched(page(*PARAGRAPHS))

    await desk.pump()

    [drop] = await desk.drops()
    assert drop.stage == "extractor"
    assert drop.article == bad.article
    assert code is None or drop.code == code
    assert len(await desk.stories()) == 1
    assert await desk.redis.exists(KEYS.key(bad.dataref)) == 0


async def test_a_page_in_a_wrongly_declared_charset_is_read_right(desk: Desk) -> None:
    """A meta element that contradicts the HTTP header: the header wins, umlauts come out whole."""
    body = page(*PARAGRAPHS, charset="cp1252").replace(b"<head>", b'<head><meta charset="utf-8">')
    await desk.fetched(body, content_type="text/html; charset=windows-1252")

    await desk.pump()

    [(_, story)] = await desk.stories()
    assert "Kapitänin" in story.text


async def test_a_long_body_lies_behind_its_reference(desk: Desk) -> None:
    """An event stays below 64 KiB; the text is where the event says."""
    many = [f"{number}. {PARAGRAPHS[1]} {PARAGRAPHS[2]}".replace("14", str(number)) for number in range(400)]
    await desk.fetched(page(*many))

    await desk.pump()

    [(_, fields)] = await desk.redis.xrange(KEYS.stream("stories"))
    assert len(fields[b"data"]) < 64 * 1024
    [(_, story)] = await desk.stories()
    assert story.dataref
    text = (await desk.redis.get(KEYS.key(story.dataref))).decode()
    assert len(text) == story.bodies[0].char_count


async def test_lost_bytes_are_an_error_that_a_person_sees(desk: Desk) -> None:
    """The leak guard fired on unfinished work: the entry dies with its reason instead of passing as a drop."""
    article = await desk.fetched(page(*PARAGRAPHS))
    await desk.redis.delete(KEYS.key(article.dataref))

    await desk.pump()

    [(_, fields)] = await desk.redis.xrange(KEYS.stream("dead"))
    _, death = parse_event(fields)
    assert isinstance(death, EntryDied)
    assert death.code == "page_lost"


async def kinds(desk: Desk) -> list[str]:
    """What was said of stories, in order."""
    return [kind.split(".")[2] for kind, _ in await desk.stories()]


async def test_a_revision_says_what_changed(desk: Desk) -> None:
    """Parts, numbers and names, compared with the version before."""
    await desk.fetched(page(*PARAGRAPHS))
    await desk.pump()
    changed = PARAGRAPHS[1].replace("14 Pfähle", "19 Pfähle").replace("Ylva Brodersen", "Ylva Carstensen")
    await desk.fetched(page(PARAGRAPHS[0], changed, PARAGRAPHS[2]))
    await desk.pump()

    [(_, first), (_, second)] = await desk.stories()
    assert first.delta is None
    assert second.delta is not None
    assert (second.delta.version, second.delta.changed) == (1, ["body"])
    assert (second.delta.numbers_added, second.delta.numbers_removed) == (["19"], ["14"])
    assert (second.delta.names_added, second.delta.names_removed) == (["Carstensen"], ["Brodersen"])


async def test_a_page_that_is_gone_for_good_withdraws_its_story_once(desk: Desk) -> None:
    """The fetcher looked twice; the event names the story and tells readers to take it down."""
    await desk.fetched(page(*PARAGRAPHS))
    await desk.pump()
    for _ in range(2):
        await desk.fetched(b"", refetch=True, status=410)
        await desk.pump()

    [(_, published), (kind, story)] = await desk.stories()
    assert kind == "copytaster.story.withdrawn.v1"
    assert (story.uri, story.version, story.pub_status) == (published.uri, 2, "canceled")
    assert (story.url, story.provider.outlet) == (
        "https://nordpost.example/faehre?utm_source=rss",
        "nordpost.example",
    )
    assert story.first_created == published.first_created


async def test_a_withdrawn_story_that_comes_back_is_a_revision(desk: Desk) -> None:
    """Even with the same text: readers took it down."""
    await desk.fetched(page(*PARAGRAPHS))
    await desk.pump()
    await desk.fetched(b"", refetch=True, status=404)
    await desk.pump()
    await desk.fetched(page(*PARAGRAPHS))
    await desk.pump()

    assert await kinds(desk) == ["published", "withdrawn", "revised"]


LOOKS = {
    "the same text": page(*PARAGRAPHS),
    "a wall": b"<html><body><div id='root'></div><noscript>Please enable JavaScript.</noscript></body></html>",
    "a teaser before a paywall": page(PARAGRAPHS[0], "Jetzt weiterlesen mit NordpostPlus."),
    "another story": page(*PARAGRAPHS).replace(
        b"<head>", b"<head><link rel='canonical' href='https://nordpost.example/andere'>"
    ),
}


@pytest.mark.parametrize("body", LOOKS.values(), ids=LOOKS)
async def test_a_later_look_says_nothing_unless_the_text_changed(desk: Desk, body: bytes) -> None:
    """No event, no drop, no bytes left: the item was told of when it came."""
    await desk.fetched(page(*PARAGRAPHS))
    await desk.pump()
    look = await desk.fetched(body, refetch=True)
    await desk.pump()

    assert await kinds(desk) == ["published"]
    assert await desk.drops() == []
    assert await desk.redis.exists(KEYS.key(look.dataref)) == 0


async def test_a_later_look_at_another_text_is_a_revision(desk: Desk) -> None:
    """That is what it is for."""
    await desk.fetched(page(*PARAGRAPHS))
    await desk.pump()
    await desk.fetched(page(*PARAGRAPHS, "Berichtigung: Die Fähre fährt schon am Sonntag."), refetch=True)
    await desk.pump()

    assert await kinds(desk) == ["published", "revised"]


IN_THE_FEED = "".join(
    f"<p>{text}</p>" for text in (*PARAGRAPHS, PARAGRAPHS[1].replace("14", "15"), PARAGRAPHS[2])
)
TEASER = page(PARAGRAPHS[0], "Jetzt weiterlesen mit NordpostPlus.")


@pytest.mark.parametrize("body", [LOOKS["a wall"], TEASER], ids=["a wall", "a teaser"])
async def test_the_feed_s_text_is_published_where_the_page_hides_it(desk: Desk, body: bytes) -> None:
    """The story has the page's address, and says whose text it is."""
    await desk.fetched(body, content=IN_THE_FEED)
    await desk.pump()

    [(_, story)] = await desk.stories()
    assert (story.text_from, story.body_scope) == ("feed", "full")
    assert "Kapitänin Ylva Brodersen" in story.text
    assert "weiterlesen" not in story.text
    assert story.url == "https://nordpost.example/faehre"
    assert ("TASS", "originator") in {(credit.agency, credit.role) for credit in story.credits}


async def test_a_wall_on_another_site_lends_no_address(desk: Desk) -> None:
    """A consent page is where we landed, not where the story lies."""
    await desk.fetched(
        LOOKS["a wall"], content=IN_THE_FEED, final_url="https://zustimmung.example/?zu=faehre"
    )
    await desk.pump()

    [(_, story)] = await desk.stories()
    assert story.provider.outlet == "nordpost.example"


async def test_a_teaser_in_the_feed_does_not_stand_in_for_a_wall(desk: Desk) -> None:
    """The item is left out for what its page was."""
    await desk.fetched(LOOKS["a wall"], content="<p>Die Fähre fährt wieder. Weiterlesen …</p>")
    await desk.pump()

    assert [drop.code for drop in await desk.drops()] == ["script_only"]


async def test_an_item_that_is_only_in_the_feed_becomes_a_story_of_its_own(desk: Desk) -> None:
    """Feed and guid name it; it has no address, and its outlet is the feed's."""
    article = await desk.fetched(
        IN_THE_FEED.encode(), text_from="feed", status=0, final_url="https://nordpost.example/feed.xml"
    )
    await desk.pump()

    [(_, story)] = await desk.stories()
    assert (story.uri, story.url, story.title) == (article.article, "", "Fähre")
    assert story.text.split("\n")[:3] == list(PARAGRAPHS)
    assert (story.text_from, story.provider.outlet) == ("feed", "nordpost.example")


PROMO = "Die Nordpost gibt es jeden Morgen auch als Podcast, überall dort, wo man Podcasts hören kann."


async def test_what_recurs_over_an_outlet_s_pages_is_marked(desk: Desk) -> None:
    """The third article with another headline shows that a sentence belongs to the outlet and not to the news."""
    news = {
        "Fähre nach Olpenitz fährt wieder": PARAGRAPHS,
        "Turnier endet unentschieden": ("Die Mannschaften trennten sich am Sonntag 2:2 vor 800 Zuschauern.",),
        "Bibliothek öffnet länger": (
            "Ab Mai bleibt die Bibliothek bis 20 Uhr offen, sagte Leiterin Maren Voss.",
        ),
        "Wehr wird erneuert": ("Das Wehr an der Senne wird für 300.000 Kronen erneuert, beschloss der Rat.",),
    }
    for number, (title, paragraphs) in enumerate(news.items()):
        filler = tuple(
            f"Zu {title} äußerten sich am Abend {number}{n} Bürger und Gäste im Ratssaal." for n in (4, 7)
        )
        await desk.fetched(page(*paragraphs, *filler, PROMO, title=title), path=f"n{number}")
        await desk.pump()

    marked = [
        [story.text[span.begin : span.end] for span in story.furniture if span.kind == "recurring"]
        for _, story in await desk.stories()
    ]
    assert marked == [[], [], [PROMO], [PROMO]]
