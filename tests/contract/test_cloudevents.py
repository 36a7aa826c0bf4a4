"""Our events are CloudEvents: the specification's own JSON Schema and SDK take every one of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from copytaster_schemas import NotAnEvent, make_envelope, parse_fields, to_structured
from copytaster_schemas.generate import schema_of
from copytaster_schemas.registry import EVENT_TYPES
from tests.contract.instances import fullest
from tests.contract.samples import NOON, SAMPLES

CHECK: Final = Path(__file__).parent / "node" / "check_cloudevents.mjs"

pytestmark = pytest.mark.timeout(240)  # the first test of a fresh checkout installs the tools


def faults_of(events: list[dict[str, Any]], node: str, node_tools: Path) -> list[list[str]]:
    """What the official schema and SDK say against each event."""
    command = [node, str(CHECK), str(node_tools)]
    done = subprocess.run(
        command, input=json.dumps(events), capture_output=True, text=True, timeout=60, check=True
    )
    faults: list[list[str]] = json.loads(done.stdout)
    return faults


def structured(name: str, *, full: bool) -> dict[str, Any]:
    """One event in structured form: the sample with the least of attributes, or the fullest data with all of them."""
    model = EVENT_TYPES[name].model
    data = model.model_validate(fullest(schema_of(EVENT_TYPES[name]))) if full else SAMPLES[name]
    more = {"correlationid": "ü", "causationid": "d", "traceparent": "00-1-2-01"} if full else {}
    envelope = make_envelope(
        name,
        "urn:uuid:3c1f9d0e-8f43-4b6e-9a54-0f6a4f1f8f10",
        1,
        source="/copytaster/main/test",
        time=NOON,
        recordedtime=NOON if full else None,
        **more,
    )
    return to_structured(envelope, data)


def test_every_event_is_valid_against_the_official_schema(node: str, node_tools: Path) -> None:
    """Every type, with few and with all attributes."""
    events = [structured(name, full=full) for name in SAMPLES for full in (False, True)]

    assert faults_of(events, node, node_tools) == [[] for _ in events]


def test_the_official_schema_refuses_what_is_no_event(node: str, node_tools: Path) -> None:
    """The check above can fail: a missing id, an empty source, a time in words, an attribute name with a dash."""
    good = structured("copytaster.item.dropped.v1", full=False)
    broken = [
        {name: value for name, value in good.items() if name != "id"},
        {**good, "source": ""},
        {**good, "time": "yesterday"},
        {**good, "correlation-id": "x"},
    ]

    assert all(faults_of(broken, node, node_tools))


def test_the_structured_form_says_the_same_as_the_entry() -> None:
    """Attributes without their prefix, the content type under its own name, and the data as JSON."""
    sample = SAMPLES["copytaster.item.dropped.v1"]
    envelope = make_envelope("copytaster.item.dropped.v1", "urn:x", 1, source="/s", time=NOON)
    parsed, raw = parse_fields(envelope.to_fields(sample.to_json()))

    assert to_structured(parsed, raw) == to_structured(envelope, sample)
    assert to_structured(envelope, sample) == {
        "specversion": "1.0",
        "id": envelope.id,
        "source": "/s",
        "type": "copytaster.item.dropped.v1",
        "subject": "urn:x",
        "time": "2026-03-01T12:00:00Z",
        "dataschema": "https://copytaster.example/schemas/copytaster.item.dropped.v1.json",
        "datacontenttype": "application/json",
        "data": sample.to_dict(),
    }


def test_data_that_is_no_json_has_no_structured_form() -> None:
    """The raw bytes of a broken entry are refused with the reason."""
    envelope = make_envelope("copytaster.item.dropped.v1", "urn:x", 1, source="/s", time=NOON)

    with pytest.raises(NotAnEvent, match="data is not JSON"):
        to_structured(envelope, b"{")
