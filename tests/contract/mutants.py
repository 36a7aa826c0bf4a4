"""All ways to break a schema by one change: every deletion, renaming and retyping, found by walking through it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

Path = tuple[str, ...]

TYPES: Final = ("string", "integer", "number", "boolean", "object", "array", "null")
BOUNDS: Final = ("minimum", "maximum", "minLength", "maxLength")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A schema with one change; `says` is what was done and where."""

    says: str
    schema: dict[str, Any]


def mutants_of(schema: dict[str, Any]) -> Iterator[Mutant]:
    """Every breaking change of one step."""
    text = json.dumps(schema)
    for path, node in objects_of(schema):
        for says, change in _changes(node):
            mutated = json.loads(text)  # a deep copy takes most of the test's time
            change(node_at(mutated, path))
            yield Mutant(f"/{'/'.join(path)}: {says}", mutated)


def objects_of(node: dict[str, Any], path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Path and node of every schema inside a schema, itself first."""
    yield path, node
    for keyword in ("properties", "$defs"):
        for name, part in node.get(keyword, {}).items():
            yield from objects_of(part, (*path, keyword, name))
    for keyword in ("items", "additionalProperties"):
        if keyword in node:
            yield from objects_of(node[keyword], (*path, keyword))


def node_at(schema: dict[str, Any], path: Path) -> dict[str, Any]:
    """The node of `schema` at `path`."""
    for step in path:
        schema = schema[step]
    return schema


Change = Callable[[dict[str, Any]], None]


def _changes(node: dict[str, Any]) -> Iterator[tuple[str, Change]]:
    """What can be done to one node: words, and a function that does it to a copy."""
    for keyword in ("properties", "$defs"):
        for name in node.get(keyword, {}):
            yield f"{keyword} {name} deleted", _deleted(keyword, name)
            yield f"{keyword} {name} renamed", _renamed(keyword, name)
    for name in node.get("required", ()):
        yield f"{name} made optional", _optional(name)
    for name in node.get("properties", {}):
        if name not in node.get("required", ()):
            yield f"{name} made required", _required(name)
    yield from _retypings(node)
    yield from _tightenings(node)


def _retypings(node: dict[str, Any]) -> Iterator[tuple[str, Change]]:
    for kind in TYPES:
        if node.get("type") not in (None, kind):
            yield f"type made {kind}", _set("type", kind)
            yield f"type widened by {kind}", _set("type", [node["type"], kind])
    for keyword in ("type", "$ref", "format", "default", "title", "items", "additionalProperties", *BOUNDS):
        if keyword in node:
            yield f"{keyword} deleted", _without(keyword)
    if "$ref" in node:
        yield "reference made text", _replaced({"type": "string"})
        yield "reference turned", _set("$ref", "#/$defs/Elsewhere")


def _tightenings(node: dict[str, Any]) -> Iterator[tuple[str, Change]]:
    """What leaves the type and changes which values are allowed."""
    if "properties" in node:
        yield "a required property added", _added_required
        yield "closed", _set("additionalProperties", False)
    for keyword in BOUNDS:
        for by in (-1, 1):
            if keyword in node:
                yield f"{keyword} moved by {by}", _set(keyword, node[keyword] + by)
    if node.get("type") == "string":
        yield "made a closed list", _set("enum", ["one", "two"])
        yield "given a pattern", _set("pattern", "^a")


def _deleted(keyword: str, name: str) -> Change:
    def change(node: dict[str, Any]) -> None:
        del node[keyword][name]
        if keyword == "properties" and name in node.get("required", ()):
            node["required"].remove(name)

    return change


def _renamed(keyword: str, name: str) -> Change:
    def change(node: dict[str, Any]) -> None:
        node[keyword] = {f"{key}2" if key == name else key: part for key, part in node[keyword].items()}
        if keyword == "properties" and "required" in node:
            node["required"] = [f"{key}2" if key == name else key for key in node["required"]]

    return change


def _optional(name: str) -> Change:
    return lambda node: node["required"].remove(name)


def _required(name: str) -> Change:
    return lambda node: node.setdefault("required", []).append(name)


def _set(keyword: str, value: Any) -> Change:
    return lambda node: node.__setitem__(keyword, value)


def _without(keyword: str) -> Change:
    return lambda node: node.__delitem__(keyword)


def _replaced(other: dict[str, Any]) -> Change:
    def change(node: dict[str, Any]) -> None:
        node.clear()
        node.update(other)

    return change


def _added_required(node: dict[str, Any]) -> None:
    node["properties"]["addedTomorrow"] = {"type": "string"}
    node.setdefault("required", []).append("addedTomorrow")
