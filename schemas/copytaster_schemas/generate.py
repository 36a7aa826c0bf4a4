"""Writes the JSON Schemas: `python -m copytaster_schemas.generate schemas/json` (one 2020-12 file an event type).

A value that is absent is left out and never null, so null does not occur in the schemas either.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from copytaster_schemas.envelope import SCHEMA_BASE
from copytaster_schemas.registry import EVENT_TYPES, EventType


def schema_of(event_type: EventType) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the `data` of one event type, titles stable, no nulls."""
    schema = _without_null(event_type.model.model_json_schema(by_alias=True))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{SCHEMA_BASE}{event_type.name}.json",
        **schema,
    }


def _without_null(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_null(part) for part in node]
    if not isinstance(node, dict):
        return node
    kept = {name: _without_null(value) for name, value in node.items()}
    if kept.get("default", 0) is None:
        del kept["default"]
    if isinstance(kept.get("title"), str) and "properties" not in kept:
        del kept["title"]  # pydantic titles every field, and generators would make a named type of each
    options = kept.pop("anyOf", None)
    if options is None:
        return kept
    real = [option for option in options if option != {"type": "null"}]
    return {**real[0], **kept} if len(real) == 1 else {**kept, "anyOf": real}


def rendered(event_type: EventType) -> str:
    """The file's text, the same on every machine."""
    return json.dumps(schema_of(event_type), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main(folder: Path) -> None:
    """Write one file an event type into `folder` and remove what no type stands for any more."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {f"{event_type.name}.json": rendered(event_type) for event_type in EVENT_TYPES.values()}
    for stale in folder.glob("*.json"):
        if stale.name not in wanted:
            stale.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m copytaster_schemas.generate FOLDER")
    main(Path(sys.argv[1]))
