"""The part of ninjs 3.1 that `to_ninjs` uses, as a JSON Schema of our own: names, types and closed lists of the standard.

So that a wrong name turns red everywhere. The standard's own schema has the last word; see test_ninjs.
"""

from __future__ import annotations

from typing import Any, Final

TEXT: Final = {"type": "string"}
NUMBER: Final = {"type": "integer"}
URI: Final = {"type": "string", "format": "uri"}
INSTANT: Final = {"type": "string", "format": "date-time"}


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


_TYPE: Final = {
    "enum": ["text", "audio", "video", "picture", "graphic", "composite", "component", "event", "planning"],
}
_DESCRIPTION: Final = _closed(["value"], role=TEXT, contentType=TEXT, value=TEXT)

PROFILE: Final[dict[str, Any]] = _closed(
    ["uri"],
    standard=_closed([], name=TEXT, version=TEXT, schema=URI),
    uri=URI,
    type=_TYPE,
    version=TEXT,
    representationType={"enum": ["full", "partial"]},
    pubStatus={"enum": ["usable", "withheld", "canceled"]},
    language=TEXT,
    by=TEXT,
    located=TEXT,
    usageTerms=TEXT,
    edNote=TEXT,
    firstCreated=INSTANT,
    versionCreated=INSTANT,
    contentCreated=INSTANT,
    headlines=_list(_closed(["value"], role=TEXT, contentType=TEXT, value=TEXT)),
    descriptions=_list(_DESCRIPTION),
    bodies=_list(
        _closed(["value"], role=TEXT, contentType=TEXT, charCount=NUMBER, wordCount=NUMBER, value=TEXT)
    ),
    people=_list(_closed([], name=TEXT, rel=TEXT, uri=URI, literal=TEXT)),
    infoSources=_list(_closed([], name=TEXT, role=TEXT, uri=URI, literal=TEXT)),
    altIds=_list(_closed([], role=TEXT, value=TEXT)),
    subjects=_list(_closed([], name=TEXT, rel=TEXT, uri=URI, literal=TEXT, creator=TEXT)),
    associations=_list(
        _closed(["name", "uri"], name=TEXT, uri=URI, type=_TYPE, by=TEXT, descriptions=_list(_DESCRIPTION))
    ),
)
