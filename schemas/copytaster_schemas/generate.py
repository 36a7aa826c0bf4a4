"""Makes all that describes the events, from the models: `python -m copytaster_schemas.generate schemas`.

Writes `json/` (JSON Schema 2020-12, one file an event type), `asyncapi.yaml` and `typescript/events.ts`. With
`--release` it also takes the schemas over into `released/`, unless that would break a reader of what is released.
A value that is absent is left out and never null, so null does not occur in the schemas either.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from copytaster_schemas import __version__
from copytaster_schemas.asyncapi import asyncapi_of
from copytaster_schemas.compatibility import compatible
from copytaster_schemas.envelope import SCHEMA_BASE
from copytaster_schemas.plain_yaml import yaml_of
from copytaster_schemas.registry import EVENT_TYPES, EventType
from copytaster_schemas.typescript import typescript_of


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


def all_files() -> dict[str, str]:
    """Path below `schemas/` and text of every file that is made from the models."""
    schemas = {name: schema_of(event_type) for name, event_type in EVENT_TYPES.items()}
    return {
        **{f"json/{name}.json": rendered(event_type) for name, event_type in EVENT_TYPES.items()},
        "asyncapi.yaml": f"# Made by `make schemas` from the event models.\n{yaml_of(asyncapi_of(__version__))}",
        "typescript/events.ts": typescript_of(schemas),
    }


def write(folder: Path) -> None:
    """Write all files below `folder` and remove the JSON Schemas that no type stands for any more."""
    files = all_files()
    for stale in (folder / "json").glob("*.json"):
        if f"json/{stale.name}" not in files:
            stale.unlink()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def released_schemas(folder: Path) -> dict[str, dict[str, Any]]:
    """Event type -> released schema, as they lie in `folder`/released/v<major>/."""
    files = sorted((folder / "released").glob("v*/*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def breaks(released: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What in today's models would break a reader of the `released` schemas, a sentence each."""
    found = [f"{name}: the type is gone" for name in released if name not in EVENT_TYPES]
    for name, old in released.items():
        if name in EVENT_TYPES:
            new = json.loads(rendered(EVENT_TYPES[name]))
            found += [f"{name}: {fault}" for fault in compatible(old, new)]
    return found


def release(folder: Path) -> list[str]:
    """Take schemas and examples of `folder` over into its released/v<major>/; nothing when something would break.

    Returns what would break, empty when the release was written.
    """
    faults = breaks(released_schemas(folder))
    for name in () if faults else EVENT_TYPES:
        target = folder / "released" / name.rpartition(".")[2]
        (target / "examples").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "json" / f"{name}.json", target / f"{name}.json")
        shutil.copyfile(folder / "examples" / f"{name}.json", target / "examples" / f"{name}.json")
    return faults


def main(arguments: list[str]) -> int:
    """Exit code 0, or 1 when a release would break readers; argparse ends with 2 on a usage mistake."""
    parser = argparse.ArgumentParser(
        prog="python -m copytaster_schemas.generate",
        description="Make JSON Schemas, AsyncAPI document and TypeScript types from the event models.",
        epilog="Example: python -m copytaster_schemas.generate schemas",
    )
    parser.add_argument("folder", type=Path, help="the folder of json/, asyncapi.yaml and typescript/")
    parser.add_argument("--release", action="store_true", help="take the schemas over into released/")
    options = parser.parse_args(arguments)
    if not (options.folder / "copytaster_schemas").is_dir():
        parser.error(f"{options.folder} is not the schemas folder of a checkout")
    write(options.folder)
    faults = release(options.folder) if options.release else []
    for fault in faults:
        print(f"breaks readers: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
