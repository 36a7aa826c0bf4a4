"""The events of Copytaster: models, envelope, stream names. Needs pydantic and nothing else.

from copytaster_schemas import parse_event, stream_key

envelope, story = parse_event(entry_fields)     # entry_fields as redis-py gives them
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from copytaster_schemas.article import ArticleFetched, FeedItem
from copytaster_schemas.base import EventModel
from copytaster_schemas.cluster import ClusterChanged, Counts, Member, Origin, Reason
from copytaster_schemas.envelope import Envelope, NotAnEvent, make_envelope, parse_fields
from copytaster_schemas.link import AlignedSpan, Evidence, Link, Shared, StoryCompared, StoryVersion
from copytaster_schemas.ninjs import to_ninjs
from copytaster_schemas.notices import DecisionMade, EntryDied, FeedChanged, ItemDropped
from copytaster_schemas.registry import EVENT_TYPES, EventType
from copytaster_schemas.story import Credit, Story
from copytaster_schemas.streams import STREAMS, Stream, stream_key
from copytaster_schemas.structured import to_structured

__version__ = "0.1.0"


def parse_event(fields: Mapping[bytes, bytes] | Mapping[str, str]) -> tuple[Envelope, EventModel]:
    """Envelope and typed data of a stream entry.

    Raises NotAnEvent, with a reason in words, for an entry that is no event, has an unknown type, or whose data
    does not fit the type's model.
    """
    envelope, data = parse_fields(fields)
    event_type = EVENT_TYPES.get(envelope.type)
    if event_type is None:
        raise NotAnEvent(_unknown(envelope.type))
    try:
        return envelope, event_type.model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "data"
        raise NotAnEvent(
            f"{envelope.type}: {place}: {first['msg']} ({error.error_count()} errors)"
        ) from error


def _unknown(name: str) -> str:
    stem = name.rpartition(".")[0]
    known = [other for other in EVENT_TYPES if stem and other.rpartition(".")[0] == stem]
    hint = f": this reader knows {known[0]}; update copytaster-schemas" if known else ""
    return f"unknown event type {name!r}{hint}"


__all__ = [
    "EVENT_TYPES",
    "STREAMS",
    "AlignedSpan",
    "ArticleFetched",
    "ClusterChanged",
    "Counts",
    "Credit",
    "DecisionMade",
    "EntryDied",
    "Envelope",
    "EventModel",
    "EventType",
    "Evidence",
    "FeedChanged",
    "FeedItem",
    "ItemDropped",
    "Link",
    "Member",
    "NotAnEvent",
    "Origin",
    "Reason",
    "Shared",
    "Story",
    "StoryCompared",
    "StoryVersion",
    "Stream",
    "make_envelope",
    "parse_event",
    "parse_fields",
    "stream_key",
    "to_ninjs",
    "to_structured",
]
