"""Page furniture: known by its words, learned from an outlet's pages, never taken for news."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from copytaster.text.furniture import FurnitureMarks, chrome, learn, mark, merged

NOTHING = FurnitureMarks({})

CHROME = {
    "a German consent note": "Wir verwenden Cookies. Hinweise gibt unsere Datenschutzerklärung.",
    "an English challenge": 'Your IP address is blocked. Select "I AM NOT A ROBOT" to go on.',
    "a Polish consent note": "Możesz wycofać zgodę. Szczegóły w polityce prywatności naszej witryny.",
    "a Russian promo": "Подписывайтесь на наш канал",
    "a share bar": "Teilen  Facebook  X  WhatsApp  E-Mail  Drucken",
    "a Vietnamese share bar": "Chia sẻ Facebook Zalo",
    "a wall": "Bitte registrieren Sie sich, um weiterzulesen.",
}

NEWS = {
    "a ruling about consent": "Das Gericht in Luxemburg verurteilte den Konzern wegen seiner Cookies zu 40 Millionen Euro Strafe.",
    "a comment of a minister": "Ein Kommentar des Ministers lag nicht vor.",
    "a company of the trade": "Facebook entlässt 800 Menschen in Dublin.",
    "an accident": "Auf der Landstraße 17 wurden drei Radfahrer verletzt.",
}


@dataclass(frozen=True)
class _Page:
    outlet: str
    title: str
    text: str


@pytest.mark.parametrize("line", CHROME.values(), ids=CHROME.keys())
def test_what_speaks_of_the_page_is_furniture(line: str) -> None:
    """Walls, consent notes, share bars and promos are known by their words."""
    assert chrome(line) == [(0, len(line))]


@pytest.mark.parametrize("line", NEWS.values(), ids=NEWS.keys())
def test_news_about_the_web_is_no_furniture(line: str) -> None:
    """One such word in a sentence of news proves nothing."""
    assert chrome(f"{line} {'Der Rat der Stadt tagt am Montag zum Haushalt. ' * 4}") == []


def test_read_also_takes_the_headlines_below_it() -> None:
    """The marked block ends where prose begins again."""
    text = "Der Rat tagte.\nLesen Sie auch\nBrand im Hafen gelöscht\nNeue Brücke eröffnet\nDer Haushalt wurde beschlossen."

    marked = [text[begin:end] for begin, end in chrome(text)]

    assert marked == ["Lesen Sie auch", "Brand im Hafen gelöscht", "Neue Brücke eröffnet"]


def test_what_is_left_over_of_a_consent_note_is_no_news() -> None:
    """A page of which most is a consent note is furniture as a whole."""
    text = f"Brand im Hafen {CHROME['a German consent note']} Weitere Angaben finden Sie hier."

    assert chrome(text) == [(0, len(text))]


def test_a_sentence_that_recurs_over_different_articles_is_learned() -> None:
    """Three articles of one outlet show it: from then on it is marked on every page of that outlet, and only there."""
    promo = "Der Morgenblick liegt werktags um sechs in Ihrem Postfach."
    titles = ("Brand im Hafen gelöscht", "Rat beschließt Haushalt", "Otter im Zoo geboren")
    pages = [_Page("a.example", title, f"{title} heute.\n{promo}") for title in titles]

    marks = learn(pages)

    begin = pages[0].text.index(promo)
    assert mark(pages[0], marks) == ((begin, begin + len(promo)),)
    assert mark(_Page("b.example", "Neu", promo), marks) == ()


def test_copies_of_one_article_are_no_furniture() -> None:
    """Three versions of one article of an outlet, or copies without an outlet, mark nothing."""
    text = "Im Hafen von Dorrach brannte am Montag eine Fähre. Verletzt wurde niemand."
    versions = [_Page("a.example", "Fähre brennt im Hafen Dorrach", text) for _ in range(4)]
    unknown = [_Page("", f"Fähre brennt im Hafen Dorrach {number}", text) for number in range(4)]

    assert all(mark(page, learn(versions)) == () for page in versions)
    assert all(mark(page, learn(unknown)) == () for page in unknown)


def test_spans_are_merged_in_order() -> None:
    """Overlapping and touching spans become one."""
    assert merged([(5, 9), (0, 3), (3, 6), (20, 21)]) == ((0, 9), (20, 21))
