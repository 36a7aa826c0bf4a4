"""An event as one JSON object (CloudEvents 1.0, structured content mode): for HTTP, Kafka, files and validators.

In the streams events lie in binary mode, one entry field per attribute; see `envelope`.
"""

from __future__ import annotations

import json
from typing import Any

from copytaster_schemas.base import EventModel
from copytaster_schemas.envelope import Envelope, NotAnEvent


def to_structured(envelope: Envelope, data: EventModel | bytes) -> dict[str, Any]:
    """The event with `specversion`, the attributes, `datacontenttype` and `data`; absent attributes are left out.

    `data` is the typed data or the bytes that `parse_fields` gives; NotAnEvent when the bytes are not JSON.
    """
    payload = data.to_json() if isinstance(data, EventModel) else data
    attributes: dict[str, Any] = {}
    for name, value in envelope.to_fields(payload).items():
        if name == b"content-type":
            attributes["datacontenttype"] = value.decode()
        elif name != b"data":
            attributes[name.decode().removeprefix("ce_")] = value.decode()
    try:
        return {**attributes, "data": json.loads(payload)}
    except ValueError as error:
        raise NotAnEvent(f"data is not JSON: {error}") from error
