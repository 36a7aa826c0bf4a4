"""`copytaster_schemas.faststream` inside a real FastStream broker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from faststream.redis import RedisBroker, StreamSub
from faststream.redis.annotations import RedisBatchStreamMessage, RedisStreamMessage

from copytaster_schemas import NotAnEvent, stream_key
from copytaster_schemas.faststream import cloudevents
from tests.stack.subscribers.conftest import Server
from tests.stack.subscribers.recording import DESK, Recorded, play
from tests.support import wait_until

CLUSTERS = stream_key(DESK, "clusters")


def clusters_of(recording: Sequence[Recorded]) -> list[Recorded]:
    """The recorded cluster events."""
    return [event for event in recording if event.stream == "clusters"]


def attributes_of(event: Recorded) -> dict[str, str]:
    """All fields of an entry but its data, as text."""
    return {name.decode(): value.decode() for name, value in event.fields.items() if name != b"data"}


async def test_a_message_has_the_attributes_as_headers_and_the_data_as_body(
    valkey: Server, recording: list[Recorded]
) -> None:
    """Every field arrives, ids are those of the event, and the body is the JSON, decoded."""
    events = clusters_of(recording)
    play(valkey.client, events)
    broker, got = RedisBroker(valkey.url), list[tuple[RedisStreamMessage, Any]]()

    @broker.subscriber(stream=StreamSub(CLUSTERS, last_id="0", max_records=100), parser=cloudevents)
    async def on_cluster(body: dict[str, Any], message: RedisStreamMessage) -> None:
        got.append((message, body))

    async with broker:
        await broker.start()
        await wait_until(lambda: len(got) == len(events), description="all events arrived")

    assert [message.headers for message, _ in got] == [attributes_of(event) for event in events]
    assert [body for _, body in got] == [event.data.to_dict() for event in events]
    assert [message.message_id for message, _ in got] == [event.key.split(" ")[1] for event in events]
    assert {message.correlation_id for message, _ in got} == {
        attributes_of(event)["ce_correlationid"] for event in events
    }


async def test_a_batch_has_the_attributes_of_each_event(valkey: Server, recording: list[Recorded]) -> None:
    """The body is the list of all data, `batch_headers` the attributes beside it."""
    events = clusters_of(recording)
    play(valkey.client, events)
    broker = RedisBroker(valkey.url)
    headers, bodies = list[dict[str, str]](), list[dict[str, Any]]()

    @broker.subscriber(
        stream=StreamSub(CLUSTERS, last_id="0", batch=True, max_records=10), parser=cloudevents
    )
    async def on_batch(batch: list[dict[str, Any]], message: RedisBatchStreamMessage) -> None:
        headers.extend(message.batch_headers)
        bodies.extend(batch)

    async with broker:
        await broker.start()
        await wait_until(lambda: len(bodies) == len(events), description="all events arrived")

    assert headers == [attributes_of(event) for event in events]
    assert bodies == [event.data.to_dict() for event in events]


async def test_an_entry_that_is_no_event_is_refused_with_the_reason() -> None:
    """A foreign entry on the stream does not come through as an event without attributes."""

    class Parsed:
        """What FastStream's own parser would give."""

    async def original(_message: object) -> Parsed:
        return Parsed()

    with pytest.raises(NotAnEvent, match="missing fields: ce_id"):
        await cloudevents({"data": {b"text": b"hello"}}, original)
