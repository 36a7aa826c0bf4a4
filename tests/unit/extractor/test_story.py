from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.extraction import run
from copytaster.errors import Discard
from copytaster.extractor.story import Extracted, extract_page, flat, to_story
from copytaster.extractor.versions import PUBLISHED, REVISED, UNCHANGED, StoryState, decide, text_hash
from copytaster_schemas.identity import story_urn
from tests.unit.extractor.sample_pages import (
    LEAD,
    PARAGRAPHS,
    REPORT,
    TITLE,
    TRANSLATED,
    content_farm_copy,
    jsonld,
    magazine_copy,
    meta,
    page,
    translated_copy,
)

URL = "https://sennebote.example/region/bruecke.html"
NOW = datetime(2025, 5, 5, 12, tzinfo=UTC)
BODY = "\n".join(PARAGRAPHS)


def read(html: str, *, url: str = URL) -> Extracted:
    """The story on a page."""
    return extract_page(html.encode(), url=url, content_type="text/html; charset=utf-8")


def roles(story: Extracted) -> set[tuple[str | None, str]]:
    """Agencies with their roles."""
    return {(credit.agency, credit.role) for credit in story.credits}


def test_a_plain_page_gives_title_and_body_and_nothing_else() -> None:
    """Menus, headings and footers stay out."""
    story = read(page())

    assert (story.title, story.text, story.lead, story.language) == (TITLE, BODY, None, "de")


LEADS = {
    "by class": page(lead=f'<p class="article-lead">{LEAD}</p>'),
    "by description": page(lead=f"<h2>{LEAD}</h2>", head=f'<meta name="description" content="{LEAD}">'),
    "by a cut description": page(
        lead=f"<div><strong>{LEAD}</strong></div>", head=meta("og:description", LEAD[:70] + "…")
    ),
    "by JSON-LD": page(lead=f"<div>{LEAD}</div>", head=jsonld(headline=TITLE, description=LEAD)),
}


@pytest.mark.parametrize("html", LEADS.values(), ids=LEADS.keys())
def test_the_standfirst_is_the_lead(html: str) -> None:
    """However it is marked, it is a field of its own and not in the body."""
    story = read(html)

    assert (story.lead, story.text) == (LEAD, BODY)


def test_a_description_that_readers_do_not_see_is_no_lead() -> None:
    """Texts for search engines are not the story's."""
    assert read(page(head=f'<meta name="description" content="{LEAD}">')).lead is None


def test_a_description_that_repeats_the_body_is_no_lead() -> None:
    """The first paragraph stays in the body."""
    story = read(page(head=f'<meta name="description" content="{PARAGRAPHS[0][:120]}">'))

    assert (story.lead, story.text) == (None, BODY)


def test_captions_are_a_field_of_their_own() -> None:
    """Figure captions, in either form, are not paragraphs."""
    figure = (
        '<figure><img src="b.jpg"><figcaption>Die Brücke im Mai. Foto: Lena Hofer/dpa</figcaption></figure>'
    )
    story = read(page(body=f"<p>{PARAGRAPHS[0]}</p>{figure}<p>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[2]}</p>"))

    assert story.captions == ("Die Brücke im Mai. Foto: Lena Hofer/dpa",)
    assert "Foto" not in story.text
    assert ("dpa", "photo") in roles(story)


def test_a_caption_that_the_page_repeats_is_told_once() -> None:
    """Picture and gallery carry the same words."""
    figure = '<figure><img src="b.jpg"><figcaption>Die Brücke im Mai. (Foto: dpa)</figcaption></figure>'

    assert len(read(page(before=figure + figure)).captions) == 1


def test_subheadings_and_lists_are_part_of_the_body() -> None:
    """They are the story's, each a line."""
    extra = "<h2>Was nun folgt</h2><ul><li>Der Pendelbus fährt ab Dienstag früh um fünf Uhr.</li><li>Die Umleitung ist ausgeschildert.</li></ul>"
    text = read(
        page(body="".join(f"<p>{p}</p>" for p in PARAGRAPHS[:3]) + extra + f"<p>{PARAGRAPHS[3]}</p>")
    ).text.split("\n")

    assert "Was nun folgt" in text
    assert "Der Pendelbus fährt ab Dienstag früh um fünf Uhr." in text


def test_a_table_beside_the_text_is_left_out() -> None:
    """Tables are data, unless they are the article."""
    table = "<table><tr><th>Jahr</th><th>Kosten</th></tr><tr><td>1931</td><td>2 Millionen</td></tr></table>"

    assert "1931 | " not in read(page(body="".join(f"<p>{p}</p>" for p in PARAGRAPHS) + table)).text


def test_comments_are_not_the_story() -> None:
    """Readers' words are not the outlet's."""
    comments = '<section id="comments" class="comments"><h3>Kommentare</h3><p>Das war doch seit Jahren klar, sage ich als alter Auenbrücker!</p></section>'

    assert "Auenbrücker" not in read(page(after=comments)).text


def test_a_repeated_paragraph_on_the_next_page_is_kept() -> None:
    """No memory of former pages empties a later one."""
    assert [read(page()).text for _ in range(5)] == [BODY] * 5


def test_the_quick_look_is_checked_against_the_page() -> None:
    """A page whose body hides in a grid called sidebar is still read whole."""
    inner = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    html = page(body="").replace(
        '<div class="article-body"></div>',
        f'<div class="sidebar-grid"><div class="sidebar-grid__content">{inner}</div></div>',
    )

    assert read(html).text == BODY


@pytest.mark.parametrize("twice", [False, True])
def test_a_body_that_only_a_script_would_show_is_read(twice: bool) -> None:
    """Applications ship the article as a string in their data, escaped once or twice."""
    markup = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    markup += '<div class="caption"><p>Die Brücke im Mai, aufgenommen von der Uferstraße am späten Nachmittag des Sonntags. dpa</p></div>'
    state = json.dumps({"article": {"contentHtml": markup}}).replace("<", "\\u003c").replace(">", "\\u003e")
    script = f"<script>self.push({json.dumps(state) if twice else state})</script>"
    html = page(body="", head=meta("og:type", "article")).replace(
        "</body>", f"<div id='root'></div>{script}</body>"
    )

    assert read(html).text == BODY


# templates


@pytest.mark.parametrize("picture", ["figure", "table"])
@pytest.mark.parametrize("lang", ["vi", "de", "en"])
def test_a_translated_copy_is_clean(picture: str, lang: str) -> None:
    """All of its body, none of its portal, every credit with its role, the language of the text."""
    story = read(
        translated_copy(picture=picture, lang=lang), url="https://portal.example/de/fangquote-nordmeer"
    )

    assert story.text.split("\n") == [*TRANSLATED, "Minh Hoa (Quelle: Sputnik)"]
    assert story.captions == ("Fischkutter im Hafen von Kjellvik. (Foto: Sputnik)",)
    assert story.language == "de"
    assert story.authors == ("Minh Hoa",)
    assert roles(story) == {("Sputnik", "originator"), ("Sputnik", "photo"), (None, "cited_url")}


def test_a_copy_without_any_date_has_none() -> None:
    """A date that nobody states is not invented; the day printed beside the outlet's name is read."""
    story = read(translated_copy(dated=False), url="https://portal.example/de/fangquote-nordmeer")

    assert story.published is None or story.published.precision == "date"


def test_a_magazine_copy_is_clean() -> None:
    """Sign-up sentence, advertisement, share bars and disclaimer inside the article are taken out."""
    assert read(magazine_copy(), url="https://grenzland.example/de/2025/05/weitere-gespraeche/").text.split(
        "\n"
    ) == list(REPORT)


def test_a_content_farm_s_copy_names_its_original() -> None:
    """The link to the original and the syndication mark are credits, not text."""
    story = read(content_farm_copy(), url="https://farm.example/grenze-x7")

    assert story.text.split("\n") == list(REPORT)
    assert {c.quote for c in story.credits if c.role == "cited_url"} == {
        "https://magazin.example/grenze-2025",
        "Magazin am Morgen",
        "site-19",
    }


# credits of the markup


def test_an_agency_in_the_byline_is_the_originator() -> None:
    """It is a credit, and no author."""
    story = read(page(head=jsonld(headline=TITLE, author={"name": "dpa"})))

    assert story.authors == ()
    assert ("dpa", "originator") in roles(story)


def test_a_canonical_link_to_another_host_is_a_credit() -> None:
    """A syndicated copy says where it is from, and stays a story of its own."""
    story = read(page(head='<link rel="canonical" href="https://andere.example/bruecke">'))

    assert story.uri == story_urn("sennebote.example/region/bruecke.html")
    assert [(c.role, c.quote) for c in story.credits] == [("cited_url", "https://andere.example/bruecke")]


def test_a_photo_credit_never_makes_an_originator() -> None:
    """Picture agencies and photographers are the picture's."""
    figure = '<figure><img src="b.jpg"><figcaption>Die Brücke</figcaption><span class="source">Reuters</span></figure>'
    story = read(
        page(before=figure, head=jsonld(headline=TITLE, image={"@type": "ImageObject", "creditText": "AFP"}))
    )

    assert {role for _, role in roles(story)} == {"photo"}


def test_spans_of_text_credits_point_into_the_text() -> None:
    """Offsets are code points of this version's body."""
    story = read(
        page(body="".join(f"<p>{p}</p>" for p in (f"Auenbrück (dpa) - {PARAGRAPHS[0]}", *PARAGRAPHS[1:])))
    )
    credit = next(c for c in story.credits if c.role == "originator")

    assert story.text[credit.begin : credit.end] == "dpa"
    assert story.located == "Auenbrück"


# identity, versions, forms


def test_a_canonical_address_on_the_site_names_the_story() -> None:
    """Two addresses of one article are one story."""
    head = '<link rel="canonical" href="https://www.sennebote.example/region/bruecke.html">'

    assert read(page(head=head), url=URL + "?page=1&from=feed").uri == read(page(head=head)).uri


def test_a_canonical_front_page_does_not_swallow_its_articles() -> None:
    """A broken template that calls every page the front page is not believed."""
    assert (
        read(page(head='<link rel="canonical" href="https://sennebote.example/">')).key
        == "sennebote.example/region/bruecke.html"
    )


def test_a_page_without_a_web_address_is_left_out() -> None:
    """No identity, no story."""
    with pytest.raises(Discard) as caught:
        read(page(), url="mailto:desk@sennebote.example")
    assert caught.value.code == "bad_url"


def test_an_extraction_can_be_sent_between_processes() -> None:
    """Plain values only."""
    story = read(page())

    assert pickle.loads(pickle.dumps(story)) == story  # noqa: S301 (made one line above)


def test_the_same_text_is_unchanged_and_another_is_revised() -> None:
    """Case, spaces, punctuation, captions and metadata do not make a version."""
    first = read(page())
    later = read(
        page(
            head=meta("article:modified_time", "2025-05-06T08:00:00Z"),
            body="".join(f"<p>{p}</p>" for p in PARAGRAPHS).replace("„", '"'),
        )
    )
    changed = read(page(body="".join(f"<p>{p}</p>" for p in PARAGRAPHS).replace("4,8", "5,2")))
    state = StoryState(first.text_hash, version=1)

    assert decide(None, first.text_hash) == PUBLISHED
    assert decide(state, later.text_hash) == UNCHANGED
    assert decide(state, changed.text_hash) == REVISED
    assert decide(StoryState(first.text_hash, version=2, withdrawn=True), first.text_hash) == REVISED


def test_the_hash_says_its_version() -> None:
    """A later rule for hashing is told from this one."""
    assert text_hash("a", None, "b").startswith("1-")


def test_the_flat_form_has_the_agreed_names() -> None:
    """Absent values are left out, lists may be empty."""
    form = flat(read(page(head=meta("article:published_time", "2025-05-05T08:00:00+02:00"))))

    assert set(form) == {
        "title",
        "text",
        "authors",
        "published",
        "language",
        "canonicalUrl",
        "site",
        "captions",
        "credits",
    }
    assert form["published"] == "2025-05-05T08:00:00+02:00"


def test_the_event_form_is_complete() -> None:
    """A story carries its version, hash, provider and addresses."""
    found = read(
        page(
            lead=f'<p class="lead">{LEAD}</p>',
            head=meta("article:published_time", "2025-05-05T08:00:00+02:00"),
        )
    )
    story = to_story(
        found, version=3, recorded=NOW, first_recorded=NOW, feed="urn:feed", alt_ids=(("guid", "7"),)
    )

    assert (story.version, story.title, story.lead, story.text, story.url) == (3, TITLE, LEAD, BODY, URL)
    assert (story.content_created, story.content_created_basis) == (
        datetime(2025, 5, 5, 6, tzinfo=UTC),
        "meta",
    )
    assert (story.provider.outlet, story.provider.name, story.provider.feed) == (
        "sennebote.example",
        "Sennebote",
        "urn:feed",
    )
    assert [(alt.role, alt.value) for alt in story.alt_ids] == [("url", URL), ("guid", "7")]


def test_the_labelled_pages_keep_their_figures(eval_data: Path) -> None:
    """Floors a little under the measured figures (see benchmarks/results)."""
    figures = run(eval_data)

    assert figures["aeb"]["text"]["f1"] >= 0.965
    assert figures["fundus"]["lead_and_text"]["f1"] >= 0.965
    assert figures["fundus"]["title_exact"] >= 0.87
    assert figures["fundus"]["authors_exact"] >= 0.85
    assert figures["fundus"]["day_right"] >= 0.985
    assert figures["fundus"]["minute_right"] >= 0.955
    assert len(figures["aeb"]["dropped"] + figures["fundus"]["dropped"]) == 0
