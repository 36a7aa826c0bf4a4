"""Records from stories, from short lines, and back from storage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from copytaster.deduplicator.bulk import credited
from copytaster.deduplicator.record import from_json, from_line, from_story, to_json
from copytaster_schemas.story import Body, Credit, FurnitureSpan, Headline, Provider, Story
from tests.unit.deduplicator import stories

LINE = {"id": "a", "text": stories.STRIKE_CALLED, "language": "de"}

BAD_LINES: dict[str, tuple[dict[str, Any], str]] = {
    "no id": ({"text": "x"}, "'id'"),
    "an id that is a number": ({"id": 7, "text": "x"}, "'id'"),
    "no text": ({"id": "a"}, "'text'"),
    "a title that is a list": ({**LINE, "title": ["x"]}, "'title'"),
    "a time that is none": ({**LINE, "published": "yesterday"}, "ISO 8601"),
}


def _story() -> Story:
    at = datetime(2025, 3, 3, 10, tzinfo=UTC)
    return Story(
        uri="urn:uuid:00000000-0000-5000-8000-000000000001",
        version=3,
        headlines=[Headline(value="Warnstreik")],
        bodies=[Body(char_count=5, word_count=1, value="Text.")],
        language="de",
        version_created=at,
        first_created=at,
        credits=[
            Credit(role="cited_url", field="text", quote="https://a.example/1", rule="source", confidence=1)
        ],
        furniture=[FurnitureSpan(begin=0, end=2, kind="promo")],
        provider=Provider(outlet="nordpost.example"),
        text_hash="x",
    )


def test_a_story_becomes_a_record() -> None:
    """Fields, sources and furniture come over; an outlet without an owner is its own family."""
    record = from_story(_story())

    assert (record.version, record.title, record.text, record.family) == (
        3,
        "Warnstreik",
        "Text.",
        "nordpost.example",
    )
    assert record.source_urls == ("https://a.example/1",)
    assert record.furniture == ((0, 2),)
    assert record.published_ms is None
    assert record.time_ms == record.first_seen_ms == 1_740_996_000_000


def test_a_full_story_line_is_read_as_the_event_would_be() -> None:
    """A line that holds a story's data gives the same record as the story."""
    assert from_line(_story().to_dict()) == from_story(_story())


def test_a_stored_record_comes_back_equal() -> None:
    """Storing loses nothing, umlauts and credits included."""
    record = credited(from_line({**LINE, "title": "Löhne", "published": "2025-03-03T10:00:00+01:00"}))

    assert record.credits
    assert from_json(to_json(record)) == record


def test_a_stored_record_of_another_format_is_refused() -> None:
    """A format from elsewhere is an error, not a guess."""
    with pytest.raises(ValueError, match="format"):
        from_json("[99]")


@pytest.mark.parametrize(("line", "told"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_refused_with_the_reason(line: dict[str, Any], told: str) -> None:
    """The message names the field."""
    with pytest.raises(ValueError, match=told):
        from_line(line)


def test_the_outlet_of_a_short_line_falls_back_to_its_host() -> None:
    """Without an outlet the address tells who publishes; `lang` is read where `language` is missing."""
    record = from_line({"id": "a", "text": "x", "url": "https://nordpost.example/1", "lang": "ru"})

    assert (record.outlet, record.language) == ("nordpost.example", "ru")


def test_the_language_of_a_line_without_one_is_read_from_its_text() -> None:
    """A text of some length tells its language."""
    assert from_line({"id": "a", "text": stories.STRIKE_CALLED}).language == "de"


def test_a_time_without_a_zone_is_utc() -> None:
    """The same instant with and without a zone is one time."""
    plain, zoned = (from_line({**LINE, "published": f"2025-03-03T10:00:00{zone}"}) for zone in ("", "Z"))

    assert plain.published_ms == zoned.published_ms
