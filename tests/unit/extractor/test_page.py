from __future__ import annotations

import json

import pytest

from copytaster.errors import Discard
from copytaster.extractor.jsonld import article_node, resolve, string, strings
from copytaster.extractor.page import parse_page, stated_url, text_of
from tests.unit.extractor.sample_pages import jsonld, page

URL = "https://sennebote.example/1"


def test_scripts_are_cut_and_json_ld_is_kept() -> None:
    """Only data survives the cut."""
    source = page(head="<script>var a = '<p>no</p>';</script><style>p{}</style>" + jsonld(headline="Ja"))
    parsed = parse_page(source, url=URL)

    assert "var a" not in parsed.source
    assert parsed.jsonld[0]["headline"] == "Ja"


def test_an_unclosed_script_swallows_the_rest_as_in_a_browser() -> None:
    """What stands behind it is script."""
    parsed = parse_page("<html><body><p>vorher</p><script>var a; <p>danach</p></body></html>", url=URL)

    assert "danach" not in text_of(parsed.tree)


def test_the_text_of_noscript_is_kept_aside() -> None:
    """It tells a page that needs a script."""
    parsed = parse_page(
        "<html><body><noscript>Please enable JavaScript</noscript><div>a</div></body></html>", url=URL
    )

    assert "enable JavaScript" in parsed.noscript
    assert "JavaScript" not in text_of(parsed.tree)


def test_the_first_meta_value_counts() -> None:
    """Later tags of plugins do not replace the page's own."""
    source = page(
        head='<meta property="og:type" content="article"><meta property="og:type" content="website">'
    )

    assert parse_page(source, url=URL).meta["og:type"] == "article"


BLOCKS = {
    "a graph": {"@graph": [{"@type": "WebPage"}, {"@type": "NewsArticle", "headline": "A"}]},
    "a list": [{"@type": "Organization"}, {"@type": "NewsArticle", "headline": "A"}],
    "a main entity": {"@type": "WebPage", "mainEntity": {"@type": "NewsArticle", "headline": "A"}},
    "several types": {"@type": ["Thing", "ReportageNewsArticle"], "headline": "A"},
    "a type with its address": {"@type": "http://schema.org/NewsArticle", "headline": "A"},
    "a web page beside an article": [
        {"@type": "WebPage", "headline": "W"},
        {"@type": "Article", "headline": "A"},
    ],
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())
def test_the_article_is_found_in_any_nesting(block: object) -> None:
    """Graphs, lists and entities are flattened and ranked by type."""
    source = page(head=f'<script type="application/ld+json">{json.dumps(block)}</script>')

    assert article_node(parse_page(source, url=URL).jsonld)["headline"] == "A"


BROKEN = {
    "a trailing comma": '{"@type": "NewsArticle", "headline": "A",}',
    "escaped entities": "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;A&quot;}",
    "a CDATA wrapper": '//<![CDATA[\n{"@type": "NewsArticle", "headline": "A"}\n//]]>',
    "a line feed in a string": '{"@type": "NewsArticle", "headline": "A", "description": "x\ny"}',
    "a semicolon behind it": '{"@type": "NewsArticle", "headline": "A"};',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_usual_slips_in_json_ld_are_read(text: str) -> None:
    """Content systems make the same few mistakes."""
    source = page(head=f'<script type="application/ld+json">{text}</script>')

    assert article_node(parse_page(source, url=URL).jsonld)["headline"] == "A"


def test_hopeless_json_ld_is_no_error() -> None:
    """A page without readable data is a page without data."""
    source = page(
        head='<script type="application/ld+json">{"a": </script>'
        + f'<script type="application/ld+json">{"[" * 5000}</script>'
    )

    assert parse_page(source, url=URL).jsonld == ()


def test_references_lead_to_their_nodes() -> None:
    """An author given by @id is the node with that id."""
    nodes = (
        {"@id": "#lena", "@type": "Person", "name": "Lena Hofer"},
        {"@type": "NewsArticle", "author": {"@id": "#lena"}},
    )

    assert [string(author) for author in resolve(nodes[1]["author"], nodes)] == ["Lena Hofer"]


def test_values_are_read_from_strings_lists_and_objects() -> None:
    """JSON-LD writes one thing in many ways."""
    assert strings(["a", {"name": "b"}, {"@value": "c"}, 4]) == ["a", "b", "c"]


def test_nothing_is_not_a_page() -> None:
    """What gives no tree is left out."""
    with pytest.raises(Discard) as caught:
        parse_page("<!-- only a comment -->", url=URL)
    assert caught.value.code == "not_html"


def test_a_page_states_its_own_address() -> None:
    """For a caller that has only the file."""
    body = b'<html><head><link rel="canonical" href="https://sennebote.example/a?x=1&amp;y=2"></head></html>'

    assert stated_url(body) == "https://sennebote.example/a?x=1&y=2"
    assert stated_url(b"<html></html>") is None
