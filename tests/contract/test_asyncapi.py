"""The AsyncAPI document: the official parser takes it, and it describes the entries that really lie in the streams."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from copytaster_schemas import EVENT_TYPES, STREAMS, __version__, make_envelope, stream_key
from copytaster_schemas.asyncapi import asyncapi_of
from copytaster_schemas.plain_yaml import yaml_of
from tests.contract.formats import strict_validator
from tests.contract.samples import NOON, SAMPLES
from tests.support import ROOT

DOCUMENT: Final = ROOT / "schemas" / "asyncapi.yaml"
CHECK: Final = Path(__file__).parent / "node" / "check_asyncapi.mjs"

WARNING: Final = 1
"""Severities of the parser: 0 error, 1 warning, 2 information (for example that AsyncAPI 3.1 is out), 3 hint."""


BROKEN: Final = {
    "another version": ('asyncapi: "3.0.0"', 'asyncapi: "9.0.0"'),
    "a payload that is not there": ("./json/copytaster.story.compared.v1.json", "./json/missing.json"),
    "a parameter that is not there": ("#/components/parameters/desk", "#/components/parameters/table"),
    "no action": ("action: receive", "action: listen"),
}

pytestmark = pytest.mark.timeout(240)  # the first test of a fresh checkout installs the tools


def parsed(documents: list[Path], node: str, node_tools: Path) -> list[dict[str, Any]]:
    """What the official parser says of each: `diagnostics` and, where valid, `channels` with references resolved."""
    command = [node, str(CHECK), str(node_tools), *map(str, documents)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def fields_of(name: str) -> dict[str, str]:
    """An entry as the engine writes it, with every attribute."""
    envelope = make_envelope(
        name,
        "urn:x",
        1,
        source="/copytaster/main/test",
        time=NOON,
        recordedtime=NOON,
        correlationid="c",
        causationid="d",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    return {
        key.decode(): value.decode() for key, value in envelope.to_fields(SAMPLES[name].to_json()).items()
    }


def test_the_official_parser_takes_the_document_and_it_describes_real_entries(
    node: str, node_tools: Path
) -> None:
    """No error, no warning; every entry fits the headers and the payload of its message on the channel of its stream."""
    told = parsed([DOCUMENT], node, node_tools)[0]

    assert [item for item in told["diagnostics"] if item["severity"] <= WARNING] == []
    found = {
        name: (address, message)
        for address, messages in told["channels"].items()
        for name, message in messages.items()
    }
    assert found.keys() == EVENT_TYPES.keys()
    for name, (address, message) in found.items():
        fields = fields_of(name)
        data = json.loads(fields.pop("data"))
        assert address.format(desk="{main}") == stream_key("main", EVENT_TYPES[name].stream)
        strict_validator(message["headers"]).validate(fields)
        assert fields.keys() == message["headers"]["properties"].keys()
        strict_validator(message["payload"]).validate(data)
        assert not strict_validator(message["headers"]).is_valid({**fields, "ce_type": "another.v1"})


def test_the_official_parser_refuses_a_broken_document(tmp_path: Path, node: str, node_tools: Path) -> None:
    """The check above can fail: each of these mistakes is an error to the parser."""
    text = DOCUMENT.read_text(encoding="utf-8")
    (tmp_path / "json").symlink_to(ROOT / "schemas" / "json")
    documents = []
    for number, (line, other) in enumerate(BROKEN.values()):
        assert line in text
        documents.append(tmp_path / f"{number}.yaml")
        documents[-1].write_text(text.replace(line, other), encoding="utf-8")

    told = parsed(documents, node, node_tools)

    errors = [any(item["severity"] == 0 for item in one["diagnostics"]) for one in told]
    assert dict(zip(BROKEN, errors, strict=True)) == dict.fromkeys(BROKEN, True)


def test_the_yaml_says_what_the_generator_meant() -> None:
    """Any YAML parser reads the committed text as the very document that was made."""
    assert yaml.safe_load(DOCUMENT.read_text(encoding="utf-8")) == asyncapi_of(__version__)


def test_every_stream_is_a_channel_with_one_operation() -> None:
    """Copytaster sends on the streams of its services and receives what operators decide."""
    document = asyncapi_of(__version__)
    operations = {
        operation["channel"]["$ref"].rpartition("/")[2]: operation["action"]
        for operation in document["operations"].values()
    }

    assert document["channels"].keys() == STREAMS.keys() == operations.keys()
    assert [name for name, action in operations.items() if action == "receive"] == ["decisions"]
    assert {name for name, stream in STREAMS.items() if stream.public} == {
        name for name, channel in document["channels"].items() if channel["x-redis-stream"]["public"]
    }


@pytest.mark.parametrize(
    "value",
    [
        {
            "text": "yes",
            "more": ["no", "Null", "1", "1.0", "~", "a: b", "- a", "# a", "a #b", " a ", "", "über", "a\nb"],
        },
        {
            "numbers": [1, 1.5, -3, True, False],
            "empty": {},
            "none": [],
            "deep": [{"a": [{"b": {}}], "c": []}],
        },
        {"on": {"key: odd": "x", "$ref": "#/a"}, "lists": [["a"], []]},
    ],
    ids=["texts", "values", "names"],
)
def test_plain_data_comes_back_from_yaml_as_it_went(value: dict[str, Any]) -> None:
    """Texts that look like something else are quoted; nested and empty collections keep their shape."""
    assert yaml.safe_load(yaml_of(value)) == value


def test_what_has_no_plain_form_is_refused() -> None:
    """A value that YAML would have to guess at is a mistake of the generator."""
    with pytest.raises(TypeError, match="NoneType"):
        yaml_of({"a": None})
