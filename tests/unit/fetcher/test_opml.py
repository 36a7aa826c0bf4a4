"""Reading and writing lists of feeds as OPML."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.opml import BrokenOpml, Outline, feed_list, read_opml, salvage_opml, write_opml

ONE = "<opml version='1.1'><body><outline {}/></body></opml>"

OUTLINES: dict[str, tuple[str, str | None, str | None]] = {
    "a usual one": ("type='rss' text='Bote' xmlUrl='https://b.example/f'", "https://b.example/f", "Bote"),
    "a title beside the text": (
        "text='x' title='Bote' xmlUrl='https://b.example/f'",
        "https://b.example/f",
        "Bote",
    ),
    "names in other letters": ("TEXT='Bote' xmlurl='https://b.example/f'", "https://b.example/f", "Bote"),
    "a plain url of a feed": ("type='rss' url='https://b.example/f'", "https://b.example/f", None),
    "a plain url of a link": ("type='link' url='https://b.example/'", None, None),
    "a folder": ("text='Norden'", None, None),
    "an empty address": ("text='Bote' xmlUrl='  '", None, None),
    "a scheme of browsers": ("xmlUrl='feed://b.example/f'", "http://b.example/f", None),
    "a scheme before the scheme": ("xmlUrl='feed:https://b.example/f'", "https://b.example/f", None),
    "references": (
        "text='A &amp; B &#8211; C' xmlUrl='https://b.example/?a=1&amp;b=2'",
        "https://b.example/?a=1&b=2",
        "A & B – C",
    ),
}


@pytest.mark.parametrize(("attributes", "url", "title"), OUTLINES.values(), ids=OUTLINES)
@pytest.mark.parametrize("read", [read_opml, salvage_opml])
def test_an_outline_names_a_feed_or_is_passed_over(
    read: Callable[[bytes], list[Outline]], attributes: str, url: str | None, title: str | None
) -> None:
    """However the address is written, and whichever reader reads it."""
    found = [(outline.url, outline.title) for outline in read(ONE.format(attributes).encode())]

    assert found == ([(url, title)] if url else [])


CHARSETS = ["utf-8", "utf-16", "iso-8859-1", "windows-1252"]


@pytest.mark.parametrize("charset", CHARSETS)
def test_the_declared_charset_is_believed(charset: str) -> None:
    """With and without a byte order mark."""
    text = f"<?xml version='1.0' encoding='{charset}'?>" + ONE.format(
        "text='Küste' xmlUrl='https://b.example/f'"
    )

    assert [outline.title for outline in read_opml(text.encode(charset))] == ["Küste"]


def test_an_entity_is_refused_before_it_can_grow() -> None:
    """Neither a bomb nor a file gets through; salvaged, the reference is text."""
    bomb = "<!DOCTYPE opml [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>" + ONE.format(
        "text='&b;' xmlUrl='https://b.example/f'"
    )
    file = "<!DOCTYPE opml [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>" + ONE.format("text='x'")

    for text in (bomb, file):
        with pytest.raises(BrokenOpml, match="declares the entity"):
            read_opml(text.encode())
    assert [outline.url for outline in salvage_opml(bomb.encode())] == ["https://b.example/f"]


def test_deep_folders_are_read() -> None:
    """No limit of recursion is met."""
    depth = 20_000
    text = "<opml><body>" + "<outline text='f'>" * depth + "<outline xmlUrl='https://b.example/f'/>"

    assert len(read_opml((text + "</outline>" * depth + "</body></opml>").encode())) == 1


def test_a_list_counts_repetitions_and_names_what_is_unusable() -> None:
    """The first of a repeated address wins; a problem names its line."""
    text = (
        "<opml><body>\n<outline text='A' xmlUrl='https://b.example/f'/>\n"
        "<outline text='B' xmlUrl='http://www.b.example/f/'/>\n<outline xmlUrl='javascript:alert(1)'/>\n"
        "<outline xmlUrl='https://c.example/f' copytaster:interval='-3' copytaster:status='paused'/></body></opml>"
    )

    found = feed_list(read_opml(text.encode()), name="x.opml")

    assert [(spec.url, spec.title, spec.interval_seconds) for spec in found.specs] == [
        ("https://b.example/f", "A", None),
        ("https://c.example/f", None, None),
    ]
    assert found.paused == {found.specs[1].feed_id}
    assert found.repeated == 1
    assert len(found.problems) == 1
    assert found.problems[0].startswith("x.opml: line 4: ")


def test_what_is_written_is_read_back_whatever_a_title_holds() -> None:
    """Quotes, angle brackets and characters that XML has no place for."""
    feed = FeedState(
        "f" * 32, 'https://b.example/f?a=1&b="2"', "b.example", title="A \"<b>\" & 'c'\x00\x1b \ud83d é"
    )

    text = write_opml([feed], title="x <y>", now=datetime(2026, 1, 2, tzinfo=UTC))

    (outline,) = read_opml(text.encode())
    assert (outline.url, outline.outlet) == (feed.url, "b.example")
    assert outline.title == "A \"<b>\" & 'c'  é".replace("  ", " ")
    assert "Fri, 02 Jan 2026" in text
