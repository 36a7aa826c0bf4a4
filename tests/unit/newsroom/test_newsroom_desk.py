"""What a reader of the demo newsroom gets: pages in their charsets, feeds with validators, corrections, dead ends."""

from __future__ import annotations

import io
import json
import re
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime

import feedparser
import pytest
from feedparser import datetimes
from lxml import etree
from lxml.html import document_fromstring

from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.desk import Answer, Desk
from copytaster.newsroom.edition import Edition
from copytaster.newsroom.model import Article, Outlet
from copytaster.newsroom.timetable import timetable

CATALOGUE = load_catalogue()
STARTED = datetime(2026, 5, 1, 12, 30, 15, 250_000, tzinfo=UTC)
ARTICLES = sorted(CATALOGUE.articles.values(), key=lambda article: article.id)
OUTLETS = sorted(CATALOGUE.outlets.values(), key=lambda outlet: outlet.host)
CORRECTED = CATALOGUE.articles["ferry-toll.harbourherald"]
VANISHING = CATALOGUE.articles["water-main.nordpost"]

NO_HEADERS: Mapping[str, str] = {}

BROWSERS_READ_AS = {"iso-8859-1": "cp1252"}
"""The WHATWG encoding standard: the label iso-8859-1 means windows-1252."""


def desk(pace_seconds: float = 0.0, started_at: datetime = STARTED) -> Desk:
    """A newsroom that corrects after four seconds and takes pages down after eight."""
    plan = timetable(
        CATALOGUE, pace_seconds=pace_seconds, correct_after_seconds=4.0, vanish_after_seconds=8.0
    )
    return Desk(Edition(CATALOGUE, started_at, 8800), plan)


def get(
    newsroom: Desk, item: Article | Outlet, at: float = 5.0, headers: Mapping[str, str] = NO_HEADERS
) -> Answer:
    """A GET of an article's page or of an outlet's feed, `at` seconds after the start."""
    if isinstance(item, Outlet):
        return newsroom.answer(item.host, item.feed.path, headers, at)
    return newsroom.answer(item.outlet, item.path, headers, at)


def charset_of(answer: Answer) -> str:
    """The charset that the page declares: in the header, else in its meta element."""
    label = re.search(r"charset=([\w-]+)", answer.content_type) or re.search(
        r"charset=\"?([\w-]+)", answer.body[:1024].decode("ascii", "replace")
    )
    assert label, answer.content_type
    return BROWSERS_READ_AS.get(label[1].lower(), label[1])


@pytest.fixture(autouse=True)
def feedparser_s_own_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fetcher switches feedparser's reading of dates off for its whole process; here it is the second opinion."""
    own = [handler for handler in datetimes._date_handlers if handler.__module__.startswith("feedparser.")]
    monkeypatch.setattr(datetimes, "_date_handlers", own)


def parsed(answer: Answer) -> feedparser.FeedParserDict:
    """The feed as feedparser reads it."""
    return feedparser.parse(io.BytesIO(answer.body), response_headers={"content-type": answer.content_type})


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.id)
def test_every_page_decodes_with_its_declared_charset_and_holds_its_text(article: Article) -> None:
    """All paragraphs, captions and the headline are on the page, and nothing is left to fill in."""
    newsroom = desk()
    answer = get(newsroom, article)
    html = answer.body.decode(charset_of(answer))
    visible = re.sub(r"\s+", " ", "".join(map(str, document_fromstring(html).itertext())))
    reading = newsroom.edition.reading(article)

    assert answer.status == 200
    for part in (reading.headline, *reading.paragraphs, *(one.text for one in reading.captions)):
        assert part in visible
    assert not re.search(r"\{(date|[Ww]eekday|url)|\$\w", " ".join((reading.headline, *reading.paragraphs)))


def test_the_outlets_use_three_charsets_and_one_declares_it_in_the_header_alone() -> None:
    """The Russian gazette's windows-1251 stands in the HTTP header only."""
    pages = {outlet.host: get(desk(), CATALOGUE.of_outlet(outlet.host)[0]) for outlet in OUTLETS}
    only_header = pages["vestnik-zaliva.example"]

    assert {charset_of(page).lower() for page in pages.values()} == {"utf-8", "cp1252", "windows-1251"}
    assert "charset=windows-1251" in only_header.content_type
    assert b"charset" not in only_header.body
    with pytest.raises(UnicodeDecodeError):
        only_header.body.decode()


@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.host)
def test_every_feed_parses_and_lists_its_items_with_their_times(outlet: Outlet) -> None:
    """A feed reader sees all items without complaint, each with title, address and the right instant."""
    newsroom = desk()
    answer = get(newsroom, outlet)
    document = parsed(answer)
    suffix = outlet.feed.link_suffix
    articles = {
        newsroom.edition.url(article) + suffix: article for article in CATALOGUE.of_outlet(outlet.host)
    }
    odd = [one for one in CATALOGUE.oddities if one.outlet == outlet.host]

    assert not document.bozo
    assert document.version == {"rss2": "rss20", "atom": "atom10", "rdf": "rss10"}[outlet.feed.kind]
    assert len(document.entries) == len(articles) + len(odd)
    assert articles.keys() <= {entry.link for entry in document.entries}
    for entry in document.entries:
        if article := articles.get(entry.link):
            assert entry.title == newsroom.edition.reading(article).headline
            if outlet.feed.dates not in (
                "rfc822_msk",
                "rfc822_cet",
            ):  # feedparser takes a zone by name for UTC
                moment = datetime.fromtimestamp(
                    timegm(entry.get("published_parsed") or entry.updated_parsed), UTC
                )
                assert moment == newsroom.edition.published(article)


def test_the_feeds_come_in_three_formats_and_one_carries_the_full_text() -> None:
    """RSS 2.0, Atom and RDF are all there; the Herald sends its articles along."""
    herald = CATALOGUE.outlets["harbourherald.example"]
    first = parsed(get(desk(), herald)).entries[0]

    assert {outlet.feed.kind for outlet in OUTLETS} == {"rss2", "atom", "rdf"}
    assert "second engineer was found" in first.content[0].value


@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.host)
def test_an_unchanged_feed_is_not_sent_twice(outlet: Outlet) -> None:
    """Either validator alone gives 304 without a body, and the validators come with it."""
    newsroom = desk()
    first = get(newsroom, outlet)
    by_tag = get(newsroom, outlet, 6.0, {"if-none-match": first.headers["ETag"]})
    by_date = get(newsroom, outlet, 6.0, {"if-modified-since": first.headers["Last-Modified"]})

    assert [by_tag.status, by_date.status] == [304, 304]
    assert by_tag.body == by_date.body == b""
    assert by_tag.headers == first.headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("if-none-match", '"another"'),
        ("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("if-modified-since", "yesterday"),
        ("if-modified-since", "Fri, 01 May 2026 12:30:00"),
    ],
    ids=["another tag", "an old date", "no date at all", "a date without zone"],
)
def test_a_validator_that_does_not_fit_gets_the_whole_feed(name: str, value: str) -> None:
    """Unknown tags, old dates and nonsense all mean: send it."""
    assert get(desk(), OUTLETS[0], headers={name: value}).status == 200


def test_the_entity_tag_decides_over_the_date() -> None:
    """With both headers sent, a tag that does not match wins over a date that would (RFC 9110, 13.2.2)."""
    newsroom = desk()
    first = get(newsroom, OUTLETS[0])
    answer = get(
        newsroom,
        OUTLETS[0],
        headers={"if-none-match": '"old"', "if-modified-since": first.headers["Last-Modified"]},
    )

    assert answer.status == 200


def test_a_new_wave_changes_feed_and_validators() -> None:
    """What was unchanged before the wave is sent again after it, by either validator."""
    newsroom = desk(pace_seconds=3.0)
    outlet = CATALOGUE.outlets["nordpost.example"]
    first = get(newsroom, outlet, 1.0)
    later = get(newsroom, outlet, 20.0, {"if-none-match": first.headers["ETag"]})
    by_date = get(newsroom, outlet, 20.0, {"if-modified-since": first.headers["Last-Modified"]})

    assert [later.status, by_date.status] == [200, 200]
    assert len(parsed(later).entries) > len(parsed(first).entries) > 0


def test_in_the_second_of_a_change_the_feed_has_no_date_to_rely_on() -> None:
    """Last-Modified counts in seconds: two changes within one would look like one."""
    newsroom = desk(pace_seconds=3.0)
    outlet = CATALOGUE.outlets["nordpost.example"]

    assert "Last-Modified" not in get(newsroom, outlet, 15.0).headers
    assert "Last-Modified" in get(newsroom, outlet, 16.5).headers


def test_an_article_that_is_not_out_yet_is_neither_in_the_feed_nor_on_a_page() -> None:
    """Before its wave an article does not exist."""
    newsroom = desk(pace_seconds=3.0)
    last = CATALOGUE.articles["takeover-accepted.courrier"]
    feed = parsed(get(newsroom, CATALOGUE.outlets[last.outlet], 1.0))

    assert get(newsroom, last, 1.0).status == 404
    assert last.headline not in {entry.title for entry in feed.entries}
    assert get(newsroom, last, 20.0).status == 200


def test_the_correction_replaces_the_wrong_number_at_the_same_address() -> None:
    """First 71, later 17 with a note and a newer modification time, in the page and in the feed."""
    newsroom = desk()
    first = get(newsroom, CORRECTED, 5.0).body.decode()
    second = get(newsroom, CORRECTED, 9.0).body.decode()
    title = parsed(get(newsroom, CATALOGUE.outlets[CORRECTED.outlet], 9.0)).entries[0].title

    assert "71 people were injured" in first
    assert "17 people were injured" not in first
    assert "17 people were injured" in second
    assert "Correction: An earlier version" in second
    assert 'modified_time" content="2026-05-01T12:30:24+00:00"' in second
    assert title == "Engineer dies in Albatros ferry fire, 17 hurt"


def test_reading_the_feed_alone_does_not_start_the_correction() -> None:
    """The wrong number stays until somebody has seen it on the page."""
    newsroom = desk()
    get(newsroom, CATALOGUE.outlets[CORRECTED.outlet], 5.0)

    assert b"71 people" in get(newsroom, CORRECTED, 60.0).body


def test_the_short_lived_page_leaves_the_feed_and_is_not_found_any_more() -> None:
    """Eight seconds after its first reader it is gone from both."""
    newsroom = desk()
    outlet = CATALOGUE.outlets[VANISHING.outlet]
    before = (get(newsroom, VANISHING, 5.0).status, len(parsed(get(newsroom, outlet, 5.0)).entries))
    after = (get(newsroom, VANISHING, 13.0).status, len(parsed(get(newsroom, outlet, 13.5)).entries))

    assert before == (200, after[1] + 1)
    assert after[0] == 404


def test_items_that_are_no_articles_are_in_their_feeds() -> None:
    """A consent wall and a list answer with a page, a dead link with 404; each names the code it should drop with."""
    newsroom = desk()
    status = {one.kind: newsroom.answer(one.outlet, one.path, {}, 5.0).status for one in CATALOGUE.oddities}
    codes = {one.kind: one.dropped_as for one in CATALOGUE.oddities}

    assert status == {"consent_wall": 200, "list_page": 200, "dead_link": 404, "disallowed": 200}
    assert codes == {
        "consent_wall": "consent_wall",
        "list_page": "list_page",
        "dead_link": "gone",
        "disallowed": "robots",
    }


def test_robots_txt_forbids_the_internal_page_and_asks_for_a_delay() -> None:
    """The rules are those that the fetcher has to obey in the demo."""
    newsroom = desk()
    nordpost = newsroom.answer("nordpost.example", "/robots.txt", {}, 5.0).body.decode()
    vestnik = newsroom.answer("vestnik-zaliva.example", "/robots.txt", {}, 5.0).body.decode()
    internal = next(one for one in CATALOGUE.oddities if one.kind == "disallowed")

    assert nordpost.startswith("User-agent: *\n")
    assert "Disallow: /intern/" in nordpost
    assert internal.path.startswith("/intern/")
    assert "Crawl-delay: 1" in vestnik


def test_the_furniture_of_an_outlet_recurs_over_its_pages() -> None:
    """At least four lines of text stand on each of an outlet's pages word for word."""
    for outlet in OUTLETS:
        pages = [get(desk(), article) for article in CATALOGUE.of_outlet(outlet.host)]
        lines = [
            {
                line.strip()
                for line in document_fromstring(page.body.decode(charset_of(page))).itertext()
                if line.strip()
            }
            for page in pages
        ]
        assert len(set.intersection(*lines)) >= 4, outlet.host


def test_structured_data_is_valid_json_where_an_outlet_has_it() -> None:
    """Two outlets state a NewsArticle, one as part of a graph, the rest nothing."""
    found: dict[str, str] = {}
    for outlet in OUTLETS:
        page = get(desk(), CATALOGUE.of_outlet(outlet.host)[0])
        tree = etree.HTML(page.body.decode(charset_of(page)))
        for script in tree.iterfind(".//script[@type='application/ld+json']"):
            stated = json.loads(script.text or "")
            found[outlet.host] = "graph" if "@graph" in stated else stated["@type"]

    assert found == {
        "depesche.example": "NewsArticle",
        "nordpost.example": "NewsArticle",
        "meridian.example": "graph",
    }


def test_the_same_start_gives_the_same_newsroom() -> None:
    """Pages and feeds are reproducible to the byte."""
    assert [get(desk(), article).body for article in ARTICLES] == [
        get(desk(), article).body for article in ARTICLES
    ]


def test_copies_name_the_same_day_whatever_the_start() -> None:
    """Around midnight, too, a verbatim reprint repeats the weekday of its original."""
    for hour in (0, 6, 22, 23):
        edition = desk(started_at=datetime(2026, 5, 1, hour, 59, 59, tzinfo=UTC)).edition
        for article in ARTICLES:
            if article.kind == "verbatim":
                source = CATALOGUE.articles[article.derived_from or ""]
                assert edition.reading(article).paragraphs == edition.reading(source).paragraphs


def test_an_unknown_host_is_told_which_there_are() -> None:
    """A wrong Host header gives a text that helps, not an empty page."""
    answer = desk().answer("localhost", "/", {}, 5.0)

    assert answer.status == 404
    assert b"no outlet is called localhost; there are: courrier-estuaire.example" in answer.body


def test_health_answers_on_any_host_with_what_is_out() -> None:
    """A container's health check needs no outlet's name."""
    state = json.loads(desk(pace_seconds=3.0).answer("127.0.0.1", "/health", {}, 5.0).body)

    assert state["status"] == "ok"
    assert 0 < state["released"] < state["items"] == len(CATALOGUE.item_ids())


def test_the_front_page_leads_to_the_feed() -> None:
    """Each outlet's front page names its feed for readers who look for one."""
    for outlet in OUTLETS:
        page = desk().answer(outlet.host, "/", {}, 5.0)
        link = document_fromstring(page.body.decode(outlet.charset)).find(".//link[@rel='alternate']")
        assert link is not None
        assert link.get("href") == outlet.feed.path
