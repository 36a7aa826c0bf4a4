from __future__ import annotations

import pytest

from copytaster.errors import Discard
from copytaster.extractor.story import extract_page
from tests.unit.extractor.sample_pages import PARAGRAPHS, TITLE, jsonld, meta, page

URL = "https://sennebote.example/region/1"


def bare(title: str, body: str) -> str:
    """A page that is not built like an article."""
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"


CONSENT = (
    "<h1>Wir benötigen Ihre Zustimmung</h1><p>Wir und unsere 312 Partner verarbeiten personenbezogene Daten und setzen Cookies, um Inhalte "
    "und Werbung anzupassen.</p><p>Mit Werbung und Tracking weiterlesen: Sie erteilen Ihre Einwilligung, die Sie in der Datenschutzerklärung "
    "jederzeit widerrufen können.</p><p>Zustimmen und weiter</p><p>Cookie-Einstellungen</p>"
)
WALLS = {
    "consent": (bare("Sennebote", CONSENT), "consent_wall"),
    "English consent": (
        bare(
            "Before you continue",
            "<p>We and our 812 partners value your privacy. We use cookies to personalise ads.</p><p>Accept all</p><p>Reject all</p>",
        ),
        "consent_wall",
    ),
    "challenge by title": (
        bare("Just a moment...", "<p>Checking if the site connection is secure</p>"),
        "challenge_wall",
    ),
    "challenge by mark": (
        bare(
            "sennebote.example", '<script src="/cdn-cgi/challenge-platform/x.js"></script><p>Ray ID: 8f3</p>'
        ),
        "challenge_wall",
    ),
    "access denied": (
        bare("Access Denied", "<p>You don't have permission to access this page on this server.</p>"),
        "challenge_wall",
    ),
    "script only": (
        bare(
            "Sennebote",
            "<noscript>You need to enable JavaScript to run this app.</noscript><div id='root'></div>",
        ),
        "script_only",
    ),
    "script only, in words": (
        bare("Sennebote", "<p>Bitte aktivieren Sie JavaScript, um diese Seite zu sehen.</p>"),
        "script_only",
    ),
    "empty shell": (bare("Sennebote", "<div id='app'></div>"), "script_only"),
    "login": (
        bare(
            "Anmelden | Sennebote",
            "<form><input name='u'><input type='password'></form><p>Bitte melden Sie sich an.</p>",
        ),
        "login_wall",
    ),
    "not found": (
        bare(
            "Seite nicht gefunden",
            "<h1>404</h1><p>Die Seite gibt es nicht oder nicht mehr, vielleicht hilft die Suche weiter.</p>",
        ),
        "error_page",
    ),
    "server error": (bare("503 Service Unavailable", "<h1>Service Unavailable</h1>"), "error_page"),
    "nothing": (bare("Sennebote", ""), "no_article"),
    "a few words": (bare("Sennebote", "<article><p>Gleich mehr.</p></article>"), "too_short"),
    "headlines": (
        bare(
            "Region",
            "<ul>"
            + "".join(f'<li><a href="/{n}">Meldung {n} aus der Region Auenbrück</a></li>' for n in range(40))
            + "</ul>",
        ),
        "list_page",
    ),
}


@pytest.mark.parametrize(("html", "code"), WALLS.values(), ids=WALLS.keys())
def test_what_came_instead_of_an_article_is_left_out_with_its_code(html: str, code: str) -> None:
    """Walls are dropped, not published."""
    with pytest.raises(Discard) as caught:
        extract_page(html.encode(), url=URL, content_type="text/html; charset=utf-8")
    assert caught.value.code == code


ABOUT = {
    "cookies": [
        "Der Bundesgerichtshof hat über Cookies geurteilt: Eine voreingestellte Einwilligung genügt nicht, entschieden die Richter am Montag in der Hauptstadt."
    ],
    "captchas": [
        "Just a moment, please, was all the robot said when visitors asked it for the way to the bridge in Auenbrück on Monday."
    ],
    "a page that was not found": [
        "Die vermisste Seite der Chronik wurde nicht gefunden, teilte das Stadtarchiv von Auenbrück am Montagabend nach langer Suche mit."
    ],
}


@pytest.mark.parametrize("first", ABOUT.values(), ids=ABOUT.keys())
def test_an_article_about_a_wall_is_an_article(first: list[str]) -> None:
    """Words of walls in prose do not drop a story."""
    html = page(body="".join(f"<p>{text}</p>" for text in [*first, *PARAGRAPHS]))

    assert first[0] in extract_page(html.encode(), url=URL, content_type=None).text


def test_a_list_of_results_is_an_article() -> None:
    """Short lines without links are what the page has to say."""
    results = "".join(f"<p>{n}. Ruderklub Auenbrück {n}:{n + 2}</p>" for n in range(1, 40))
    story = extract_page(
        page(title="Alle Ergebnisse der Regatta", body=results).encode(), url=URL, content_type=None
    )

    assert len(story.text.split("\n")) == 39


def test_a_short_flash_is_an_article() -> None:
    """Two sentences are news."""
    html = page(body=f"<p>{PARAGRAPHS[0]}</p>")

    assert extract_page(html.encode(), url=URL, content_type=None).text == PARAGRAPHS[0]


def test_the_paragraphs_of_a_flash_stay_apart() -> None:
    """Short texts keep a line per paragraph."""
    html = page(body=f"<p>{PARAGRAPHS[0][:100]}</p><p>{PARAGRAPHS[1][:90]}</p>")
    text = extract_page(html.encode(), url=URL, content_type=None).text

    assert text.split("\n") == [PARAGRAPHS[0][:100].strip(), PARAGRAPHS[1][:90].strip()]


def test_a_paid_teaser_is_published_as_one() -> None:
    """The part that everyone may read says that it is a part."""
    html = page(
        body=f"<p>{PARAGRAPHS[0]}</p><p>Jetzt weiterlesen mit Sennebote Plus</p>",
        head=jsonld(headline=TITLE, isAccessibleForFree=False),
    )
    story = extract_page(html.encode(), url=URL, content_type=None)

    assert (story.is_accessible_for_free, story.body_scope) == (False, "teaser")


def test_a_free_article_is_whole() -> None:
    """No wall, no scope."""
    story = extract_page(page(head=meta("og:type", "article")).encode(), url=URL, content_type=None)

    assert (story.is_accessible_for_free, story.body_scope) == (None, "full")
