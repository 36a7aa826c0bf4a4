"""Makes data that a schema allows: as little as possible, as much as possible, and with fields of tomorrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_SCALARS: Final[dict[str, Any]] = {"string": "text", "boolean": True}
_FORMATS: Final = {"date-time": "2026-03-01T12:00:00Z"}
TOMORROW: Final = {"addedTomorrow": {"deep": [1, "zwei"]}}


def smallest(schema: Schema) -> Any:
    """Only what is required, every list and map empty."""
    return _instance(schema, schema, full=False, extra={})


def fullest(schema: Schema, extra: Mapping[str, Any] | None = None) -> Any:
    """Every property, one element in every list and map; `extra` goes into every object that has properties."""
    return _instance(schema, schema, full=True, extra=extra or {})


def _instance(schema: Schema, root: Schema, *, full: bool, extra: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return _instance(root["$defs"][name], root, full=full, extra=extra)
    kind = schema["type"]
    if kind == "array":
        return [_instance(schema["items"], root, full=full, extra=extra)] if full else []
    if kind == "object":
        return _object(schema, root, full=full, extra=extra)
    if kind in {"integer", "number"}:
        return schema.get("minimum", 0)
    return _FORMATS.get(schema.get("format", ""), _SCALARS[kind])


def _object(schema: Schema, root: Schema, *, full: bool, extra: Mapping[str, Any]) -> dict[str, Any]:
    if "additionalProperties" in schema:
        return (
            {"key": _instance(schema["additionalProperties"], root, full=full, extra=extra)} if full else {}
        )
    wanted = schema["properties"] if full else schema.get("required", ())
    made = {name: _instance(schema["properties"][name], root, full=full, extra=extra) for name in wanted}
    return {**made, **extra}
