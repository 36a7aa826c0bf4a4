"""The promise to readers: within a major version only optional fields are added, and a breaking change turns CI red."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from copytaster_schemas import (
    EVENT_TYPES,
    ClusterChanged,
    NotAnEvent,
    StoryCompared,
    make_envelope,
    parse_event,
)
from copytaster_schemas.compatibility import compatible
from copytaster_schemas.generate import breaks, released_schemas, schema_of
from tests.contract.formats import strict_validator
from tests.contract.instances import TOMORROW, fullest, smallest
from tests.contract.mutants import mutants_of, node_at, objects_of
from tests.contract.samples import NOON, SAMPLES
from tests.support import ROOT

SCHEMAS: Final = ROOT / "schemas"
RELEASED: Final = released_schemas(SCHEMAS)
NAMES: Final = sorted(RELEASED)


def fields_of(name: str, data: Any) -> dict[bytes, bytes]:
    """The entry in which an event with this `data` lies."""
    envelope = make_envelope(name, "urn:x", 1, source="/copytaster/main/test", time=NOON)
    return envelope.to_fields(json.dumps(data).encode())


def holds(whole: Any, part: Any) -> bool:
    """Whether nothing of `part` is lost in `whole`; defaults may come on top."""
    if isinstance(part, dict):
        return all(name in whole and holds(whole[name], value) for name, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part)


def test_the_models_break_no_reader_of_a_released_schema() -> None:
    """The models of today against every schema that was ever released, in one list of faults."""
    assert RELEASED.keys() >= {name for name in EVENT_TYPES if name.endswith(".v1")}
    assert breaks(RELEASED) == []


def properties_in(node: Any) -> int:
    """How many properties a schema declares, at any depth."""
    if isinstance(node, list):
        return sum(map(properties_in, node))
    if not isinstance(node, dict):
        return 0
    own = len(node["properties"]) if "type" in node and isinstance(node.get("properties"), dict) else 0
    return own + sum(map(properties_in, node.values()))


@pytest.mark.parametrize("name", NAMES)
def test_every_breaking_change_of_a_released_schema_is_reported(name: str) -> None:
    """Each deletion, renaming, retyping, tightening and loosening of every part; not one may survive."""
    mutants = list(mutants_of(RELEASED[name]))
    survivors = [mutant.says for mutant in mutants if not compatible(RELEASED[name], mutant.schema)]

    assert survivors == []
    # the walk misses no property, wherever it stands: each was deleted once and renamed once
    changed = [mutant for mutant in mutants if ": properties " in mutant.says]
    assert len(changed) == 2 * properties_in(RELEASED[name]) > 0


@pytest.mark.parametrize("name", NAMES)
def test_an_added_optional_field_and_other_words_are_no_break(name: str) -> None:
    """What a minor version may do is not reported: optional properties and new objects anywhere, new descriptions."""
    newer = copy.deepcopy(RELEASED[name])
    newer.setdefault("$defs", {})["Tomorrow"] = {"type": "object", "title": "Tomorrow", "properties": {}}
    for path, node in objects_of(RELEASED[name]):
        node_at(newer, path)["description"] = "in other words"
        if "properties" in node:
            node_at(newer, path)["properties"]["addedTomorrow"] = {"$ref": "#/$defs/Tomorrow"}

    assert compatible(RELEASED[name], newer) == []
    assert compatible(newer, RELEASED[name]) != []


@pytest.mark.parametrize(
    ("old", "new", "report"),
    [
        ({"properties": {"a": {}}}, {"properties": {}}, "/properties/a: is gone"),
        (
            {"properties": {"type": {"type": "string"}}},
            {"properties": {"type": {"type": "integer"}}},
            "/properties/type/type: was 'string', is 'integer'",
        ),
        ({"required": ["a"]}, {"required": []}, "/required: a is no longer required"),
        ({}, {"required": ["a"]}, "/required: a is now required"),
        ({"minimum": 1}, {}, "/minimum: was 1, is absent"),
        ({"default": 1}, {"default": True}, "/default: was 1, is True"),
        ({"items": {"type": "string"}}, {"items": {}}, "/items/type: was 'string', is absent"),
        ({"$defs": {"A": {}}}, {}, "/$defs/A: is gone"),
    ],
    ids=["gone", "a property called type", "optional", "required", "bound", "default", "items", "definition"],
)
def test_a_break_is_told_with_its_place(old: dict[str, Any], new: dict[str, Any], report: str) -> None:
    """Who broke something reads where, what it was and what it is."""
    assert compatible(old, new) == [report]


@pytest.mark.parametrize("name", NAMES)
def test_an_old_reader_takes_the_events_of_today(name: str) -> None:
    """Today's smallest, fullest and example event are valid against the released schema."""
    old, today = strict_validator(RELEASED[name]), schema_of(EVENT_TYPES[name])

    for data in (smallest(today), fullest(today), fullest(today, TOMORROW), SAMPLES[name].to_dict()):
        old.validate(data)


@pytest.mark.parametrize("name", NAMES)
def test_the_reader_of_today_takes_old_events(name: str) -> None:
    """The released example, and the smallest and fullest event that the released schema allows, are read."""
    path = SCHEMAS / "released" / name.rpartition(".")[2] / "examples" / f"{name}.json"
    example = json.loads(path.read_text(encoding="utf-8"))
    strict_validator(RELEASED[name]).validate(example)

    for data in (example, smallest(RELEASED[name]), fullest(RELEASED[name])):
        _, read = parse_event(fields_of(name, data))
        assert holds(read.to_dict(), data)


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_the_writer_of_today_keeps_to_its_own_schema(name: str) -> None:
    """What a model writes after reading the smallest and fullest data is valid, formats included."""
    schema = schema_of(EVENT_TYPES[name])

    for data in (smallest(schema), fullest(schema)):
        strict_validator(schema).validate(parse_event(fields_of(name, data))[1].to_dict())


@pytest.mark.parametrize("name", NAMES)
def test_fields_of_tomorrow_at_any_depth_are_passed_over(name: str) -> None:
    """An event of a newer minor version gives the same data as the same event without what was added."""
    with_more, without = fullest(RELEASED[name], TOMORROW), fullest(RELEASED[name])

    assert parse_event(fields_of(name, with_more))[1] == parse_event(fields_of(name, without))[1]


def test_words_of_tomorrow_are_read_as_they_are() -> None:
    """`op`, `relation`, `role`, `direction` and the reason's code are open: an unknown word is no fault."""
    cluster = SAMPLES["copytaster.cluster.changed.v1"].to_dict()
    compared = SAMPLES["copytaster.story.compared.v1"].to_dict()
    cluster |= {"op": "renamed", "state": "frozen", "reason": {"code": "moonlight"}}
    compared["links"][0] |= {"relation": "parody_of", "direction": "both"}
    compared["links"][0]["evidence"]["credits"][0]["role"] = "sponsor"

    _, change = parse_event(fields_of("copytaster.cluster.changed.v1", cluster))
    _, links = parse_event(fields_of("copytaster.story.compared.v1", compared))

    assert isinstance(change, ClusterChanged)
    assert (change.op, change.state, change.reason.code) == ("renamed", "frozen", "moonlight")
    assert isinstance(links, StoryCompared)
    assert links.links[0].relation == "parody_of"
    assert links.links[0].evidence.credits[0].role == "sponsor"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "copytaster.cluster.changed.v2",
            "unknown event type 'copytaster.cluster.changed.v2': this reader knows copytaster.cluster.changed.v1; "
            "update copytaster-schemas",
        ),
        ("copytaster.cluster.painted.v1", "unknown event type 'copytaster.cluster.painted.v1'"),
        ("v2", "unknown event type 'v2'"),
    ],
    ids=["a later major version", "an unknown type", "no dots"],
)
def test_an_event_from_the_future_is_refused_with_what_to_do(name: str, reason: str) -> None:
    """A reader that is too old says so, and what would help; it does not guess at the data."""
    fields = fields_of("copytaster.cluster.changed.v1", SAMPLES["copytaster.cluster.changed.v1"].to_dict())

    with pytest.raises(NotAnEvent) as told:
        parse_event({**fields, b"ce_type": name.encode()})

    assert str(told.value) == reason


def test_a_release_that_would_break_readers_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    """`generate --release` ends with 1, names the fault, and leaves what is released as it was."""
    name = "copytaster.item.dropped.v1"
    (tmp_path / "copytaster_schemas").mkdir()
    released = tmp_path / "released" / "v1"
    released.mkdir(parents=True)
    stricter = copy.deepcopy(RELEASED[name])
    stricter["properties"]["longGone"] = {"type": "string"}
    (released / f"{name}.json").write_text(json.dumps(stricter), encoding="utf-8")
    command = [sys.executable, "-m", "copytaster_schemas.generate", str(tmp_path), "--release"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == f"breaks readers: {name}: /properties/longGone: is gone\n"
    assert [path.name for path in released.iterdir()] == [f"{name}.json"]


def test_the_generator_takes_no_other_folder_for_its_own(tmp_path: Path) -> None:
    """A wrong folder is a usage mistake, told in a line; nothing is written there."""
    command = [sys.executable, "-m", "copytaster_schemas.generate", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "is not the schemas folder of a checkout" in done.stderr
    assert list(tmp_path.iterdir()) == []
