from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from copytaster.errors import Discard
from copytaster.extractor.io.workers import Workers
from tests.unit.extractor.sample_pages import TITLE, page

URL = "https://sennebote.example/1"
MANY = 5_000


def body(markup: str) -> bytes:
    """A page with this body."""
    return f"<html><head><title>Seite</title></head><body>{markup}</body></html>".encode()


def head(markup: str) -> bytes:
    """An ordinary article with this in its head."""
    return page(head=markup).encode()


HOSTILE = {
    "links": body("<a href=x>link text</a> " * MANY),
    "line breaks": body("<p>" + "text<br>" * MANY),
    "table rows": body("<table>" + "<tr><td>cell</td></tr>" * MANY + "</table>"),
    "list items": body("<ul>" + "<li>item</li>" * MANY + "</ul>"),
    "one paragraph a thousand times": body(
        "<article>" + "<p>Ein Absatz mit einigem Text darin, der lang genug ist.</p>" * 1000
    ),
    "nesting": body("<div>" * 20_000 + "text"),
    "nested tables": body("<table><tr><td>" * 2_000 + "text"),
    "nested lists": body("<ul><li>" * 2_000 + "text"),
    "spans": body("<p>" + "<span>wort </span>" * MANY),
    "a paragraph of a megabyte": body("<p>" + "Wort und noch ein Wort. " * 40_000),
    "a word of a megabyte": body("<p>" + "x" * 1_000_000),
    "blanks": body("<p>" + " " * 1_000_000),
    "no-break spaces": body("<p>" + "\u00a0" * 200_000),
    "zero-width spaces": body("<p>" + "\u200b" * 200_000),
    "right-to-left marks": body("<p>" + "\u202e" * 50_000),
    "combining accents": body("<p>a" + "\u0301" * 50_000),
    "astral characters": body("<p>" + "😀" * 100_000),
    "NUL characters": body("<p>Text\x00mit\x00Nullen</p>" * 100),
    "control characters": body("<p>\x01\x02\x1b[31mrot\x1b[0m</p>" * 100),
    "surrogates written as entities": body("<p>&#xD800;&#xDFFF;</p>" * 100),
    "entities": body("<p>" + "&amp;" * 100_000),
    "an entity bomb": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><html><body><p>&b;&b;&b;</p></body></html>',
    "an external entity": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><html><body><p>&a;</p></body></html>',
    "attributes": b"<html><p " + b" ".join(b"a%d=1" % n for n in range(50_000)) + b">x</p></html>",
    "an attribute of a megabyte": body(f'<p data-x="{"x" * 1_000_000}">text</p>'),
    "unclosed scripts": body("<script>" * MANY + "<p>text</p>"),
    "half-open script tags": body("<script " * MANY + "<p>text</p>"),
    "less-than signs": body("<" * 50_000),
    "greater-than signs": body(">" * 50_000),
    "half-open tags": body("<p " * MANY),
    "unclosed comments": body("<!--" * MANY + "text"),
    "comments": body("<!-- x -->" * MANY + "<p>text</p>"),
    "quotes": body("<p>" + '"Quelle: ' * 20_000),
    "credits": body("<p>" + "(dpa) " * 20_000),
    "photo credits": body("<p>" + "Foto: dpa " * 20_000),
    "credit lines": body("<article>" + "<p>Newsletter abonnieren dpa Reuters Quelle: AFP</p>" * 2_000),
    "source addresses": body("<p>" + "Quelle: https://x.example/abc " * 5_000),
    "dots": body("<p>" + ". " * 100_000),
    "capitals": body("<p>" + "A" * 100_000 + " (dpa) - "),
    "headlines": body("<h1>Titel der Seite ist lang genug</h1>" * 3_000 + "<p>text</p>"),
    "captions": body("<article>" + "<figure><figcaption>Am Hafen (Foto: dpa)</figcaption></figure>" * 3_000),
    "authors": body('<a rel="author" href="/author/x">Lena Hofer</a>' * 3_000),
    "times": body('<time datetime="x">x</time>' * 3_000),
    "source labels": body('<p>Quelle: <a href="https://x.example/abc">dpa</a></p>' * 3_000),
    "a title of a megabyte": f"<html><head><title>{'a - b | ' * 100_000}</title></head><body><p>x</p></body></html>".encode(),
    "meta tags": head('<meta property="og:title" content="x">' * 5_000),
    "a keyword list of a megabyte": head(f'<meta name="keywords" content="{"wort, " * 150_000}">'),
    "JSON-LD of four megabytes": head(
        '<script type="application/ld+json">{"a":"' + "x" * 4_000_000 + '"}</script>'
    ),
    "JSON-LD nested": head('<script type="application/ld+json">' + "[" * 100_000 + "</script>"),
    "JSON-LD of many nodes": head(
        '<script type="application/ld+json">[' + '{"@type":"NewsArticle"},' * 5_000 + "{}]</script>"
    ),
    "JSON-LD of wrong types": head(
        '<script type="application/ld+json">{"@type":"NewsArticle","headline":{"a":[1]},"author":[[["x"]]],"datePublished":7,'
        '"image":3,"publisher":"x","keywords":{"k":1},"articleBody":["x"],"isAccessibleForFree":[],"@id":5}</script>'
    ),
    "JSON-LD that refers to itself": head(
        '<script type="application/ld+json">{"@graph":[{"@id":"a","@type":"Article","author":{"@id":"a"}}]}</script>'
    ),
    "dates of other centuries": head(
        '<meta property="article:published_time" content="99999-99-99T99:99:99+99:99">'
    ),
    "a zone out of range": head(
        '<meta property="article:published_time" content="2025-05-05T08:00:00+99:99">'
    ),
    "a canonical link of garbage": head(
        '<link rel="canonical" href="http://[::1"><link rel="canonical" href="javascript:x">'
    ),
    "a base of garbage": head('<base href="http://[">'),
    "a page in UTF-7": "<html><body><p>+ADw-script+AD4-</p></body></html>".encode("utf-7"),
    "half a UTF-16 page": "<html><body><p>Text</p>".encode("utf-16")[:-1],
    "truncated in a tag": page().encode()[:700],
    "truncated in a letter": page().encode("utf-8")[: page().encode().index("ü".encode()) + 1],
    "feed in a page": body("<rss><channel><item><title>x</title></item></channel></rss>"),
    "PDF with markup": b"%PDF-1.7 <html><body><p>x</p></body></html>",
    "gzip in gzip": b"\x1f\x8b\x08\x00" + b"\x00" * 100,
    "a frameset": b"<html><frameset><frame src=x></frameset></html>",
    "only a doctype": b"<!DOCTYPE html>",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workers() -> AsyncIterator[Workers]:
    """One worker for all pages, so that what one leaves behind would show in the next."""
    pool = Workers(1, timeout_seconds=30, memory_mib=1024)
    yield pool
    await pool.close()


async def outcome_of(workers: Workers, hostile: bytes) -> str:
    """The code for which a page is left out, or its text."""
    try:
        return (await workers.extract(hostile, url=URL, content_type="text/html")).text
    except Discard as reason:
        return reason.code


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_page_is_extracted_or_left_out(workers: Workers, hostile: bytes) -> None:
    """It costs neither the worker nor the next page, and no bug of ours shows."""
    outcome = await outcome_of(workers, hostile)

    assert outcome not in {"extraction_timeout", "extraction_crashed"}
    assert "root:" not in outcome
    assert (await workers.extract(page().encode(), url=URL, content_type=None)).title == TITLE


LIMIT_SECONDS = 1.0


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_with_a_limit_of_a_second_each_is_answered_and_the_next_page_is_read() -> None:
    """A page may lose its time, never the pool: killed workers are replaced, and an ordinary page is a story as before."""
    pool = Workers(2, timeout_seconds=LIMIT_SECONDS, memory_mib=1024)
    patient = Workers(1, timeout_seconds=60, memory_mib=1024)
    try:
        outcomes = await asyncio.gather(*(outcome_of(pool, hostile) for hostile in HOSTILE.values()))
        assert "extraction_crashed" not in outcomes
        assert (await patient.extract(page().encode(), url=URL, content_type=None)).title == TITLE
    finally:
        await pool.close()
        await patient.close()
