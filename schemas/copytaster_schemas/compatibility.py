"""Says whether a JSON Schema may follow another within one major version: only optional properties may be added.

Both directions count: an old reader must take every new event, and a new reader every old one. So nothing that
exists may change, in either direction, apart from words for people. Compares the schemas of this package, which
know neither `$ref` to other files nor boolean schemas; it is no general theory of JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

ANNOTATIONS: Final = frozenset({"description", "examples", "$comment"})
"""Keywords that say something to people only; everything else is compared (`title` names a generated type)."""

_NAMED: Final = frozenset({"properties", "$defs"})
"""Keywords whose members may be added to; below them stand names, not keywords."""

Schema = Mapping[str, Any]


def compatible(old: Schema, new: Schema) -> list[str]:
    """What breaks readers or writers of `old` when `new` takes its place, a sentence each; empty = compatible."""
    return list(_of_schema(old, new, ""))


def _of_schema(old: Schema, new: Schema, place: str) -> list[str]:
    found: list[str] = []
    for keyword in sorted((old.keys() | new.keys()) - ANNOTATIONS):
        before, after, here = old.get(keyword), new.get(keyword), f"{place}/{keyword}"
        if keyword == "required":
            found += _of_required(before or [], after or [], here)
        elif keyword in _NAMED:
            found += _of_named(before or {}, after or {}, here)
        elif isinstance(before, Mapping) and isinstance(after, Mapping):
            found += _of_schema(before, after, here)
        elif before != after or type(before) is not type(after):
            found.append(f"{here}: was {_shown(before)}, is {_shown(after)}")
    return found


def _of_required(before: list[str], after: list[str], place: str) -> list[str]:
    gone = [f"{place}: {name} is no longer required" for name in before if name not in after]
    return gone + [f"{place}: {name} is now required" for name in after if name not in before]


def _of_named(before: Mapping[str, Any], after: Mapping[str, Any], place: str) -> list[str]:
    found = [f"{place}/{name}: is gone" for name in before if name not in after]
    for name in before:
        if name in after:
            found += _of_schema(before[name], after[name], f"{place}/{name}")
    return found


def _shown(value: Any) -> str:
    return "absent" if value is None else repr(value)
