"""The event types for TypeScript, as text: one file of interfaces made from the JSON Schemas. No code, no reader.

Knows the keywords that our schemas use and refuses any other, so that nothing is lost without a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_SCALARS: Final = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}
_UNDERSTOOD: Final = frozenset(
    {
        *("$schema", "$id", "$defs", "$ref", "title", "description", "type", "format", "default"),
        *("properties", "required", "items", "additionalProperties"),
        *("minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength"),
    }
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

HEADER: Final = """\
// The data of every Copytaster event. Made by `make schemas` from schemas/json: edit the models, not this file.
// An absent value is left out, never null. Times are RFC 3339 in UTC. A newer writer may add optional fields and use
// values of an open vocabulary that you do not know yet: see ../redis-streams-binding.md.
"""


class NotUnderstood(ValueError):
    """A schema uses a keyword that has no TypeScript form here yet."""


def typescript_of(schemas: Mapping[str, Schema]) -> str:
    """The text of `events.ts`: an interface a titled object, the map `EventData` from event type to data, the types' names.

    `schemas` maps event types to their JSON Schemas. Raises NotUnderstood for a keyword or a type that this
    generator does not know, and for two different objects of one title.
    """
    interfaces: dict[str, str] = {}
    for schema in schemas.values():
        for part in (*schema.get("$defs", {}).values(), schema):
            text = _interface(part)
            if interfaces.setdefault(part["title"], text) != text:
                raise NotUnderstood(f"two different objects are called {part['title']}")
    rows = "\n".join(f"  {_quoted(name)}: {schema['title']};" for name, schema in schemas.items())
    names = "\n".join(f"  {_quoted(name)}," for name in schemas)
    ending = _ENDING.replace("ROWS", rows).replace("NAMES", names)
    return "\n".join([HEADER, *(interfaces[title] for title in sorted(interfaces)), ending])


_ENDING: Final = """\
/** Which data an event carries, by its `ce_type`. */
export interface EventData {
ROWS
}

export type EventType = keyof EventData;

/** One event, told apart by its type. */
export type CopytasterEvent = { [T in EventType]: { type: T; data: EventData[T] } }[EventType];

export const EVENT_TYPES: readonly EventType[] = [
NAMES
];
"""


def _interface(schema: Schema) -> str:
    if schema.get("type") != "object" or "title" not in schema:
        raise NotUnderstood(f"not a titled object: {sorted(schema)}")
    return "\n".join(
        [*_comment(schema, ""), f"export interface {schema['title']} {{", *_members(schema), "}", ""]
    )


def _members(schema: Schema) -> Iterator[str]:
    _check(schema)
    required = schema.get("required", [])
    for name, part in schema.get("properties", {}).items():
        yield from _comment(part, "  ")
        key = name if _NAME.fullmatch(name) else _quoted(name)
        yield f"  {key}{'' if name in required else '?'}: {_type(part)};"


def _type(schema: Schema) -> str:
    _check(schema)
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix("#/$defs/")
    kind = schema.get("type")
    if kind == "array":
        return f"{_type(schema['items'])}[]"
    if kind == "object" and "additionalProperties" in schema:
        return f"Record<string, {_type(schema['additionalProperties'])}>"
    if kind not in _SCALARS:
        raise NotUnderstood(f"type {kind!r}")
    return _SCALARS[kind]


def _check(schema: Schema) -> None:
    if unknown := schema.keys() - _UNDERSTOOD:
        raise NotUnderstood(f"keywords {', '.join(sorted(unknown))}")


def _comment(schema: Schema, indent: str) -> list[str]:
    text = " ".join(str(schema.get("description", "")).split()).replace("*/", "* /")
    return [f"{indent}/** {text} */"] if text else []


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
