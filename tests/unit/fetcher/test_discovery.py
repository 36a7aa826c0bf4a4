"""Finding the feeds of a page."""

from __future__ import annotations

import pytest

from copytaster.fetcher.discovery import HEAD_CHARS, MAX_LINKS, FeedLink, different, feed_links, usual_links
from copytaster.fetcher.document import FeedDocument, FeedItem

SITE = "https://bote.example/start/"
LINK = '<link rel="alternate" type="application/rss+xml" href="{}">'

PAGES: dict[str, tuple[str, list[str]]] = {
    "declared": (LINK.format("/feed.xml"), ["https://bote.example/feed.xml"]),
    "relative to the page": (LINK.format("feed.xml"), ["https://bote.example/start/feed.xml"]),
    "relative to a base": ('<base href="/de/">' + LINK.format("f"), ["https://bote.example/de/f"]),
    "several words and letters": (
        '<LINK REL="Alternate home" TYPE="Application/ATOM+xml; x=1" HREF=/a>',
        ["https://bote.example/a"],
    ),
    "twice": (LINK.format("/f") + LINK.format("/f#x"), ["https://bote.example/f"]),
    "as rel=feed": ('<link rel="feed" href="/f">', ["https://bote.example/f"]),
    "another language of the page": ('<link rel="alternate" hreflang="en" href="/en">', []),
    "a style sheet": ('<link rel="stylesheet" type="text/xml" href="/x">', []),
    "the interface of a content system": (
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">',
        [],
    ),
    "an empty address": (LINK.format(""), []),
    "no web address": (LINK.format("javascript:alert(1)"), []),
    "linked in the text": (
        '<a href="/news/rss">RSS</a><a href="/rss-hilfe">?</a>',
        ["https://bote.example/news/rss"],
    ),
    "declared and linked": (LINK.format("/f") + '<a href="/feed">', ["https://bote.example/f"]),
    "in a comment": (f"<!-- {LINK.format('/f')} -->", []),
    "in a script": (f"<script>document.write('{LINK.format('/f')}')</script>", []),
}


@pytest.mark.parametrize(("page", "found"), PAGES.values(), ids=PAGES)
def test_a_page_gives_the_addresses_of_its_feeds(page: str, found: list[str]) -> None:
    """Declared ones, or else those it links to, each once."""
    assert [link.url for link in feed_links(page.encode(), url=SITE)] == found


def test_a_page_of_another_charset_keeps_its_titles() -> None:
    """The header names it, or the page."""
    page = (
        '<meta charset="windows-1251"><link rel=alternate type="application/rss+xml" href=/f title="Новости">'
    )

    for content_type in (None, "text/html; charset=windows-1251", "text/html; charset=none-such"):
        links = feed_links(page.encode("windows-1251"), url=SITE, content_type=content_type)
        assert len(links) == 1
        assert links[0].title == "Новости" or content_type == "text/html; charset=none-such"


def test_a_page_with_hundreds_of_feeds_gives_a_few_and_a_long_one_is_read_at_its_top() -> None:
    """A server is not asked for hundreds of addresses."""
    many = "".join(LINK.format(f"/{n}") for n in range(300))
    late = " " * HEAD_CHARS + LINK.format("/f")

    assert len(feed_links(many.encode(), url=SITE)) == MAX_LINKS
    assert feed_links(late.encode(), url=SITE) == []


def test_comments_are_told_by_title_or_address() -> None:
    """In the languages of the content systems."""
    assert FeedLink("https://b.example/comments/feed/").is_of_comments
    assert FeedLink("https://b.example/f", "Bote » Kommentar-Feed").is_of_comments
    assert not FeedLink("https://b.example/f", "Bote").is_of_comments


def test_two_formats_of_one_list_count_once() -> None:
    """The first stays."""
    one = FeedDocument("rss", items=(FeedItem(url="https://b.example/1"),))
    same = FeedDocument("atom", items=(FeedItem(url="https://b.example/1", guid="x"),))
    other = FeedDocument("rss", items=(FeedItem(url="https://b.example/2"),))

    kept = different([("a", one), ("b", same), ("c", other)])

    assert [url for url, _ in kept] == ["a", "c"]


def test_the_usual_places_lie_on_the_site_itself() -> None:
    """Not below the page."""
    assert "https://bote.example/feed" in [link.url for link in usual_links(SITE)]
