from __future__ import annotations

from datetime import UTC, datetime

import pytest

from copytaster.extractor.bylines import signature, split_names
from copytaster.extractor.dates import parse_stated
from copytaster.extractor.metadata import Metadata, page_metadata
from copytaster.extractor.page import parse_page
from copytaster.extractor.titles import clean_title
from copytaster_schemas.article import FeedItem
from tests.unit.extractor.sample_pages import TITLE, jsonld, meta, page

URL = "https://www.sennebote.example/region/bruecke.html"
SEEN = datetime(2025, 5, 5, 12, tzinfo=UTC)


def read(html: str, *, url: str = URL, item: FeedItem | None = None) -> Metadata:
    """The metadata of a page."""
    return page_metadata(parse_page(html, url=url), item)


def feed_item(**fields: object) -> FeedItem:
    """A feed item with these fields."""
    return FeedItem.model_validate({"feed": "urn:feed", "first_seen": SEEN, "revision_hash": "x", **fields})


# titles

SITES = frozenset({"sennebote", "sennebotede", "derbote"})
TITLES = {
    "a dash": ("Brücke gesperrt - Sennebote", "Brücke gesperrt"),
    "a stroke": ("Brücke gesperrt | Sennebote", "Brücke gesperrt"),
    "section and site": ("Brücke gesperrt - Der Bote | Sennebote", "Brücke gesperrt"),
    "the site first": ("Sennebote: Brücke gesperrt", "Sennebote: Brücke gesperrt"),
    "the site first, set apart": ("Sennebote | Brücke gesperrt", "Brücke gesperrt"),
    "a domain": ("Brücke gesperrt - sennebote.de", "Brücke gesperrt"),
    "a dash of its own": ("Rat tagt – Brücke gesperrt", "Rat tagt – Brücke gesperrt"),
    "entities twice": ("Brücke &amp;quot;zu&amp;quot;", 'Brücke "zu"'),
    "soft hyphens": ("Brücken\u00adsperrung am Fluss", "Brückensperrung am Fluss"),
    "the site alone": ("Sennebote", "Sennebote"),
}


@pytest.mark.parametrize(("title", "cleaned"), TITLES.values(), ids=TITLES.keys())
def test_the_site_s_name_is_cut_from_a_title(title: str, cleaned: str) -> None:
    """Site names go from either end, dashes of the headline stay."""
    assert clean_title(title, SITES) == cleaned


def test_json_ld_states_the_headline_first() -> None:
    """The editors' headline wins over the one for social media."""
    assert (
        read(page(head=jsonld(headline="Auenbrück: Brücke bleibt zu"))).title == "Auenbrück: Brücke bleibt zu"
    )


def test_a_kicker_before_the_headline_is_dropped() -> None:
    """Where Open Graph has the bare headline, that is the title."""
    assert read(page(head=jsonld(headline=f"Marode Pfeiler: {TITLE}"))).title == TITLE


def test_a_page_without_metadata_has_its_heading() -> None:
    """The visible headline is enough."""
    html = "<html><body><h1>Die Brücke ist gesperrt</h1><p>Text</p></body></html>"

    assert read(html).title == "Die Brücke ist gesperrt"


def test_the_feed_names_a_page_without_any_title() -> None:
    """The feed item's title is the last resort."""
    assert (
        read("<html><body><p>Text</p></body></html>", item=feed_item(title="Brücke zu")).title == "Brücke zu"
    )


# authors

NAMES = {
    "By": ("By Lena Hofer", ["Lena Hofer"]),
    "Von and und": ("Von Lena Hofer und Jan Berg", ["Lena Hofer", "Jan Berg"]),
    "commas": ("Lena Hofer, Jan Berg and Mia Roth", ["Lena Hofer", "Jan Berg", "Mia Roth"]),
    "a role behind a stroke": ("Lena Hofer | Korrespondentin", ["Lena Hofer", "Korrespondentin"]),
    "a role in parentheses": ("Lena Hofer (Brisk)", ["Lena Hofer"]),
    "a mail address": ("Lena Hofer lena@sennebote.example", ["Lena Hofer"]),
    "family name first": ("Hofer, Lena", ["Hofer, Lena"]),
    "an address": ("https://facebook.example/sennebote", []),
    "digits": ("Postfach 8400-357", []),
    "Cyrillic": ("Автор: Иван Берг", ["Иван Берг"]),
}


@pytest.mark.parametrize(("stated", "names"), NAMES.values(), ids=NAMES.keys())
def test_names_are_split_and_cleaned(stated: str, names: list[str]) -> None:
    """Joints, prefixes and addresses go, names stay."""
    assert split_names(stated) == names


AUTHORS = {
    "people": ([{"@type": "Person", "name": "Lena Hofer"}, {"name": "Jan Berg"}], ("Lena Hofer", "Jan Berg")),
    "given and family name": (
        {"@type": "Person", "givenName": "Lena", "familyName": "Hofer"},
        ("Lena Hofer",),
    ),
    "a string": ("Lena Hofer", ("Lena Hofer",)),
    "an agency is no author": ("dpa", ()),
    "two agencies are no author": ("AFP/Reuters", ()),
    "an agency beside a person": ("Lena Hofer, dpa", ("Lena Hofer",)),
    "the desk is no author": ("Redaktion", ()),
}


@pytest.mark.parametrize(("author", "names"), AUTHORS.values(), ids=AUTHORS.keys())
def test_authors_are_names_of_people(author: object, names: tuple[str, ...]) -> None:
    """Agencies and desks are left out; the byline keeps what was printed."""
    assert read(page(head=jsonld(headline="x", author=author))).byline.authors == names


def test_a_person_further_down_wins_over_the_outlet_s_name() -> None:
    """Content systems put the publisher where the author belongs."""
    head = jsonld(headline="x", author={"@type": "Organization", "name": "Sennebote"})
    html = page(head=head, before='<a rel="author" href="/autoren/lena-hofer">Lena Hofer</a>')

    assert read(html).byline.authors == ("Lena Hofer",)


def test_a_person_stated_beside_the_outlet_is_the_author() -> None:
    """Some systems state the outlet on every page and the author of this one after it, under the same name."""
    head = '<meta name="author" content="Sennebote"><meta name="author" content="Lena Hofer">'

    assert read(page(head=head)).byline.authors == ("Lena Hofer",)


def test_the_time_printed_beside_the_date_is_read() -> None:
    """Where the metadata give nothing, the page itself may print both."""
    line = '<div class="line">Fr 25.04.25 | 14:07 Uhr</div>'

    at = read(page(before=line), url="https://sennebote.de/2025/04/25/bruecke.html").published

    assert at is not None
    assert (at.at.isoformat(), at.precision) == ("2025-04-25T14:07:00+02:00", "minute")


def test_visible_authors_are_found_by_their_links() -> None:
    """A page without metadata still has a byline."""
    html = page(
        before='<p><a href="/autor/lena-hofer">Lena Hofer</a> <a href="/autor/jan-berg">Jan Berg</a></p>'
    )

    assert read(html).byline.authors == ("Lena Hofer", "Jan Berg")


def test_the_feed_names_authors_that_the_page_leaves_out() -> None:
    """The feed item's authors are the last resort."""
    assert read(page(), item=feed_item(authors=["Mia Roth"])).byline.authors == ("Mia Roth",)


def test_the_page_s_own_byline_names_the_agency_that_metadata_leave_out() -> None:
    """Metadata have the author, the page has the rest."""
    html = page(
        head=jsonld(headline="x", author={"name": "Lena Hofer"}),
        before='<span class="byline">Von Lena Hofer (mit dpa)</span>',
    )
    byline = read(html).byline

    assert (byline.authors, byline.printed) == (("Lena Hofer",), "Von Lena Hofer (mit dpa)")


SIGNATURES = {
    "a name": ("Minh Hà", ("Minh Hà", True)),
    "a name with its sources": ("Ngoc Anh (laut TASS, RIA)", ("Ngoc Anh", False)),
    "Cyrillic": ("Иван Петрович Берг", ("Иван Петрович Берг", True)),
    "an agency": ("Agence France Presse", (None, False)),
    "a sentence": ("Das Wetter bleibt schön.", (None, False)),
    "a heading": ("Was nun folgt", (None, False)),
    "a name with its home": ("Lena Hofer (Brisk)", (None, False)),
    "one word": ("Ende", (None, False)),
}


@pytest.mark.parametrize(("line", "expected"), SIGNATURES.values(), ids=SIGNATURES.keys())
def test_a_signature_is_a_name_alone_or_with_its_sources(
    line: str, expected: tuple[str | None, bool]
) -> None:
    """Only names count, and only a bare one is taken from the text."""
    assert signature(line) == expected


# dates

STATED = {
    "zone with colon": ("2025-05-05T17:23:42+02:00", "2025-05-05T17:23:42+02:00", "second"),
    "zone without colon": ("2025-05-05T17:23:42+0200", "2025-05-05T17:23:42+02:00", "second"),
    "Zulu": ("2025-05-05T15:23Z", "2025-05-05T15:23:00+00:00", "minute"),
    "fractions": ("2025-05-05T17:23:42.9811234+02:00", "2025-05-05T17:23:42+02:00", "second"),
    "a blank between": ("2025-05-05 17:23:42 +0200", "2025-05-05T17:23:42+02:00", "second"),
    "compact": ("20250505T172342+0200", "2025-05-05T17:23:42+02:00", "second"),
    "RFC 822": ("Mon, 05 May 2025 17:23:42 +0200", "2025-05-05T17:23:42+02:00", "second"),
    "seconds since 1970": ("1746458622", "2025-05-05T15:23:42+00:00", "second"),
    "naive": ("2025-05-05T17:23:42", "2025-05-05T17:23:42", "second"),
    "a day": ("2025-05-05", "2025-05-05T00:00:00", "date"),
    "midnight without a zone is a day": ("2025-05-05T00:00:00", "2025-05-05T00:00:00", "date"),
    "slashes": ("2025/5/5 17:23", "2025-05-05T17:23:00", "minute"),
}


@pytest.mark.parametrize(("text", "iso", "precision"), STATED.values(), ids=STATED.keys())
def test_machine_dates_are_read_with_time_and_zone(text: str, iso: str, precision: str) -> None:
    """Each form of content systems gives its instant, and a day stays a day."""
    stated = parse_stated(text)

    assert stated is not None
    assert (stated.at.isoformat(), stated.precision) == (iso, precision)


@pytest.mark.parametrize(
    "text", ["", "gestern", "0001-01-01T00:00:00", "2025-13-40", "1970-01-01T00:00:00Z", None, "x" * 99]
)
def test_empty_and_impossible_dates_are_none(text: str | None) -> None:
    """Empty fields of content systems are no dates."""
    assert parse_stated(text) is None


def test_json_ld_states_the_time_first() -> None:
    """Structured data of the article wins over meta tags."""
    head = jsonld(headline="x", datePublished="2025-05-05T08:00:00+02:00") + meta(
        "article:published_time", "2025-05-01T08:00:00Z"
    )
    at = read(page(head=head)).published

    assert at is not None
    assert (at.iso(), at.basis, at.precision) == ("2025-05-05T08:00:00+02:00", "jsonld", "second")


def test_a_source_that_knows_the_zone_completes_one_that_does_not() -> None:
    """JSON-LD without a zone is completed by the meta tag of the same day."""
    head = jsonld(headline="x", datePublished="2025-05-05T08:00:00") + meta(
        "article:published_time", "2025-05-05T08:00:00+02:00"
    )
    at = read(page(head=head)).published

    assert at is not None
    assert at.iso() == "2025-05-05T08:00:00+02:00"


def test_a_time_without_a_zone_is_the_outlet_s_own() -> None:
    """A German outlet prints German time, in summer and winter."""
    at = read(
        page(head=meta("article:published_time", "2025-07-05T08:00:00")), url="https://sennebote.de/1"
    ).published

    assert at is not None
    assert at.iso() == "2025-07-05T08:00:00+02:00"


def test_a_marked_time_element_is_read() -> None:
    """A visible date with a machine form."""
    at = read(
        page(before='<time class="published" datetime="2025-05-05T08:00:00+02:00">5. Mai</time>')
    ).published

    assert at is not None
    assert at.basis == "visible"


def test_the_feed_gives_the_time_that_the_page_leaves_out() -> None:
    """A day on the page and a time in the feed make a time."""
    at = read(
        page(head=meta("article:published_time", "2025-05-05")), item=feed_item(published=SEEN)
    ).published

    assert at is not None
    assert (at.at, at.basis) == (SEEN, "feed")


def test_a_date_in_the_address_is_a_day() -> None:
    """An address tells the day, never the time."""
    at = read(page(), url="https://sennebote.example/2025/05/05/bruecke").published

    assert at is not None
    assert (at.iso(), at.precision, at.basis) == ("2025-05-05", "date", "url")


def test_nothing_states_nothing() -> None:
    """The time of fetching is never given out."""
    assert read(page(), item=feed_item()).published is None


def test_the_change_is_read_apart_from_the_publication() -> None:
    """`modified` has its own cascade."""
    at = read(page(head=meta("article:modified_time", "2025-05-06T09:30:00+02:00"))).modified

    assert at is not None
    assert at.iso() == "2025-05-06T09:30:00+02:00"


# addresses and the rest


def test_a_canonical_link_on_the_site_is_canonical() -> None:
    """Relative links are resolved, trackers removed."""
    found = read(page(head='<link rel="canonical" href="/region/bruecke.html?utm_source=x">'))

    assert found.canonical_url == URL
    assert found.foreign_canonical is None


def test_a_canonical_link_to_another_site_is_kept_apart() -> None:
    """It is a credit, never the page's own address."""
    found = read(page(head='<link rel="canonical" href="https://andere.example/bruecke">'))

    assert found.canonical_url is None
    assert found.foreign_canonical == "https://andere.example/bruecke"


def test_the_outlet_has_a_name_and_a_site() -> None:
    """The name is the page's, the site the address's."""
    outlet = read(page()).outlet

    assert (outlet.name, outlet.site) == ("Sennebote", "sennebote.example")


def test_section_keywords_and_access_are_read() -> None:
    """Values as the page states them."""
    found = read(
        page(
            head=jsonld(
                headline="x",
                articleSection="Region",
                keywords=["Brücke", "Senne"],
                isAccessibleForFree="False",
            )
        )
    )

    assert (found.section, found.keywords, found.is_accessible_for_free) == (
        "Region",
        ("Brücke", "Senne"),
        False,
    )
