"""feedparser as it is set up: the same values as without it, in less time."""

from __future__ import annotations

import xml.sax
from typing import Any

import feedparser.api
import feedparser.html
import feedparser.mixin

from copytaster.fetcher.feedparsing import run_feedparser
from copytaster.fetcher.parsing import parse_feed
from copytaster.fetcher.saxdriver import BufferingParser, create_parser


class Pieces(xml.sax.ContentHandler):
    """Notes every call for text."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def characters(self, content: str) -> None:
        """One call."""
        self.pieces.append(content)


def test_text_comes_in_one_piece_over_lines_and_entities() -> None:
    """Python's own driver calls once for each."""
    handler = Pieces()
    parser = create_parser()
    parser.setContentHandler(handler)
    parser.feed("<a>eins\nzwei &amp; drei\nvier</a>")
    parser.close()

    assert handler.pieces == ["eins\nzwei & drei\nvier"]


def test_feedparser_makes_its_parsers_by_our_driver() -> None:
    """It would silently take Python's own where ours could not be imported."""
    parser = xml.sax.make_parser(feedparser.api.PREFERRED_XML_PARSERS)  # noqa: S317 - parses nothing

    assert isinstance(parser, BufferingParser)


def test_the_table_of_characters_says_what_feedparsers_own_says() -> None:
    """For every character of the basic plane, and above it nothing is changed either."""
    own: dict[int, Any] = feedparser.html._cp1252
    plane = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x10000), 0x1F600)))

    assert plane.translate(feedparser.mixin._cp1252) == plane.translate(own)


def test_a_control_character_does_not_cost_the_strict_reading() -> None:
    """Nor does white space before the declaration: the loose reader would turn the reference into text."""
    body = b"\n <?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><item><title>a\x02b</title></item></channel></rss>"

    (item,) = parse_feed(body).items

    assert item.title == "ab"
    assert run_feedparser(body, None)["bozo"]  # type: ignore[index]


def test_an_encoding_whose_bytes_below_32_mean_something_else_is_left_alone() -> None:
    """ISO-2022-JP switches its alphabet by an escape character."""
    head = "<?xml version='1.0' encoding='iso-2022-jp'?>"
    body = f"{head}<rss version='2.0'><channel><item><title>東京</title></item></channel></rss>".encode(
        "iso-2022-jp"
    )

    (item,) = parse_feed(body).items

    assert item.title == "東京"
