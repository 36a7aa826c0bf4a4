"""The contract: generated schemas are committed, every type has a valid example, events survive the wire."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema.protocols import Validator

from copytaster_schemas import EVENT_TYPES, STREAMS, NotAnEvent, make_envelope, parse_event, parse_fields
from copytaster_schemas.generate import all_files, schema_of
from tests.contract.formats import strict_validator
from tests.contract.samples import NOON, SAMPLES
from tests.support import ROOT

TYPES = sorted(EVENT_TYPES)


def validator(name: str) -> Validator:
    """The strict validator of one event type."""
    return strict_validator(schema_of(EVENT_TYPES[name]))


@pytest.mark.parametrize("name", sorted(all_files()))
def test_a_committed_description_is_the_generated_one(name: str) -> None:
    """A changed model shows up in review as changed JSON Schema, AsyncAPI document and types (`make schemas`)."""
    assert (ROOT / "schemas" / name).read_text(encoding="utf-8") == all_files()[name]


def test_no_schema_is_left_of_a_type_that_is_gone() -> None:
    """The folders of schemas and examples hold one file an event type and nothing else."""
    for folder in ("json", "examples"):
        assert sorted(path.stem for path in (ROOT / "schemas" / folder).glob("*")) == TYPES


@pytest.mark.parametrize("name", TYPES)
def test_the_committed_example_is_the_sample_and_valid(name: str) -> None:
    """Each type has one example that validates against its schema."""
    committed = json.loads((ROOT / "schemas" / "examples" / f"{name}.json").read_text(encoding="utf-8"))

    assert committed == SAMPLES[name].to_dict()
    validator(name).validate(committed)


@pytest.mark.parametrize("name", TYPES)
def test_no_schema_admits_null(name: str) -> None:
    """An absent value is left out, never null."""

    def nulls(node: Any) -> bool:
        if isinstance(node, dict):
            return node.get("type") == "null" or any(map(nulls, node.values()))
        return isinstance(node, list) and any(map(nulls, node))

    assert not nulls(schema_of(EVENT_TYPES[name]))


@pytest.mark.parametrize("name", TYPES)
def test_an_event_comes_back_from_the_wire_as_it_went(name: str) -> None:
    """Envelope and data survive the fields of an entry, umlauts and all, with bytes and with text."""
    sample = SAMPLES[name]
    envelope = make_envelope(
        name, "urn:x", 7, source="/copytaster/main/test", time=NOON, correlationid="Überlauf"
    )
    fields = envelope.to_fields(sample.to_json())

    back, data = parse_event(fields)
    as_text = parse_event({key.decode(): value.decode() for key, value in fields.items()})

    assert data == sample
    assert as_text[1] == sample
    assert (back.id, back.subject, back.time, back.correlationid) == (envelope.id, "urn:x", NOON, "Überlauf")


@pytest.mark.parametrize("name", TYPES)
def test_a_reader_of_today_ignores_a_field_of_tomorrow(name: str) -> None:
    """Within a major version optional fields are added; an older reader is not disturbed."""
    newer = {**SAMPLES[name].to_dict(), "addedLater": {"deep": [1]}}

    validator(name).validate(newer)
    assert EVENT_TYPES[name].model.model_validate(newer) == SAMPLES[name]


def test_every_event_type_belongs_to_a_declared_stream() -> None:
    """No event goes to a stream that the table of streams does not know."""
    assert {event.stream for event in EVENT_TYPES.values()} == STREAMS.keys()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({b"ce_type": b"copytaster.unknown.v1"}, "unknown event type"),
        ({b"ce_specversion": b"0.3"}, "ce_specversion"),
        ({b"ce_time": b"yesterday"}, "not an instant"),
        ({b"data": b"{"}, "Invalid JSON"),
        ({b"data": b"{}"}, "Field required"),
    ],
    ids=["unknown type", "old specversion", "no instant", "broken json", "missing field"],
)
def test_what_is_no_event_is_refused_with_a_reason(change: dict[bytes, bytes], word: str) -> None:
    """A reader learns in words what is wrong with an entry."""
    name = "copytaster.item.dropped.v1"
    envelope = make_envelope(name, "urn:x", 1, source="/s", time=NOON)
    fields = {**envelope.to_fields(SAMPLES[name].to_json()), **change}

    with pytest.raises(NotAnEvent, match=word):
        parse_event(fields)
    with pytest.raises(NotAnEvent, match="missing fields"):
        parse_fields({b"ce_specversion": b"1.0"})


def test_the_schemas_distribution_needs_pydantic_and_nothing_of_the_application(tmp_path: Path) -> None:
    """A subscriber installs copytaster-schemas alone."""
    code = (
        "import sys, copytaster_schemas.generate; "
        "taken = {name.split('.')[0] for name in sys.modules}; "
        "sys.exit(bool(taken & {'copytaster', 'redis', 'faststream', 'structlog', 'aiohttp'}))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)

    assert done.returncode == 0
