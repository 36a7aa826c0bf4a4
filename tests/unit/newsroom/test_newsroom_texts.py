"""How copies are written down and how dates come into texts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from copytaster.newsroom import almanac
from copytaster.newsroom.texts import Paragraph, apply_edits, expand, fill_in, split_paragraphs

FRIDAY = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
SOURCE = (Paragraph("One."), Paragraph("Two.", background=True), Paragraph("Three."))


def nobody(article_id: str) -> tuple[Paragraph, ...]:
    """Stands for a catalogue without that article."""
    raise AssertionError(article_id)


def test_paragraphs_are_parted_by_empty_lines() -> None:
    """Blank lines, also with spaces in them, part paragraphs; single line breaks do not."""
    assert split_paragraphs("\nOne\nline.\n \n\nTwo.\n") == ("One\nline.", "Two.")


def test_references_bring_paragraphs_of_the_source_and_own_ones_stay() -> None:
    """Kept paragraphs come in the order in which the copy names them, with their marks."""
    assert expand(("{2-3}", "Own.", "{1}"), SOURCE, nobody) == (
        SOURCE[1],
        SOURCE[2],
        Paragraph("Own."),
        SOURCE[0],
    )


def test_a_paragraph_of_another_article_is_background() -> None:
    """What stands word for word in two news points is marked."""
    assert expand(("{other-point.outlet:1}",), (), lambda _: SOURCE) == (Paragraph("One.", background=True),)


@pytest.mark.parametrize("reference", ["{4}", "{0}", "{3-2}"], ids=["beyond the end", "zero", "backwards"])
def test_a_reference_to_a_missing_paragraph_is_refused(reference: str) -> None:
    """A slip in the content is found when it is read."""
    with pytest.raises(ValueError, match="not among the 3"):
        expand((reference,), SOURCE, nobody)


def test_an_edit_that_changes_nothing_is_refused() -> None:
    """An edit whose text is gone from the source would silently make a verbatim copy."""
    assert apply_edits(("a b", "b"), (("b", "c"),)) == ("a c", "c")
    with pytest.raises(ValueError, match="finds nothing"):
        apply_edits(("a b",), (("x", "c"),))


@pytest.mark.parametrize(
    ("language", "text", "printed"),
    [
        ("de", "KARSUND, {date} - am {weekday}, ab {weekday+2}", "KARSUND, 1. Mai - am Freitag, ab Sonntag"),
        ("en", "KARSUND, {date} - on {weekday}, from {weekday+3}", "KARSUND, May 1 - on Friday, from Monday"),
        ("fr", "KARSUND, {date} - {weekday}, dès {weekday+1}", "KARSUND, 1 mai - vendredi, dès samedi"),
        ("vi", "KARSUND, ngày {date}, hôm {weekday}", "KARSUND, ngày 1 tháng 5, hôm thứ Sáu"),
        ("ru", "КАРСУНД, {date}. {Weekday}, {weekday-1}", "КАРСУНД, 1 мая. В пятницу, в четверг"),
    ],
    ids=["German", "English", "French", "Vietnamese", "Russian"],
)
def test_dates_are_printed_as_a_newspaper_of_that_language_does(
    language: str, text: str, printed: str
) -> None:
    """Datelines and weekdays follow the language of the text."""
    assert fill_in(text, language=language, day=FRIDAY, url_of=str) == printed


def test_addresses_of_other_articles_are_filled_in() -> None:
    """A source line names the page that the text was taken from."""
    filled = fill_in("Quelle: {url:a-b.c}", language="de", day=FRIDAY, url_of=lambda one: f"http://{one}/")

    assert filled == "Quelle: http://a-b.c/"


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("rfc822_gmt", "Fri, 01 May 2026 12:30:00 GMT"),
        ("rfc822_local", "Fri, 01 May 2026 14:30:00 +0200"),
        ("rfc822_msk", "Fri, 01 May 2026 15:30:00 MSK"),
        ("rfc822_cet", "Fri, 01 May 2026 13:30:00 CET"),
        ("iso_utc", "2026-05-01T12:30:00Z"),
        ("iso_local", "2026-05-01T14:30:00+02:00"),
    ],
    ids=str,
)
def test_one_instant_in_all_forms_of_feed_dates(form: str, printed: str) -> None:
    """Every form names the same instant."""
    assert almanac.feed_date(FRIDAY, form, 120) == printed


def test_an_unknown_form_of_date_is_refused() -> None:
    """A slip in an outlet's file is found when its feed is written."""
    with pytest.raises(ValueError, match="unknown form"):
        almanac.feed_date(FRIDAY, "stardate", 0)
