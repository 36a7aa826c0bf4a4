"""What is said of a pair: copies join, look-alikes stay apart, and the order of the two never matters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copytaster.deduplicator.record import StoryRecord
from copytaster_schemas import Evidence
from tests.unit.deduplicator import stories
from tests.unit.deduplicator.stories import decide, record

CALLED = record("called", stories.STRIKE_CALLED, title="Warnstreik im Stahlwerk Harlingrode")
RESIGNS = record("resigns", stories.MAYOR_RESIGNS, title="Port Ellery mayor quits", language="en")

COPIES = {
    "word for word under another headline": (
        CALLED,
        record("nordpost", stories.STRIKE_CALLED, title="Stahlkocher legen Arbeit nieder"),
    ),
    "a paragraph dropped, words replaced": (
        CALLED,
        record("talbote", stories.edited(stories.STRIKE_CALLED), title="Stillstand am Hochofen"),
    ),
    "the first third": (
        CALLED,
        record("kurz", stories.first_third(stories.STRIKE_CALLED), title="Warnstreik am Mittwoch"),
    ),
    "paragraphs in another order": (
        CALLED,
        record(
            "umgestellt", "\n".join(reversed(stories.STRIKE_CALLED.split("\n"))), title="Streit um Hochofen 2"
        ),
    ),
    "edited in English": (RESIGNS, record("herald", stories.edited(stories.MAYOR_RESIGNS), language="en")),
    "late reprint, five days on": (
        replace(CALLED, published_ms=1_700_000_000_000),
        replace(record("spaet", stories.STRIKE_CALLED), published_ms=1_700_432_000_000),
    ),
}

LOOKALIKES = {
    "the same strike called and ended, two background sentences shared": (
        CALLED,
        record("ended", stories.STRIKE_ENDED, title="Warnstreik im Stahlwerk Harlingrode beendet"),
    ),
    "another town altogether": (CALLED, record("mayor", stories.MAYOR_RESIGNS_DE)),
    "nothing shared but the consent note": (
        record("a", f"{stories.CONSENT_NOTE}\nDer Zoo in Quellheim hat zwei junge Otter bekommen, die Mia und Bo heißen."),
        record("b", f"{stories.CONSENT_NOTE}\nBei einem Unfall auf der Landstraße 17 wurden drei Radfahrer verletzt."),
    ),
    "nothing left but the consent note": (
        record("a", f"Junge Otter im Zoo Quellheim {stories.CONSENT_NOTE}"),
        record("b", f"Drei Radfahrer verletzt {stories.CONSENT_NOTE}"),
    ),
    "one form letter for two companies": (
        record("a", "Aktie der Lumora AG mit Kursplus. Die Aktie der Lumora AG gewann am Montag 4 Prozent auf 21,30 Euro.",
               title="Lumora AG: Kursplus am Montag"),
        record("b", "Aktie der Trevanta SE mit Kursplus. Die Aktie der Trevanta SE gewann am Freitag 9 Prozent auf 88,70 Euro.",
               title="Trevanta SE: Kursplus am Freitag"),
    ),
    "the forecasts of two days": (
        record("a", "Am Samstag, 8. November, bleibt es in der Region Dorrach bewölkt, im Osten fällt nachts Schnee. Der Wind weht "
               "schwach aus Nordwest, die Temperatur liegt bei minus 4 bis 0 Grad.", title="Das Wetter am 8. November in Dorrach"),
        record("b", "Am Montag, 17. November, bleibt es in der Region Dorrach bewölkt, im Osten fällt nachts Schnee. Der Wind weht "
               "schwach aus Nordwest, die Temperatur liegt bei minus 6 bis 1 Grad.", title="Das Wetter am 17. November in Dorrach"),
    ),
    "two empty texts": (record("a", ""), record("b", "")),
}  # fmt: skip


@pytest.mark.parametrize(("a", "b"), COPIES.values(), ids=COPIES.keys())
def test_what_was_made_from_a_text_joins_it(a: StoryRecord, b: StoryRecord) -> None:
    """Copies, edits and excerpts merge, with a confidence above one half."""
    decision = decide(a, b)

    assert decision.merges, decision
    assert decision.confidence > 0.5


@pytest.mark.parametrize(("a", "b"), LOOKALIKES.values(), ids=LOOKALIKES.keys())
def test_a_lookalike_stays_apart(a: StoryRecord, b: StoryRecord) -> None:
    """The same cast, background, furniture or form never merges."""
    assert not decide(a, b).merges


@pytest.mark.parametrize(("a", "b"), [*COPIES.values(), *LOOKALIKES.values()], ids=[*COPIES, *LOOKALIKES])
def test_the_order_of_the_two_does_not_matter(a: StoryRecord, b: StoryRecord) -> None:
    """compare(a, b) and compare(b, a) say the same, each from its side."""
    one, other = decide(a, b), decide(b, a)

    assert one == other.mirrored()
    assert (one.relation, one.confidence_micro) == (other.relation, other.confidence_micro)


def test_an_excerpt_is_named_and_points_to_what_contains_it() -> None:
    """The short text is the excerpt, by containment; read from the excerpt, the sentence is true."""
    short = record("kurz", stories.first_third(stories.STRIKE_CALLED))

    decision = decide(CALLED, short).oriented()

    assert (decision.a, decision.relation, decision.b) == ("kurz", "excerpt_of", "called")
    assert decision.direction == "a_from_b"
    assert "containment" in decision.direction_basis


def test_an_excerpt_from_the_middle_joins_only_a_text_that_was_first() -> None:
    """The same short text before the long one may be an alert that the long one repeats as background."""
    middle = "\n".join(stories.STRIKE_CALLED.split("\n")[2:4])
    long = record(
        "lang", stories.STRIKE_CALLED, title="Warnstreik am Mittwoch", published="2025-03-03T10:00:00+00:00"
    )

    after = decide(long, record("danach", middle, published="2025-03-03T11:00:00+00:00"))
    before = decide(long, record("davor", middle, published="2025-03-03T09:00:00+00:00"))

    assert after.relation == "excerpt_of"
    assert not before.merges


def test_reprints_of_one_agency_have_a_common_source() -> None:
    """Two outlets that both credit the agency derive from its report, not from each other."""
    copy = record("talbote", stories.edited(stories.STRIKE_CALLED) + "\n(dpa)")

    decision = decide(CALLED, copy)

    assert decision.relation == "common_source"
    assert decision.direction == "none"


def test_a_source_link_says_more_than_an_agency_that_both_credit() -> None:
    """A page that names the other's address was made from it, although both credit the agency."""
    first = replace(CALLED, url="https://called.example/a/1")
    copy = record(
        "talbote",
        stories.edited(stories.STRIKE_CALLED) + "\n(dpa)",
        sources=("https://called.example/a/1?utm_source=rss",),
    )

    decision = decide(copy, first)

    assert decision.relation in {"near_copy", "rewrite_of"}
    assert (decision.direction, decision.direction_basis[0]) == ("a_from_b", "source_link")


def test_a_source_link_gives_the_direction_against_the_clock() -> None:
    """A page that names the other's address derives from it, whatever the times of publication say."""
    plain = stories.STRIKE_CALLED.replace("(dpa) ", "")
    first = record("nord", plain, url="https://nordpost.example/a/1", published="2025-03-03T12:00:00+00:00")
    copy = record(
        "tal",
        plain,
        title="Neu",
        sources=("https://www.nordpost.example/a/1?utm_source=x",),
        published="2025-03-03T09:00:00+00:00",
    )

    decision = decide(first, copy)

    assert decision.direction == "b_from_a"
    assert decision.direction_basis == ("source_link",)


def test_a_translation_that_leaves_no_doubt_joins() -> None:
    """Names and numbers agree sentence by sentence across the two languages."""
    decision = decide(
        RESIGNS,
        record("uebersetzt", stories.MAYOR_RESIGNS_DE, title="Bürgermeisterin von Port Ellery tritt zurück"),
    )

    assert decision.relation == "translation_of"


def test_an_unknown_language_joins_by_its_passages_alone() -> None:
    """Without rarity tables for a language only word-for-word copies merge."""
    text = stories.STRIKE_CALLED
    a, b = (replace(record(name, text), language="xx") for name in ("a", "b"))
    reworded = replace(record("c", stories.STRIKE_ENDED), language="xx")

    assert decide(a, b).merges
    assert not decide(a, reworded).merges


def test_the_spans_of_the_evidence_show_the_same_words_in_both_texts() -> None:
    """Every exact span cuts passages out of both bodies that differ at most in letter case and spacing."""
    copy = record("talbote", stories.edited(stories.STRIKE_CALLED))

    decision = decide(CALLED, copy)

    spans = [span for span in decision.evidence["spans"] if span["kind"] == "exact"]
    assert spans
    for span in spans:
        ours = CALLED.text[span["a_begin"] : span["a_end"]]
        theirs = copy.text[span["b_begin"] : span["b_end"]]
        assert ours.split() == theirs.split()


def test_the_evidence_names_shared_and_missing_numbers() -> None:
    """The published evidence tells which rare numbers both have and which only one has."""
    decision = decide(CALLED, record("ended", stories.STRIKE_ENDED))

    numbers = decision.evidence["numbers"]
    assert "310" in numbers["shared"]
    assert "1.8" in numbers["only_a"]
    assert "1150" in numbers["only_b"]


def test_evidence_fits_the_published_model() -> None:
    """The evidence validates as the `Evidence` of a link event."""
    shown = Evidence.model_validate(decide(*COPIES["the first third"]).evidence)

    assert shown.scores["copy"] > 0
    assert shown.spans
