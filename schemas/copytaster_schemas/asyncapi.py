"""The AsyncAPI 3.0 description of the streams: channels, the fields of an entry, the messages on each stream.

The payloads are references to the JSON Schemas beside the document. Describes; nothing at run time reads it.
"""

from __future__ import annotations

from typing import Any, Final

from copytaster_schemas.envelope import CONTENT_TYPE, SPEC_VERSION
from copytaster_schemas.reasons import OPS, RELATIONS, ROLES
from copytaster_schemas.registry import EVENT_TYPES, EventType
from copytaster_schemas.streams import DAY_SECONDS, STREAMS, Stream, stream_key

ABOUT: Final = (
    "The events of Copytaster in Redis streams: CloudEvents 1.0 in binary content mode, one entry field per attribute "
    "and the field `data` with the payload as UTF-8 JSON; redis-streams-binding.md tells the details. An entry may be "
    "delivered more than once: deduplicate on ce_source and ce_id. Within one subject revisions appear in order; "
    "across subjects there is no order. An absent value is left out, never null. Within a major version only "
    "optional fields are added."
)

DESK: Final = (
    "The desk's name in braces, which are a part of the key (the hash tag of Redis Cluster): for the desk `main` the "
    "value is `{main}` and the key of the stories `copytaster:{main}:stories`."
)


def asyncapi_of(version: str) -> dict[str, Any]:
    """The document as plain data; `version` is that of the package."""
    return {
        "asyncapi": "3.0.0",
        "info": _info(version),
        "defaultContentType": CONTENT_TYPE,
        "servers": {"redis": _server()},
        "channels": {stream.name: _channel(stream) for stream in STREAMS.values()},
        "operations": dict(_operation(stream) for stream in STREAMS.values()),
        "components": {
            "messages": {event.name: _message(event) for event in EVENT_TYPES.values()},
            "messageTraits": {"entry": _entry()},
            "parameters": {"desk": {"description": DESK, "default": "{main}", "examples": ["{main}"]}},
            "securitySchemes": {"acl": _acl()},
        },
    }


def _info(version: str) -> dict[str, Any]:
    return {
        "title": "Copytaster",
        "version": version,
        "description": ABOUT,
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}:{port}",
        "protocol": "redis",
        "description": "Redis 7.0 or Valkey 7.2 and newer, the one that the services of Copytaster use.",
        "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "6379"}},
        "security": [{"$ref": "#/components/securitySchemes/acl"}],
    }


def _acl() -> dict[str, Any]:
    return {
        "type": "userPassword",
        "description": "A Redis ACL user, where the server asks for one. `subscriber` reads the public streams.",
    }


def _channel(stream: Stream) -> dict[str, Any]:
    names = [event.name for event in EVENT_TYPES.values() if event.stream == stream.name]
    return {
        # the parameter's value brings the braces along, see DESK
        "address": stream_key("desk", stream.name),
        "title": stream.name,
        "summary": f"{stream.says[0].upper()}{stream.says[1:]}.",
        "description": f"{'Public' if stream.public else 'Internal'}; {_kept(stream)}.",
        "parameters": {"desk": {"$ref": "#/components/parameters/desk"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"redis": {}},  # the binding has no fields yet; what it would say stands in the extension
        "x-redis-stream": {"type": "stream", "payloadField": "data", "public": stream.public},
    }


def _kept(stream: Stream) -> str:
    if stream.kept_seconds is None:
        return "kept for ever or until handled"
    if stream.kept_seconds == 0:
        return "kept until every reader of Copytaster is done"
    return f"kept for at least {stream.kept_seconds // DAY_SECONDS} days"


def _operation(stream: Stream) -> tuple[str, dict[str, Any]]:
    """Copytaster sends what its services write, and receives what operators decide."""
    action = "receive" if stream.written_by == "operators" else "send"
    return f"{action}{stream.name.capitalize()}", {
        "action": action,
        "channel": {"$ref": f"#/channels/{stream.name}"},
        "summary": f"Written by: {stream.written_by}.",
        "bindings": {"redis": {}},
    }


def _message(event: EventType) -> dict[str, Any]:
    return {
        "name": event.name,
        "title": event.model.__name__,
        "summary": _first_sentence(event.model.__doc__ or event.name),
        "contentType": CONTENT_TYPE,
        "traits": [{"$ref": "#/components/messageTraits/entry"}],
        "headers": {"type": "object", "properties": {"ce_type": {"const": event.name}}},
        "payload": {"$ref": f"./json/{event.name}.json"},
        "bindings": {"redis": {}},
    }


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).split(". ")[0].rstrip(".") + "."


def _entry() -> dict[str, Any]:
    """The entry's fields beside `data`; those of the binding that are always there are required."""
    fields: dict[str, dict[str, Any]] = {
        "ce_specversion": {"const": SPEC_VERSION},
        "ce_id": {
            "pattern": "^[0-9a-f]{32}$",
            "description": "SHA-256 over type, subject and revision, first half",
        },
        "ce_source": {"pattern": "^/copytaster/", "description": "/copytaster/<desk>/<service>"},
        "ce_type": {"description": "the name of the message"},
        "ce_subject": {"minLength": 1, "description": "the urn of the story, cluster, feed or article"},
        "ce_time": {"format": "date-time", "description": "when it happened"},
        "ce_dataschema": {"format": "uri", "description": "names the JSON Schema of the data"},
        "ce_recordedtime": {"format": "date-time", "description": "when it was written down"},
        "ce_correlationid": {"description": "one id from the feed item to the cluster"},
        "ce_causationid": {"description": "ce_id of the event that led to this one"},
        "ce_traceparent": {"description": "W3C trace context"},
        "content-type": {"const": CONTENT_TYPE},
    }
    optional = ("ce_recordedtime", "ce_correlationid", "ce_causationid", "ce_traceparent")
    return {
        "description": f"Open vocabularies: {_vocabularies()}. Unknown values may come; the binding says how to read.",
        "headers": {
            "type": "object",
            "properties": {name: {"type": "string", **rest} for name, rest in fields.items()},
            "required": [name for name in fields if name not in optional],
        },
        "correlationId": {"location": "$message.header#/ce_correlationid"},
    }


def _vocabularies() -> str:
    known = {"relation": RELATIONS, "op": OPS, "role": ROLES}
    return "; ".join(f"{name} ({', '.join(values)})" for name, values in known.items())
