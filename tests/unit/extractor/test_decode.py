from __future__ import annotations

import codecs

import pytest

from copytaster.errors import Discard
from copytaster.extractor.decode import MAX_BODY_BYTES, MAX_TAG_ATTRIBUTES, MAX_TAGS, decode

GERMAN = (
    "<html><head><title>Brücke</title></head><body><p>Über die Brücke gehen müßige Gäste.</p></body></html>"
)
RUSSIAN = "<html><body><p>Городской совет закрыл старый мост через реку Сенну.</p></body></html>"
POLISH = "<html><body><p>Rada miasta postanowiła zamknąć stary most, źle się działo.</p></body></html>"
JAPANESE = "<html><body><p>市議会は月曜日、古い橋の閉鎖を決めた。</p></body></html>"

CASES = {
    "UTF-8 without a word": (GERMAN, "utf-8", None, GERMAN),
    "cp1252 named by the header": (GERMAN, "cp1252", "text/html; charset=windows-1252", GERMAN),
    "Latin-1 by name is cp1252 by content": (
        GERMAN + "–",
        "cp1252",
        "text/html; charset=ISO-8859-1",
        GERMAN + "–",
    ),
    "Russian named by the header": (RUSSIAN, "cp1251", "text/html; charset=windows-1251", RUSSIAN),
    "KOI8-R named by the header": (RUSSIAN, "koi8-r", "text/html; charset=koi8-r", RUSSIAN),
    "Polish named by the header": (POLISH, "iso8859-2", 'text/html; charset="ISO-8859-2"', POLISH),
    "Japanese named by the header": (JAPANESE, "shift_jis", "text/html; charset=Shift_JIS", JAPANESE),
    "UTF-8 that the header calls Latin-1": (GERMAN, "utf-8", "text/html; charset=iso-8859-1", GERMAN),
    "a charset that nobody knows": (GERMAN, "utf-8", "text/html; charset=klingon", GERMAN),
    "a codec that is no charset": (GERMAN, "utf-8", "text/html; charset=rot13", GERMAN),
    "UTF-16 with a BOM": (GERMAN, "utf-16", None, GERMAN),
}


@pytest.mark.parametrize(("text", "charset", "content_type", "expected"), CASES.values(), ids=CASES.keys())
def test_text_comes_out_whole(text: str, charset: str, content_type: str | None, expected: str) -> None:
    """Header, content and BOM name the charset, each when it can be true."""
    assert decode(text.encode(charset), content_type).html == expected


def test_a_meta_tag_names_the_charset() -> None:
    """Without a header, the page's own tag is believed."""
    page = RUSSIAN.replace("<body>", '<head><meta charset="windows-1251"></head><body>')
    decoded = decode(page.encode("cp1251"), None)

    assert (decoded.html, decoded.basis) == (page, "meta")


def test_the_bom_wins_over_the_header() -> None:
    """A byte order mark is part of the bytes; a header is configuration."""
    decoded = decode(codecs.BOM_UTF8 + GERMAN.encode(), "text/html; charset=windows-1251")

    assert (decoded.html, decoded.basis) == (GERMAN, "bom")


def test_a_charset_that_nobody_names_is_detected() -> None:
    """Longer legacy text tells its charset."""
    page = RUSSIAN.replace(
        "</p>", " Эксперты нашли трещины в трёх опорах, и жители идут в обход по новой дороге.</p>" * 8
    )

    assert decode(page.encode("cp1251"), None).html == page


def test_one_bad_byte_does_not_spoil_a_page() -> None:
    """A single broken sequence costs one letter, not the page's charset."""
    body = (GERMAN * 20).encode() + b"\xff<p>Ende</p>"

    assert "Brücke" in decode(body, "text/html; charset=utf-8").html


REFUSED = {
    "empty": (b"", None, "empty_body"),
    "blanks": (b" \n\t ", None, "empty_body"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "text/html", "not_html"),
    "a PDF": (b"%PDF-1.7 ...", None, "not_html"),
    "a ZIP": (b"PK\x03\x04....", None, "not_html"),
    "by content type": (b"<html></html>", "image/svg+xml", "not_html"),
    "JSON": (b'{"a": 1}', "application/json", "not_html"),
    "plain words": (b"no markup at all", "text/plain", "not_html"),
    "noise": (bytes(range(256)) * 40, None, "not_html"),
    "a feed": (b'<?xml version="1.0"?><rss version="2.0"><channel></channel></rss>', None, "not_html"),
    "a sitemap": (b'<?xml version="1.0"?><urlset></urlset>', None, "not_html"),
    "too large": (b"<p>" + b"x" * MAX_BODY_BYTES, None, "body_too_large"),
    "too many tags": (b"<html>" + b"<b>" * (MAX_TAGS + 1), None, "too_complex"),
    "a tag with too many attributes": (
        b"<html><p " + b" ".join(b"a%d=1" % n for n in range(MAX_TAG_ATTRIBUTES + 10)) + b">",
        None,
        "too_complex",
    ),
}


@pytest.mark.parametrize(("body", "content_type", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_page_is_left_out_with_its_code(body: bytes, content_type: str | None, code: str) -> None:
    """Nothing, other formats and hostile markup are recognised before any parsing."""
    with pytest.raises(Discard) as caught:
        decode(body, content_type)
    assert caught.value.code == code


def test_long_attributes_are_not_many_attributes() -> None:
    """A page that carries its data in one attribute is fine."""
    page = "<html><div data-state='" + "x y " * 5000 + "'></div></html>"

    assert decode(page.encode(), None).html == page
