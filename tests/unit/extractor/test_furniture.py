from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from copytaster.extractor.furniture import (
    KNOWN,
    Learned,
    Memory,
    learn_story,
    sentence_keys,
    slice_of,
    table_name,
)

PROMO = "Den Sennebote gibt es jeden Morgen auch zum Hören."
TITLES = (
    "Brücke bleibt gesperrt",
    "Turnier endet unentschieden",
    "Bibliothek öffnet länger",
    "Wehr wird erneuert",
)


def shown(
    title: str, text: str, week: dict[bytes, bytes], *, before: dict[bytes, bytes] | None = None
) -> Learned:
    """What is learned from one story; `week` is changed as the commit would change the table."""
    learned = learn_story(text, title, sentence_keys(text), Memory(dict(week), before or {}))
    week.update(learned.rows)
    return learned


def story(title: str) -> str:
    """A text of its own with the sentence that all share."""
    return f"{title}, hieß es am Montag aus dem Rathaus. {PROMO}"


def test_a_sentence_under_three_headlines_is_furniture() -> None:
    """Two may be an article and its sequel."""
    week: dict[bytes, bytes] = {}

    spans = [shown(title, story(title), week).spans for title in TITLES]

    assert [[story(t)[s.begin : s.end] for s in found] for t, found in zip(TITLES, spans, strict=True)] == [
        [],
        [],
        [PROMO],
        [PROMO],
    ]


def test_an_article_and_its_updates_make_no_furniture() -> None:
    """The same words in the headline are the same article."""
    week: dict[bytes, bytes] = {}
    titles = ["Brücke gesperrt", "Brücke weiter gesperrt", "Brücke heute gesperrt", "Alte Brücke gesperrt"]

    assert [shown(title, story("Die Brücke bleibt zu"), week).spans for title in titles] == [()] * 4


def test_what_was_known_last_week_is_known_at_once() -> None:
    """And it is carried into this week's table, so that it stays known."""
    last = {key: KNOWN for begin, end, key in sentence_keys(PROMO)}
    week: dict[bytes, bytes] = {}

    learned = shown(TITLES[0], story(TITLES[0]), week, before=last)

    assert [span.kind for span in learned.spans] == ["recurring"]
    assert KNOWN in week.values()


def test_a_full_table_takes_no_new_sentence_but_keeps_learning_its_own() -> None:
    """The bound is on sentences that were seen once."""
    week: dict[bytes, bytes] = {}
    shown(TITLES[0], story(TITLES[0]), week)
    text = story(TITLES[1])

    learned = learn_story(text, TITLES[1], sentence_keys(text), Memory(week, {}, full=True))

    assert set(learned.rows) == {key for _, _, key in sentence_keys(PROMO)}


def test_lines_about_the_page_are_marked_by_their_words() -> None:
    """A consent note needs no second page to be known."""
    text = "Der Rat tagt am Montag.\nWir verwenden Cookies und bitten um Ihre Einwilligung."

    learned = learn_story(text, "Rat tagt", sentence_keys(text), Memory({}, {}))

    assert [span.kind for span in learned.spans] == ["page"]


@given(st.lists(st.text(max_size=40), max_size=6), st.text(max_size=200))
def test_any_texts_make_spans_in_order_within_the_text(titles: list[str], text: str) -> None:
    """Spans never overlap and never leave the text, whatever is in it."""
    week: dict[bytes, bytes] = {}
    for title in titles:
        spans = shown(title, text, week).spans
        places = [place for span in spans for place in (span.begin, span.end)]
        assert places == sorted(places)
        assert all(0 <= place <= len(text) for place in places)


def test_a_table_has_the_site_s_name_or_a_hash_of_it() -> None:
    """A key never holds what a page made up."""
    assert table_name("nordpost.example") == "nordpost.example"
    assert table_name("böse}:x") == table_name("böse}:x")
    assert set(table_name("böse}:x")) <= set("0123456789abcdef")
    assert table_name("") != ""


def test_a_week_has_seven_days() -> None:
    """Monday to Sunday or any other seven days: all that counts is that everyone counts alike."""
    first = datetime(2026, 3, 1, tzinfo=UTC)

    assert slice_of(first + timedelta(days=7)) == slice_of(first) + 1
