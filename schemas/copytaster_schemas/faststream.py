"""For FastStream: a parser that gives a stream subscriber the attributes of our events as message headers.

    @broker.subscriber(stream=StreamSub(key, group="mine", consumer="one"), parser=cloudevents)
    async def on_cluster(change: ClusterChanged, source: Annotated[str, Header("ce_source")]) -> None: ...

Without it FastStream hands over the event's JSON as the body, but no attributes. It only arranges what FastStream has
read: acknowledging, claiming and retrying stay FastStream's. Imports nothing of FastStream, so that the package needs
pydantic alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from copytaster_schemas.envelope import CONTENT_TYPE, parse_fields

Fields = Mapping[bytes, bytes]
Original = Callable[[Any], Awaitable[Any]]


async def cloudevents(message: Any, original: Original) -> Any:
    """FastStream's message with the event's JSON as body and every `ce_…` field as a header, as text.

    `message_id` becomes `ce_id`, and `correlation_id` becomes `ce_correlationid` where there is one. With
    `StreamSub(batch=True)` the body is the list of the events' data and `batch_headers` holds the attributes of each.
    Raises NotAnEvent, with the reason, for an entry that is no event; FastStream logs it and leaves it pending.
    """
    parsed = await original(message)
    if isinstance(message["data"], Mapping):
        body, headers = _split(message["data"])
        parsed.batch_headers = []
    else:
        pairs = [_split(fields) for fields in message["data"]]
        body = b"[" + b",".join(data for data, _ in pairs) + b"]"
        parsed.batch_headers = [attributes for _, attributes in pairs]
        headers = parsed.batch_headers[0] if pairs else {}
    parsed.body, parsed.headers, parsed.content_type = body, headers, CONTENT_TYPE
    parsed.message_id = headers.get("ce_id", parsed.message_id)
    parsed.correlation_id = headers.get("ce_correlationid", parsed.correlation_id)
    return parsed


def _split(fields: Fields) -> tuple[bytes, dict[str, str]]:
    """The data and, as text, all other fields of an entry."""
    _, data = parse_fields(fields)
    return data, {name.decode(): value.decode() for name, value in fields.items() if name != b"data"}
