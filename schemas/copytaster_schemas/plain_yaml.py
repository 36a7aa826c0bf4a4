"""Writes plain data as readable YAML, so that making `asyncapi.yaml` needs no YAML library. Does not read YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./+-]*(?: [A-Za-z0-9_./+()-]+)*")
"""Texts that are the same text without quotation marks in YAML 1.1 and 1.2."""

_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that YAML 1.1 takes for something else than text."""


def yaml_of(value: Mapping[str, Any]) -> str:
    """`value` in block style, in its own order; TypeError for anything but dict, list, str, int, float and bool."""
    return "\n".join(_mapping(value, "")) + "\n"


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, part in value.items():
        yield from _entry(f"{indent}{_scalar(name)}:", part, f"{indent}  ")


def _sequence(value: list[Any], indent: str) -> Iterator[str]:
    for part in value:
        if isinstance(part, Mapping) and part:
            first, *rest = _mapping(part, f"{indent}  ")
            yield f"{indent}- {first.strip()}"
            yield from rest
        else:
            yield from _entry(f"{indent}-", part, f"{indent}  ")


def _entry(head: str, part: Any, indent: str) -> Iterator[str]:
    if isinstance(part, Mapping) and part:
        yield head
        yield from _mapping(part, indent)
    elif isinstance(part, list) and part:
        yield head
        yield from _sequence(part, indent)
    else:
        yield f"{head} {_scalar(part)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, (bool, int, float, dict, list)):
        return json.dumps(value)
    raise TypeError(f"no YAML form for {type(value).__name__}")
