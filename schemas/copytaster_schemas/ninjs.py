"""A story as an IPTC ninjs 3.1 news item, for systems that read the standard and not our events.

Keeps what ninjs has a place for and drops the rest (`credits`, `furniture`, `textHash`, …): no event, no way back.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from copytaster_schemas.story import Association, Body, Headline, InfoSource, Story

NINJS_VERSION: Final = "3.1"
NINJS_SCHEMA: Final = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"
"""The `$id` of the official schema (IPTC, newsinjson, specification/ninjs-schema_3.1.json)."""

NEWS_TYPES: Final = frozenset(
    {"text", "audio", "video", "picture", "graphic", "composite", "component", "event", "planning"}
)
"""The closed list of `type` (IPTC NewsCodes ninature, as of ninjs 3.1)."""

PUB_STATUSES: Final = frozenset({"usable", "withheld", "canceled"})

DATE_ONLY_NOTE: Final = "contentCreated is a date without a time of day."


def to_ninjs(story: Story) -> dict[str, Any]:
    """A dict that is valid against the official ninjs 3.1 schema, absent values left out.

    `version` becomes a string, the place of `located` its name, `lead` a description, `authors` people, the outlet
    an infoSource in the role `publisher`. A body behind `dataref` is left out and the item is `partial`. What the
    schema would refuse (an association without an address, an address without a scheme) is left out.
    """
    item = {
        "standard": {"name": "ninjs", "version": NINJS_VERSION, "schema": NINJS_SCHEMA},
        "uri": story.uri,
        "type": _known_type(story.type),
        "version": str(story.version),
        "representationType": _representation(story),
        # a status that this reader does not know yet must not be taken for a permission to publish
        "pubStatus": story.pub_status if story.pub_status in PUB_STATUSES else "withheld",
        "language": story.language,
        "by": story.by,
        "located": story.located.name if story.located else None,
        "usageTerms": story.usage_terms,
        "edNote": _editorial_note(story),
    }
    return _present({**item, **_dates(story), **_texts(story), **_parties(story), **_relations(story)})


def _dates(story: Story) -> dict[str, Any]:
    wire = story.to_dict()
    return {name: wire.get(name) for name in ("firstCreated", "versionCreated", "contentCreated")}


def _texts(story: Story) -> dict[str, Any]:
    return {
        "headlines": [_headline(headline) for headline in story.headlines],
        "descriptions": [{"role": "lead", "value": story.lead}] if story.lead else [],
        "bodies": [_body(body) for body in story.bodies if body.value is not None],
    }


def _parties(story: Story) -> dict[str, Any]:
    publisher = {"name": story.provider.name or story.provider.outlet, "role": "publisher"}
    return {
        "people": [{"name": author, "rel": "author"} for author in story.authors],
        "infoSources": [publisher, *(_info_source(source) for source in story.info_sources)],
    }


def _relations(story: Story) -> dict[str, Any]:
    return {
        "altIds": [{"role": alt.role, "value": alt.value} for alt in story.alt_ids],
        "subjects": [
            _present({"name": subject.name, "creator": subject.creator}) for subject in story.subjects
        ],
        "associations": [
            _association(part) for part in story.associations if part.uri and is_absolute(part.uri)
        ],
    }


def _headline(headline: Headline) -> dict[str, Any]:
    return {"role": headline.role, "value": headline.value}


def _body(body: Body) -> dict[str, Any]:
    return {
        "role": body.role,
        "contentType": body.content_type,
        "charCount": body.char_count,
        "wordCount": body.word_count,
        "value": body.value,
    }


def _info_source(source: InfoSource) -> dict[str, Any]:
    uri = source.uri if source.uri and is_absolute(source.uri) else None
    return _present({"name": source.name, "role": source.role, "uri": uri, "literal": source.literal})


def _association(part: Association) -> dict[str, Any]:
    caption = [{"role": "caption", "value": part.description_text}] if part.description_text else []
    optional = {"type": _known_type(part.type), "by": part.credit_line, "descriptions": caption}
    return {"name": part.name, "uri": part.uri, **_present(optional)}


def _known_type(value: str) -> str | None:
    return value if value in NEWS_TYPES else None


def _representation(story: Story) -> str | None:
    if any(body.value is None for body in story.bodies) or story.body_scope == "teaser":
        return "partial"
    return "full" if story.body_scope == "full" else None


def _editorial_note(story: Story) -> str | None:
    date_only = story.content_created is not None and story.content_created_precision == "date"
    notes = [story.correction_note or "", DATE_ONLY_NOTE if date_only else ""]
    return " ".join(filter(None, notes)) or None


def is_absolute(uri: str) -> bool:
    """Whether `uri` has a scheme and characters that RFC 3986 allows: what the schema's format `uri` asks for."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path)) and uri.isascii() and not _FORBIDDEN & set(uri)


_FORBIDDEN: Final = frozenset(' "<>\\^`{|}') | frozenset(map(chr, range(0x20))) | {"\x7f"}
"""ASCII characters that no URI holds unescaped (RFC 3986, section 2)."""


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, [], "")}
