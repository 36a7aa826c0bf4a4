"""A story as a ninjs 3.1 news item: valid, nothing of ours in it, nothing of the standard's lost."""

from __future__ import annotations

import json
import os
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from copytaster_schemas import Story, to_ninjs
from copytaster_schemas.generate import schema_of
from copytaster_schemas.ninjs import DATE_ONLY_NOTE, NINJS_SCHEMA
from copytaster_schemas.registry import STORY_PUBLISHED
from copytaster_schemas.story import (
    AltId,
    Association,
    Body,
    Headline,
    InfoSource,
    Located,
    Provider,
    Subject,
)
from tests.contract.formats import STRICT, strict_validator
from tests.contract.instances import fullest, smallest
from tests.contract.ninjs_profile import PROFILE
from tests.contract.samples import NOON, SAMPLES
from tests.support import ROOT

GEOJSON: Final = "https://geojson.org/schema/GeoJSON.json"
"""The one schema outside that the standard's refers to; our stories have no geometry, so that anything goes there."""


FILE: Final = "ninjs-schema_3.1.json"


def _official() -> Validator | None:
    """IPTC's own schema, where it lies on this machine: NINJS_SCHEMA, or `standards/` of the evaluation data."""
    data = Path(os.environ.get("EVAL_DATA") or ROOT.parent / "shared" / "data")
    stated = Path(os.environ.get("NINJS_SCHEMA") or data / "standards" / FILE)
    if not stated.is_file():
        return None
    schema = json.loads(stated.read_text(encoding="utf-8"))
    assert schema["$id"] == NINJS_SCHEMA
    registry: Registry[Any] = Registry().with_resource(GEOJSON, DRAFT202012.create_resource({}))
    return Draft202012Validator(schema, registry=registry, format_checker=STRICT)


OFFICIAL: Final = _official()
VALIDATORS: Final = {
    "our extract": strict_validator(PROFILE),
    **({"the official schema": OFFICIAL} if OFFICIAL is not None else {}),
}
"""The standard's own schema is not ours to ship: our extract of it is checked always, the original where it is at hand."""


def story(**changes: Any) -> Story:
    """The sample story with some fields changed."""
    sample = SAMPLES["copytaster.story.published.v1"]
    assert isinstance(sample, Story)
    return sample.model_copy(update=changes)


FULL: Final = story(
    lead="Die Hafenbehörde nennt keinen Grund.",
    body_scope="full",
    by="Von Anna Beispiel",
    authors=["Anna Beispiel"],
    usage_terms="Nur für Abonnenten",
    correction_note="Berichtigt: Wochentag.",
    subjects=[Subject(name="Hafen", creator="page"), Subject(name="Norden")],
    info_sources=[InfoSource(name="TASS", role="originator", uri="https://tass.example/", literal="TASS")],
    associations=[
        Association(
            name="Bild 1",
            uri="https://nordpost.example/bild.jpg",
            description_text="Der Hafen am Morgen",
            credit_line="Foto: B. Muster",
        )
    ],
    captions=["Der Hafen am Morgen"],
    content_modified=NOON,
    is_accessible_for_free=True,
    live_ticker=False,
)

CASES: Final = {
    "the sample": story(),
    "all there is": FULL,
    "the least of a story": Story.model_validate(smallest(schema_of(STORY_PUBLISHED))).model_copy(
        update={"uri": FULL.uri}
    ),
    "every field filled": Story.model_validate(fullest(schema_of(STORY_PUBLISHED))).model_copy(
        update={"uri": FULL.uri}
    ),
    "a withdrawn story": story(pub_status="canceled", version=3),
    "a body that lies elsewhere": story(bodies=[Body(char_count=60_000, word_count=9_000)], dataref="body:1"),
    "a picture without an address": story(associations=[Association(name="Bild 1")]),
    "addresses that are none": story(
        associations=[Association(name="b", uri="/bild.jpg"), Association(name="c", uri="https://a b/")],
        info_sources=[InfoSource(name="TASS", uri="tass.example"), InfoSource(name="RIA", uri="http://[")],
    ),
    "kinds of tomorrow": story(
        type="hologram", associations=[Association(name="b", uri="urn:x:y", type="smell")]
    ),
    "a date without a time": story(content_created_precision="date"),
}


@pytest.mark.parametrize("validator", VALIDATORS.values(), ids=VALIDATORS)
@pytest.mark.parametrize("name", CASES)
def test_an_item_keeps_to_the_names_and_types_of_the_standard(name: str, validator: Validator) -> None:
    """Every kind of story gives an item of the standard's names, types, closed lists and formats."""
    validator.validate(to_ninjs(CASES[name]))


@pytest.mark.parametrize("validator", VALIDATORS.values(), ids=VALIDATORS)
def test_a_field_of_the_standard_in_another_type_or_of_ours_is_refused(validator: Validator) -> None:
    """Our extract is not laxer than the original: both know its fields, and both refuse what is none of them."""
    item = _filled(PROFILE)
    validator.validate(item)

    for name, part in PROFILE["properties"].items():
        wrong = {"type": 7} if part.get("type") != "object" else ["x"]
        assert not validator.is_valid({**item, name: wrong}), name
    assert not validator.is_valid({**item, "credits": []})


def _filled(schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {name: _filled(part) for name, part in schema["properties"].items()}
    if schema["type"] == "array":
        return [_filled(schema["items"])]
    formats = {"uri": "urn:x:y", "date-time": "2026-03-01T12:00:00Z"}
    return 1 if schema["type"] == "integer" else formats.get(schema.get("format", ""), "text")


def test_nothing_that_ninjs_has_a_place_for_is_lost() -> None:
    """The whole item of a story with everything, field by field."""
    assert to_ninjs(FULL) == {
        "standard": {"name": "ninjs", "version": "3.1", "schema": NINJS_SCHEMA},
        "uri": FULL.uri,
        "type": "text",
        "version": "1",
        "representationType": "full",
        "pubStatus": "usable",
        "language": "de",
        "by": "Von Anna Beispiel",
        "located": "Karstadt",
        "usageTerms": "Nur für Abonnenten",
        "edNote": "Berichtigt: Wochentag.",
        "firstCreated": "2026-03-01T12:00:00Z",
        "versionCreated": "2026-03-01T12:00:00Z",
        "contentCreated": "2026-03-01T12:00:00Z",
        "headlines": [{"role": "main", "value": "Hafen von Karstadt bleibt gesperrt"}],
        "descriptions": [{"role": "lead", "value": "Die Hafenbehörde nennt keinen Grund."}],
        "bodies": [
            {
                "role": "main",
                "contentType": "text/plain",
                "charCount": 94,
                "wordCount": 14,
                "value": FULL.text,
            }
        ],
        "people": [{"name": "Anna Beispiel", "rel": "author"}],
        "infoSources": [
            {"name": "Nordpost", "role": "publisher"},
            {"name": "TASS", "role": "originator", "uri": "https://tass.example/", "literal": "TASS"},
        ],
        "altIds": [{"role": "url", "value": "https://nordpost.example/hafen"}],
        "subjects": [{"name": "Hafen", "creator": "page"}, {"name": "Norden"}],
        "associations": [
            {
                "name": "Bild 1",
                "uri": "https://nordpost.example/bild.jpg",
                "type": "picture",
                "by": "Foto: B. Muster",
                "descriptions": [{"role": "caption", "value": "Der Hafen am Morgen"}],
            }
        ],
    }


@pytest.mark.parametrize(
    ("case", "name", "value"),
    [
        ("a withdrawn story", "pubStatus", "canceled"),
        ("a body that lies elsewhere", "representationType", "partial"),
        ("a body that lies elsewhere", "bodies", None),
        ("a picture without an address", "associations", None),
        ("addresses that are none", "associations", None),
        ("kinds of tomorrow", "type", None),
        ("a date without a time", "edNote", DATE_ONLY_NOTE),
    ],
)
def test_what_the_standard_has_no_place_for_is_left_out_or_said(case: str, name: str, value: object) -> None:
    """A closed list, a required address, a date without a time: the item says less, never something wrong."""
    assert to_ninjs(CASES[case]).get(name) == value


def test_an_unknown_status_is_no_permission_to_publish() -> None:
    """A status of tomorrow becomes `withheld`: leaving it out would mean `usable`."""
    assert to_ninjs(story(pub_status="embargoed"))["pubStatus"] == "withheld"


_words = st.text(max_size=6)
_maybe = st.none() | _words
_instants = st.datetimes(timezones=st.just(UTC))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_story_gives_a_valid_item(data: st.DataObject) -> None:
    """Whatever stands in the fields, the item keeps to the standard."""
    draw = data.draw
    made = Story(
        uri="urn:uuid:3c1f9d0e-8f43-4b6e-9a54-0f6a4f1f8f10",
        version=draw(st.integers(1, 99)),
        type=draw(st.sampled_from(["text", "picture", "tale"])),
        pub_status=draw(st.sampled_from(["usable", "withheld", "canceled", "lost"])),
        headlines=draw(st.lists(st.builds(Headline, value=_words), max_size=2)),
        bodies=draw(
            st.lists(st.builds(Body, char_count=st.just(1), word_count=st.just(1), value=_maybe), max_size=2)
        ),
        lead=draw(_maybe),
        by=draw(_maybe),
        authors=draw(st.lists(_words, max_size=2)),
        located=draw(st.none() | st.builds(Located, name=_words)),
        version_created=draw(_instants),
        first_created=draw(_instants),
        content_created=draw(st.none() | _instants),
        content_created_precision=draw(st.sampled_from([None, "date", "second"])),
        info_sources=draw(st.lists(st.builds(InfoSource, name=_words, uri=_maybe | _uris), max_size=2)),
        alt_ids=draw(st.lists(st.builds(AltId, role=_words, value=_words), max_size=2)),
        subjects=draw(st.lists(st.builds(Subject, name=_words, creator=_maybe), max_size=2)),
        associations=draw(st.lists(st.builds(Association, name=_words, uri=_maybe | _uris), max_size=2)),
        provider=Provider(outlet=draw(_words), name=draw(_maybe)),
        text_hash="1:0",
    )

    strict_validator(PROFILE).validate(to_ninjs(made))


_uris = st.builds("{}{}{}".format, st.sampled_from(["https://", "urn:", "//", ":"]), _words, _words)
