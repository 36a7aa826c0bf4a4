"""What docs/subscribing.md says besides its programs, against the code."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from copytaster.deduplicator.telling import MAX_MEMBERS
from copytaster.extractor.outcome import MAX_BODY_BYTES
from copytaster.keys import DAY_SECONDS, RECORD_SECONDS, Keys
from copytaster_schemas import EVENT_TYPES, STREAMS, ClusterChanged
from copytaster_schemas.generate import schema_of
from copytaster_schemas.reasons import OPS
from tests.stack.deduplicator.desk import make_story
from tests.stack.subscribers.conftest import Server
from tests.stack.subscribers.programs import code_block, code_blocks
from tests.stack.subscribers.recording import DESK
from tests.support import ROOT

GUIDE = "docs/subscribing.md"
TEXT = (ROOT / GUIDE).read_text(encoding="utf-8")
SUBSCRIBER = ROOT / "deploy" / "subscriber" / "subscriber.py"
KEYS = Keys(DESK)


def rows(header: str) -> list[list[str]]:
    """The cells of the table under `header`."""
    table = TEXT.split(header, 1)[1].split("\n\n", 1)[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_block_of_the_guide_is_one_that_a_test_runs_or_checks() -> None:
    """A new block asks for a test of its own."""
    marks = {
        "python": ["def text_of", "sqlite3", "cloudevents", "plain-example"],
        "js": ["createClient"],
        "sh": ["redis-cli --json XRANGE", "redis-cli() {", "copytaster export clusters"],
        "json": ["mergedInto"],
        "": ["docker compose -f deploy/compose.subscriber.yml up --build"],
    }
    fences = re.findall(r"^```(\w*)$", TEXT, re.MULTILINE)[::2]

    assert sorted(fences) == sorted(language for language, found in marks.items() for _ in found)
    for language, found in marks.items():
        for mark in found:
            assert code_block(GUIDE, language, mark)


def test_the_python_example_is_the_one_that_is_deployed() -> None:
    """The guide shows deploy/subscriber/subscriber.py to the letter."""
    assert code_block(GUIDE, "python", "sqlite3") == SUBSCRIBER.read_text(encoding="utf-8")


def test_the_table_of_streams_names_the_public_ones_with_their_types() -> None:
    """All of them, and no other."""
    told = {
        name.strip("`"): re.findall(r"copytaster[a-z0-9.]+", types) for name, types, *_ in rows("| stream |")
    }
    public = [stream.name for stream in STREAMS.values() if stream.public]

    assert list(told) == public
    assert told == {
        name: [event.name for event in EVENT_TYPES.values() if event.stream == name] for name in public
    }


def test_the_table_of_operations_is_the_registry() -> None:
    """Every `op` of a cluster, in the same order."""
    assert [cells[0].strip("`") for cells in rows("| `op` |")] == list(OPS)


def test_the_merge_in_the_guide_is_two_valid_events_that_name_each_other() -> None:
    """First the one that ended, then the one that goes on."""
    [block] = code_blocks(GUIDE, "json")
    events: list[dict[str, Any]] = json.loads(block)
    validator = Draft202012Validator(schema_of(EVENT_TYPES["copytaster.cluster.changed.v1"]))
    for event in events:
        validator.validate(event)
    ended, survivor = (ClusterChanged.model_validate(event) for event in events)

    assert (ended.op, ended.state, survivor.op, survivor.state) == ("merged", "merged", "merged", "open")
    assert ended.merged_into == survivor.cluster
    assert survivor.merged_from == [ended.cluster]
    assert set(ended.removed) <= set(survivor.added)


def test_the_function_for_long_texts_finds_them_where_they_lie(valkey: Server) -> None:
    """A short text comes from the story, a long one from its key, and one that is gone is None."""
    namespace: dict[str, Any] = {}
    exec(code_block(GUIDE, "python", "def text_of"), namespace)  # noqa: S102 - the document's own code
    text_of = namespace["text_of"]
    short = make_story("kurz", "Grüße aus Münster")
    long = short.model_copy(update={"dataref": "body:abc:1"})

    assert text_of(valkey.client, DESK, short) == "Grüße aus Münster"
    assert text_of(valkey.client, DESK, long) is None
    valkey.client.set(KEYS.key("body:abc:1"), "Grüße", ex=60)
    assert text_of(valkey.client, DESK, long) == "Grüße"


def test_the_figures_of_the_guide_are_those_of_the_code() -> None:
    """Days, bytes and members."""
    assert f"for\n{RECORD_SECONDS // DAY_SECONDS} days" in TEXT
    assert f"A body beyond {MAX_BODY_BYTES // 1024} KiB" in TEXT
    assert f"more than {MAX_MEMBERS} stories lists {MAX_MEMBERS}" in TEXT
    kept = {stream.kept_seconds for stream in STREAMS.values() if stream.public} - {None}
    assert kept == {14 * DAY_SECONDS}
    assert "at least 14 days, `decisions` for ever" in TEXT


def test_the_image_of_the_example_is_built_on_the_base_image_of_the_others() -> None:
    """No other image is pulled, no frontend is asked for."""
    dockerfile = (ROOT / "deploy" / "subscriber" / "Dockerfile").read_text(encoding="utf-8")

    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) == {"python:3.13-slim"}
    assert "syntax=" not in dockerfile


def test_the_compose_example_is_locked_down_and_joins_the_network_of_the_stack() -> None:
    """Another project's container without rights, on the very network that docker-compose.yml names."""
    example = yaml.safe_load((ROOT / "deploy" / "compose.subscriber.yml").read_text(encoding="utf-8"))
    stack = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    service = example["services"]["subscriber"]

    assert example["name"] != stack["name"]
    assert example["volumes"]["subscriber-secret"] == {
        **stack["volumes"]["subscriber-secret"],
        "external": True,
    }
    assert example["networks"]["copytaster"] == {**stack["networks"]["copytaster"], "external": True}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert not {"container_name", "privileged", "ports", "cap_add"} & set(service)
