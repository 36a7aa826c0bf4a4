from __future__ import annotations

import pytest

from copytaster.extractor.boilerplate import RULES, matching_rule, without_boilerplate
from copytaster.extractor.titles import fold
from tests.unit.extractor.sample_pages import LEAD, PARAGRAPHS, REPORT, TITLE, TRANSLATED

TAKEN = {
    "Lesen Sie auch: Der Rat vertagt den Haushalt": "related_link",
    "Auch interessant": "related_link",
    "READ NEXT: Storm heads for the coast": "related_link",
    "[Related: A bridge too old]": "bracketed_link",
    "Les også: Broen er stengt": "related_link",
    "Читайте также: Мост закрыт": "related_link",
    "Xem thêm": "related_link",
    "[Anzeige_2]": "placeholder",
    "[Werbung_1]": "placeholder",
    "Werbung": "placeholder",
    "Article content": "placeholder",
    "No data": "placeholder",
    "Externer Inhalt": "consent",
    "Deine Privatsphäre-Einstellungen verhindern das Laden und Anzeigen aller externen Inhalte": "consent",
    "Ein Klick für den Datenschutz: Erst wenn Sie hier klicken, wird der Inhalt geladen": "consent",
    "SHARE:": "share",
    "Teile diesen Artikel:": "share",
    "Teilen Facebook X WhatsApp E-Mail Drucken": "share",
    "Chia sẻ Facebook Zalo In bài": "share",
    "Newsletter: Der Morgenblick": "newsletter",
    "Abonnieren Sie unseren Newsletter und bleiben Sie auf dem Laufenden": "newsletter",
    "Sign up for our morning newsletter": "newsletter",
    "Sie können sich jederzeit wieder abmelden, wenn Sie unsere Briefe nicht mehr wollen.": "newsletter",
    "Folgen Sie uns auf Google News": "newsletter",
    "Abonnez-vous au Courrier : un euro le premier mois, sans engagement": "subscription",
    "Support independent reporting for the price of a cup of tea a week.": "subscription",
    "2 Wochen kostenlos testen": "subscription",
}
TAKEN_AT_THE_END = {
    "Kommentar (0)": "comments",
    "Kommentare (38)": "comments",
    "Comments": "comments",
    "Soyez le premier à réagir à cet article. Les commentaires sont modérés.": "comments",
    "source site-19": "syndication_mark",
    "Fehler gefunden? Jetzt melden.": "feedback",
    "Copyright Sennebote 2025": "rights",
    "Alle Rechte vorbehalten.": "rights",
    "Gastbeiträge müssen nicht der Meinung der Redaktion entsprechen.": "disclaimer",
}
TAKEN_AT_THE_HEAD = {
    "Lesedauer: 4 Minuten": "reading_time",
    "3 min read": "reading_time",
    "Veröffentlicht am 5. Mai 2025, 14:02 Uhr": "dates",
    "05.05.2025, 17:23 Uhr": "dates",
}
KEPT = [
    *PARAGRAPHS,
    *REPORT,
    *TRANSLATED,
    LEAD,
    "(dpa)",
    "mst/dpa",
    "© dpa-infocom, dpa:250315-99-884210/2",
    "Mit Material von dpa",
    "Ngoc Anh (laut TASS, RIA, Reuters)",
    "Werbung für Tabak bleibt in Auenbrück verboten, entschied der Rat am Montag.",
    "Kommentare aus Tarkovien gab es zunächst nicht.",
    "Die Teilnehmer teilten sich in zwei Gruppen.",
    "Related costs rose to four million, the council said.",
    "Der Newsletter der Stadt erschien zuletzt im Mai.",
    "Seit dem 5. Mai 2025 gilt die Sperrung.",
    "Der Verband will unabhängigen Medien helfen und das Abonnement günstiger machen.",
    "Neue Fähre",
]


@pytest.mark.parametrize(("line", "rule"), TAKEN.items(), ids=TAKEN.keys())
def test_boilerplate_is_taken_anywhere(line: str, rule: str) -> None:
    """Each kind of line is known by its rule in the middle of a body."""
    assert matching_rule(line, 20, 40) == rule


@pytest.mark.parametrize(("line", "rule"), TAKEN_AT_THE_END.items(), ids=TAKEN_AT_THE_END.keys())
def test_closing_lines_are_taken_at_the_end_only(line: str, rule: str) -> None:
    """Rules of the end do not reach the beginning."""
    assert matching_rule(line, 39, 40) == rule
    assert matching_rule(line, 2, 40) is None


@pytest.mark.parametrize(("line", "rule"), TAKEN_AT_THE_HEAD.items(), ids=TAKEN_AT_THE_HEAD.keys())
def test_opening_lines_are_taken_at_the_head_only(line: str, rule: str) -> None:
    """Rules of the head do not reach the body."""
    assert matching_rule(line, 0, 40) == rule
    assert matching_rule(line, 20, 40) is None


@pytest.mark.parametrize("line", KEPT, ids=[line[:30] for line in KEPT])
@pytest.mark.parametrize("index", [0, 20, 39])
def test_sentences_and_credits_stay(line: str, index: int) -> None:
    """Prose that uses the same words, and every credit line, is the story's."""
    assert matching_rule(line, index, 40) is None


def test_every_rule_has_a_case() -> None:
    """A rule without a test has no reason."""
    assert {rule.name for rule in RULES} == {
        *TAKEN.values(),
        *TAKEN_AT_THE_END.values(),
        *TAKEN_AT_THE_HEAD.values(),
    }


def test_the_headline_and_what_stands_before_it_is_cut() -> None:
    """Kicker, headline and byline belong to fields of their own."""
    lines = ["Region", TITLE, *PARAGRAPHS]

    kept, removed = without_boilerplate(lines, titles=frozenset({fold(TITLE)}), links=frozenset())

    assert kept == list(PARAGRAPHS)
    assert [gone.line for gone in removed] == ["Region", TITLE]


def test_a_long_paragraph_before_a_repeated_headline_stays() -> None:
    """Only short lines are taken for kickers."""
    lines = [PARAGRAPHS[0], TITLE, PARAGRAPHS[1]]

    kept, _ = without_boilerplate(lines, titles=frozenset({fold(TITLE)}), links=frozenset())

    assert PARAGRAPHS[0] in kept


def test_lines_that_are_only_links_are_cut() -> None:
    """A block that is nothing but a link leads away from the story."""
    lines = [PARAGRAPHS[0], "Ein Museum für alte Netze", PARAGRAPHS[1]]

    kept, _ = without_boilerplate(lines, titles=frozenset(), links=frozenset({fold(lines[1])}))

    assert kept == [PARAGRAPHS[0], PARAGRAPHS[1]]


def test_a_byline_in_the_body_is_cut() -> None:
    """Authors are a field; a sentence that begins with their names is none."""
    lines = ["Von Lena Hofer und Jan Berg", *PARAGRAPHS, "Lena Hofer", "Lena Hofer und Jan Berg reisten mit."]

    kept, _ = without_boilerplate(
        lines,
        titles=frozenset(),
        links=frozenset(),
        authors=frozenset({fold("Lena Hofer"), fold("Jan Berg")}),
    )

    assert kept == [*PARAGRAPHS, "Lena Hofer und Jan Berg reisten mit."]


def test_an_announcement_of_nothing_is_cut() -> None:
    """A last line that ends with a colon announced what was cut."""
    kept, removed = without_boilerplate([*PARAGRAPHS, "Ähnliche:"], titles=frozenset(), links=frozenset())

    assert kept == list(PARAGRAPHS)
    assert [(gone.line, gone.rule) for gone in removed] == [("Ähnliche:", "announcement")]
