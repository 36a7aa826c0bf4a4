"""Reading RSS, RDF, Atom and JSON Feed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from copytaster.fetcher.document import FeedDocument, UnreadableFeed
from copytaster.fetcher.outcomes import Failure
from copytaster.fetcher.parsing import parse_feed

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel>
    <title>Der Küstenbote</title><link>https://bote.example/</link><language>de</language>
    <item>
      <title>Fähre &amp;amp; Hafen: &lt;i&gt;neu&lt;/i&gt;</title>
      <link>/2021/faehre.html?id=7</link>
      <guid isPermaLink="false">bote-7</guid>
      <pubDate>Mo, 22 Nov 2021 14:05:06 CET</pubDate>
      <description>Kurz gesagt.</description>
      <content:encoded><![CDATA[<p>Lang <a href="/x">gesagt</a>.</p>]]></content:encoded>
      <dc:creator>Ada Lindqvist</dc:creator>
      <category>Hafen</category><category>Verkehr</category>
    </item>
  </channel>
</rss>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ru">
  <title>Вестник</title><link href="https://vestnik.example/"/>
  <author><name>Редакция</name></author>
  <entry>
    <id>tag:vestnik.example,2021:1</id>
    <title type="html">Мост &lt;b&gt;открыт&lt;/b&gt;</title>
    <link rel="self" href="https://vestnik.example/1.atom"/>
    <link rel="alternate" type="text/html" href="https://vestnik.example/1"/>
    <updated>2021-11-22T14:05:06+03:00</updated>
    <content type="html">&lt;p&gt;Сегодня.&lt;/p&gt;</content>
  </entry>
</feed>"""

RDF = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
         xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel rdf:about="https://herold.example/"><title>Herold</title><link>https://herold.example/</link></channel>
  <item rdf:about="https://herold.example/a">
    <title>Ein Titel</title><link>https://herold.example/a</link><dc:date>2021-11-22</dc:date>
  </item>
</rdf:RDF>"""


def read(text: str | bytes, **options: Any) -> FeedDocument:
    """The document in `text`."""
    return parse_feed(text.encode() if isinstance(text, str) else text, **options)


def test_an_rss_item_keeps_all_that_the_feed_says() -> None:
    """Plain text in the title, HTML in summary and content, an absolute link, the time in the zone that it names."""
    document = read(RSS, url="https://feeds.example/bote.xml")
    item = document.items[0]

    assert (document.kind, document.title, document.link, document.language) == (
        "rss",
        "Der Küstenbote",
        "https://bote.example/",
        "de",
    )
    assert item.guid == "bote-7"
    assert item.url == "https://bote.example/2021/faehre.html?id=7"
    assert item.title == "Fähre & Hafen: neu"
    assert item.published is not None
    assert item.published.iso == "2021-11-22T13:05:06Z"
    assert item.updated is None
    assert item.summary == "Kurz gesagt."
    assert item.content == '<p>Lang <a href="/x">gesagt</a>.</p>'
    assert item.authors == ("Ada Lindqvist",)
    assert item.categories == ("Hafen", "Verkehr")


def test_an_atom_entry_takes_the_alternate_link_and_the_author_of_its_feed() -> None:
    """An entry without an author is the feed's (RFC 4287, 4.2.1); without `published` the update dates it."""
    document = read(ATOM)
    item = document.items[0]

    assert (document.kind, document.title, document.language) == ("atom", "Вестник", "ru")
    assert item.url == "https://vestnik.example/1"
    assert item.title == "Мост открыт"
    assert item.authors == ("Редакция",)
    assert item.published == item.updated
    assert item.updated is not None
    assert item.updated.iso == "2021-11-22T11:05:06Z"
    assert (item.content, item.summary) == ("<p>Сегодня.</p>", None)


def test_an_rdf_item_with_a_bare_date_says_that_it_has_no_time() -> None:
    """RSS 1.0 dates by Dublin Core."""
    document = read(RDF)

    assert document.kind == "rdf"
    assert document.items[0].published is not None
    assert document.items[0].published.has_time is False


def test_a_json_feed_is_read_with_what_generators_get_wrong() -> None:
    """A number as id, authors as an object, an item that is no object."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Zeitung",
        "home_page_url": "/start",
        "items": [
            "not an item",
            {"id": 12, "url": "artikel", "title": "A", "content_html": "<p>a</p>", "authors": {"name": "B"}},
            {"id": "y", "external_url": "https://else.example/", "date_modified": "2021-11-22T14:05:06Z"},
        ],
    }

    document = read(json.dumps(feed), url="https://zeitung.example/feed.json")

    assert (document.kind, document.link) == ("json", "https://zeitung.example/start")
    assert [item.guid for item in document.items] == ["12", "y"]
    assert document.items[0].url == "https://zeitung.example/artikel"
    assert document.items[0].authors == ("B",)
    assert document.items[1].published is not None


NOT_FEEDS: dict[str, tuple[bytes, Failure]] = {
    "empty": (b"", Failure.EMPTY_BODY),
    "blank": (b" \r\n\t", Failure.EMPTY_BODY),
    "an HTML page": (b"<!DOCTYPE html><html><head><title>x</title></head></html>", Failure.NOT_A_FEED),
    "an HTML page after a comment": (b"<!-- x --><HTML><body>rss</body></HTML>", Failure.NOT_A_FEED),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(32)) * 10, Failure.NOT_A_FEED),
    "zeros": (b"\x00" * 5000, Failure.NOT_A_FEED),
    "JSON of something else": (b'{"error": "no such feed"}', Failure.NOT_A_FEED),
    "broken JSON": (b'{"items": [', Failure.NOT_A_FEED),
    "deep JSON": (b"[" * 100_000, Failure.NOT_A_FEED),
    "a JSON list": (b"[1, 2]", Failure.NOT_A_FEED),
    "text": (b"Service unavailable", Failure.NOT_A_FEED),
    "XML of something else": (b'<?xml version="1.0"?><svg><path d="M0 0"/></svg>', Failure.NOT_A_FEED),
    "a byte order mark alone": (b"\xff\xfe", Failure.NOT_A_FEED),
}


@pytest.mark.parametrize(("body", "failure"), NOT_FEEDS.values(), ids=NOT_FEEDS)
def test_what_is_no_feed_is_told_by_its_code(body: bytes, failure: Failure) -> None:
    """Never a traceback, and never a feed without items."""
    with pytest.raises(UnreadableFeed) as caught:
        parse_feed(body)

    assert caught.value.failure is failure
    assert caught.value.detail


def test_a_feed_without_items_is_a_feed() -> None:
    """A new or quiet feed is no failure."""
    document = read('<rss version="2.0"><channel><title>Still</title></channel></rss>')

    assert (document.title, document.items) == ("Still", ())


TOLERATED: dict[str, bytes] = {
    "an undeclared entity": RSS.replace("Kurz gesagt.", "Kurz&nbsp;gesagt.").encode(),
    "a bare ampersand": RSS.replace("Kurz gesagt.", "Kurz & gesagt.").encode(),
    "text before the declaration": b"\n<br />Warning: x\n" + RSS.encode(),
    "a control character": RSS.replace("Kurz", "K\x0burz").encode(),
    "an end that is missing": RSS.replace("</channel>\n</rss>", "").encode(),
    "a prefix on RSS's own elements": RSS.replace("<item>", "<rss:item>")
    .replace("</item>", "</rss:item>")
    .encode(),
}


@pytest.mark.parametrize("body", TOLERATED.values(), ids=TOLERATED)
def test_a_document_that_is_not_well_formed_gives_its_items_all_the_same(body: bytes) -> None:
    """`bozo` alone rejects nothing."""
    document = parse_feed(body)

    assert [item.guid for item in document.items] == ["bote-7"]


CHARSETS: dict[str, tuple[bytes, str | None]] = {
    "declared in the document": (
        RSS.replace("utf-8", "windows-1252").encode("windows-1252"),
        "application/rss+xml",
    ),
    "declared in the header only": (
        RSS.replace(' encoding="utf-8"', "").encode("iso-8859-15"),
        "text/xml; charset=ISO-8859-15",
    ),
    "the header is wrong": (RSS.encode(), "application/rss+xml; charset=ascii"),
    "the header names no charset that exists": (RSS.encode(), "application/rss+xml; charset=klingon"),
    "the document is wrong": (RSS.replace("utf-8", "us-ascii").encode(), None),
    "sixteen bits with a mark": (RSS.replace("utf-8", "utf-16").encode("utf-16"), None),
}


@pytest.mark.parametrize(("body", "content_type"), CHARSETS.values(), ids=CHARSETS)
def test_a_wrong_or_missing_charset_does_not_spoil_the_text(body: bytes, content_type: str | None) -> None:
    """Header, declaration and the bytes themselves are weighed against each other."""
    document = parse_feed(body, content_type=content_type)

    assert document.title == "Der Küstenbote"
    assert document.items[0].title == "Fähre & Hafen: neu"


def test_an_address_that_is_no_web_address_is_none() -> None:
    """`mailto:` and `urn:` cannot be fetched."""
    document = read(RSS.replace("/2021/faehre.html?id=7", "mailto:bote@bote.example"))

    assert document.items[0].url is None


def test_the_outlets_own_address_is_taken_where_a_click_counter_hides_it() -> None:
    """FeedBurner keeps the original beside its own."""
    text = RSS.replace(
        "<guid", "<feedburner:origLink>https://bote.example/o</feedburner:origLink><guid"
    ).replace("xmlns:dc=", 'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:dc=')

    assert read(text).items[0].url == "https://bote.example/o"


def test_half_a_character_does_not_reach_the_events() -> None:
    """A lone surrogate written as a character reference could not be encoded later."""
    document = read(RSS.replace("Kurz gesagt.", "Kurz &#55357; gesagt."))

    assert document.items[0].summary is not None
    document.items[0].summary.encode("utf-8")


class Opened:
    """Counts the files and sockets that the interpreter opens while it is watched."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.watching = False
        sys.addaudithook(self._note)

    def _note(self, event: str, args: tuple[Any, ...]) -> None:
        if self.watching and event in {"open", "socket.connect", "socket.getaddrinfo", "urllib.Request"}:
            self.events.append(f"{event} {args[0]!r}")


@pytest.fixture(scope="module")
def opened() -> Opened:
    """One watcher for the module: an audit hook cannot be taken away again."""
    return Opened()


def test_a_body_that_reads_like_an_address_or_a_path_opens_nothing(opened: Opened, tmp_path: Path) -> None:
    """Handed over as text or bytes, such a body would make feedparser read the file or ask the address."""
    real = tmp_path / "feed.xml"
    real.write_text(RSS)
    parse_feed(RSS.encode())  # what the parser itself opens at its first use is open by now
    bodies = [
        str(real).encode(),
        f"file://{real}".encode(),
        b"http://127.0.0.1:9/feed.xml",
        b"https://169.254.169.254/latest/meta-data/",
        b"feed:http://127.0.0.1:9/feed.xml",
        b"/etc/passwd",
        b"ftp://127.0.0.1/x",
    ]

    for body in bodies:
        opened.watching = True
        try:
            with pytest.raises(UnreadableFeed):
                parse_feed(body)
        finally:
            opened.watching = False

    assert opened.events == []


def test_an_external_entity_is_not_fetched(opened: Opened, tmp_path: Path) -> None:
    """Neither a file nor an address named in a document type reaches the text."""
    secret = tmp_path / "secret"
    secret.write_text("hidden words")
    text = RSS.replace(
        "<rss",
        f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY y SYSTEM "http://127.0.0.1:9/">]><rss',
    ).replace("Kurz gesagt.", "Kurz &x; &y; gesagt.")

    opened.watching = True
    try:
        document = parse_feed(text.encode())
    finally:
        opened.watching = False

    assert opened.events == []
    assert "hidden" not in str(document)


ADDRESSES: dict[str, tuple[str, str | None]] = {
    "an Atom link whose prefix is not declared": (
        '<atom:link href="https://bote.example/a"/>',
        "https://bote.example/a",
    ),
    "a guid that is the address": ("<guid>https://bote.example/a</guid>", "https://bote.example/a"),
    "a guid that says it is none": ('<guid isPermaLink="false">https://bote.example/a</guid>', None),
    "a sound file": ('<enclosure url="https://bote.example/a.mp3" type="audio/mpeg"/>', None),
}


@pytest.mark.parametrize(("element", "url"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_item_without_a_link_has_only_an_address_that_the_feed_gives_it(
    element: str, url: str | None
) -> None:
    """None is made up from the feed's own address."""
    text = f"<rss version='2.0'><channel><link>https://bote.example/</link><item>{element}</item></channel></rss>"

    assert read(text).items[0].url == url


def test_an_rdf_item_without_a_link_has_its_address_in_about() -> None:
    """A relative one names no page."""
    without = RDF.replace("<link>https://herold.example/a</link>", "")

    assert read(without).items[0].url == "https://herold.example/a"
    assert read(without.replace("https://herold.example/a", "#a")).items[0].url is None


def test_a_channel_whose_only_link_has_an_undeclared_prefix_has_that_link() -> None:
    """Real feeds paste the line without the declaration."""
    text = '<rss version="2.0"><channel><atom:link href="https://bote.example/" rel="alternate"/></channel></rss>'

    assert read(text).link == "https://bote.example/"


def test_an_author_is_a_name_without_the_rest_of_an_address() -> None:
    """`Name (mailto:address)` is how RSS 1.0 feeds write it."""
    text = RSS.replace("Ada Lindqvist", "Ada Lindqvist (mailto:ada@bote.example)")

    assert read(text).items[0].authors == ("Ada Lindqvist",)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://a.example/1?ref=bote.example", "https://a.example/1"),
        ("https://a.example/1?id=7&ref=www.bote.example", "https://a.example/1?id=7"),
        ("https://a.example/1?ref=other.example", "https://a.example/1?ref=other.example"),
    ],
)
def test_a_ref_that_names_the_host_of_the_feed_is_taken_off_the_address(link: str, expected: str) -> None:
    """It counts clicks; another `ref` may be the article's own parameter."""
    body = (
        f"<rss version='2.0'><channel><item><link>{link.replace('&', '&amp;')}</link></item></channel></rss>"
    )

    (item,) = read(body, url="https://bote.example/feed.xml").items

    assert item.url == expected


def test_an_endless_guid_or_address_is_none() -> None:
    """It would be carried through every event and digest; the item is told by what else it has."""
    body = f"<rss version='2.0'><channel><item><guid>http://a.example/{'g' * 9_000}</guid><title>T</title></item></channel></rss>"

    (item,) = read(body).items

    assert (item.guid, item.url, item.title) == (None, None, "T")
