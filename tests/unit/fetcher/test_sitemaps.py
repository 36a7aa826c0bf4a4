"""Reading news sitemaps and indexes of sitemaps."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from copytaster.fetcher.document import FeedDocument, UnreadableFeed
from copytaster.fetcher.documentjson import document_from_lines, document_to_lines
from copytaster.fetcher.outcomes import Failure
from copytaster.fetcher.packed import MAX_BYTES
from copytaster.fetcher.parsing import parse_feed
from copytaster.fetcher.sitemaps import MAX_CHILDREN

URL = "https://kuestenbote.example/sitemap-news.xml"
NEWS = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
        xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url>
    <loc> https://kuestenbote.example/faehre?id=7 </loc><lastmod>2021-11-22T15:00:00Z</lastmod>
    <image:image><image:loc>https://kuestenbote.example/bild.jpg</image:loc><image:title>Ein Bild</image:title></image:image>
    <news:news>
      <news:publication><news:name>Küstenbote</news:name><news:language>de</news:language></news:publication>
      <news:publication_date>2021-11-22T14:05:06+01:00</news:publication_date>
      <news:title>Fähre &amp; Hafen</news:title>
      <news:keywords>Hafen, Verkehr</news:keywords>
    </news:news>
  </url>
  <url><loc>https://kuestenbote.example/impressum</loc></url>
</urlset>"""


def index(*entries: tuple[str, str]) -> bytes:
    """An index of sitemaps of (path, time of change)."""
    rows = "".join(
        f"<sitemap><loc>https://kuestenbote.example/{path}</loc>"
        + (f"<lastmod>{changed}</lastmod>" if changed else "")
        + "</sitemap>"
        for path, changed in entries
    )
    return f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</sitemapindex>".encode()


def failure(body: bytes) -> UnreadableFeed:
    """Why the body is refused."""
    with pytest.raises(UnreadableFeed) as caught:
        parse_feed(body, url=URL)
    return caught.value


def read(body: bytes | str) -> FeedDocument:
    """The document in `body`."""
    return parse_feed(body.encode() if isinstance(body, str) else body, url=URL)


def test_an_entry_of_a_news_sitemap_is_an_item_with_its_headline_and_both_times() -> None:
    """The headline is the news', not the image's; pages that are no news are left out."""
    document = read(NEWS)
    (item,) = document.items

    assert (document.kind, document.title, document.language) == ("sitemap", "Küstenbote", "de")
    assert (item.url, item.title) == ("https://kuestenbote.example/faehre?id=7", "Fähre & Hafen")
    assert item.published is not None
    assert item.published.at == datetime(2021, 11, 22, 13, 5, 6, tzinfo=UTC)
    assert item.updated is not None
    assert item.updated.at == datetime(2021, 11, 22, 15, 0, tzinfo=UTC)
    assert item.categories == ("Hafen", "Verkehr")


def test_a_gzip_file_is_read_like_the_text_in_it() -> None:
    """`sitemap.xml.gz` is served as a file, without a Content-Encoding."""
    assert read(gzip.compress(NEWS.encode())) == read(NEWS)


def test_a_bomb_of_a_gzip_file_is_too_large_and_a_broken_one_no_feed() -> None:
    """It is inflated up to the limit and no further."""
    assert failure(gzip.compress(bytes(MAX_BYTES * 4))).failure is Failure.TOO_LARGE
    assert failure(b"\x1f\x8bno gzip").failure is Failure.NOT_A_FEED


def test_a_prefix_that_is_not_declared_is_understood_all_the_same() -> None:
    """Real sitemaps forget the declaration of `news`."""
    bare = NEWS.replace('xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"', "")

    assert read(bare).items == read(NEWS).items


def test_a_sitemap_that_breaks_off_gives_what_it_has() -> None:
    """The connection may have broken after any entry."""
    cut = NEWS[: NEWS.index("<url><loc>https://kuestenbote.example/impressum")]

    assert len(read(cut).items) == 1


@pytest.mark.parametrize(
    "body",
    [
        "<urlset><url><loc>https://kuestenbote.example/a</loc></url></urlset>",
        "<urlset></urlset>",
        '<!DOCTYPE urlset [<!ENTITY a "b">]>' + NEWS.partition("?>")[2],
    ],
    ids=["pages of a site", "nothing", "entities"],
)
def test_what_lists_no_news_is_no_feed(body: str) -> None:
    """A sitemap of a whole site would bring in every page it ever had."""
    assert failure(body.encode()).failure is Failure.NOT_A_FEED


def test_an_index_names_the_news_sitemaps_that_changed_last() -> None:
    """Where some say that they are of news, the others are left alone."""
    days = [(f"news-2021-11-{day:02}.xml", f"2021-11-{day:02}") for day in range(10, 20)]
    document = read(index(("pages.xml", "2021-12-01"), *days))

    assert (document.kind, document.items) == ("sitemap-index", ())
    assert len(document.children) == MAX_CHILDREN
    assert document.children[0] == "https://kuestenbote.example/news-2021-11-19.xml"


def test_an_index_without_times_keeps_its_order() -> None:
    """There is no better hint."""
    children = read(index(("a.xml", ""), ("b.xml", ""))).children

    assert children == ("https://kuestenbote.example/a.xml", "https://kuestenbote.example/b.xml")


def test_an_index_comes_unchanged_through_the_process_that_reads() -> None:
    """Documents travel as JSON."""
    document = read(index(("a.xml", "")))

    assert document_from_lines(document_to_lines(document)) == document
