"""Where the news of a cluster comes from, and how many independent sources it has."""

from __future__ import annotations

from dataclasses import replace

from copytaster.deduplicator.origin import Derivation, lineage
from copytaster.deduplicator.record import StoryRecord
from copytaster_schemas.story import Credit
from tests.unit.deduplicator.stories import record


def _story(name: str, at: int, *agencies: str, role: str = "originator", outlet: str = "") -> StoryRecord:
    credits = tuple(
        Credit(agency=agency, role=role, field="text", quote=agency, rule="test", confidence=1)
        for agency in agencies
    )
    return replace(record(name, "Text.", outlet=outlet), published_ms=at, credits=credits)


def _copy(a: str, b: str, source: str = "", *basis: str) -> Derivation:
    return Derivation(a, b, source, basis)


def test_twelve_reprints_of_one_report_are_one_source() -> None:
    """Members are counted, origins are one; the agency that nobody fetched is the origin."""
    stories = [_story(f"s{number:02d}", number, "dpa") for number in range(12)]
    copies = [_copy("s00", story.id) for story in stories[1:]]

    found = lineage(stories, copies)

    assert (found.counts.members, found.counts.families, found.counts.independent) == (12, 1, 1)
    assert (found.origin.story, found.origin.agency, found.origin.seen) == (None, "dpa", False)


def test_an_agency_that_was_fetched_is_the_origin_and_seen() -> None:
    """The agency's own page among the members is the origin, though a reprint came first."""
    stories = [_story("reprint", 1, "dpa"), _story("wire", 2, outlet="www.dpa.com")]

    found = lineage(stories, [_copy("reprint", "wire")]).origin

    assert (found.story, found.agency, found.seen) == ("wire", "dpa", True)


def test_a_photo_credit_makes_nobody_the_origin() -> None:
    """The picture's agency is not the text's."""
    found = lineage([_story("a", 1, "Reuters", role="photo"), _story("b", 2, "Reuters", role="photo")], [])

    assert found.origin.agency is None
    assert found.counts.independent == 2


def test_two_families_of_one_agency_are_one_source() -> None:
    """A German and an English reprint of the same agency are two families and one origin."""
    stories = [_story("de", 1, "AFP"), _story("en", 2, "AFP"), _story("own", 3)]

    counts = lineage(stories, []).counts

    assert (counts.families, counts.independent) == (3, 2)


def test_two_own_reports_of_one_owner_are_one_source() -> None:
    """Outlets of one family are no independent confirmation."""
    stories = [replace(_story(name, at), family="group.example") for at, name in enumerate("ab")]

    assert lineage(stories, []).counts.independent == 1


def test_the_text_that_others_name_is_the_origin() -> None:
    """Without an agency the source of most directed links leads, with what shows it."""
    stories = [_story("first", 5), _story("second", 1), _story("third", 9)]
    links = [_copy("second", "first", "first", "source_link"), _copy("third", "first", "first", "time")]

    found = lineage(stories, links).origin

    assert (found.story, found.basis) == ("first", ("source_link", "time"))


def test_without_evidence_the_first_seen_is_named_with_little_confidence() -> None:
    """A single story is its own origin, by time alone."""
    found = lineage([_story("only", 1)], [])

    assert (found.origin.story, found.origin.basis) == ("only", ("time",))
    assert found.origin.to_dict()["confidence"] == 0.5


def test_the_family_is_named_by_its_earliest_member() -> None:
    """Every story of a family points to the one that was published first."""
    found = lineage([_story("late", 9), _story("early", 1), _story("alone", 3)], [_copy("late", "early")])

    assert found.family_of == {"late": "early", "early": "early", "alone": "alone"}
