"""What subscribers are tested with: every story and cluster event of the demo newsroom, recorded once and played again.

The events come from a real linker and clusterer; playing them writes the very fields under the keys of the desk `main`,
which the documents use. Knows no subscriber.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import redis
from redis.asyncio import Redis

from copytaster.newsroom.catalogue import load_catalogue
from copytaster_schemas import ClusterChanged, Story, parse_event, stream_key
from tests.stack.deduplicator.desk import KEYS, Desk, story_of

DESK = "main"
STREAMS = ("stories", "clusters")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry: the stream's name, the fields, and what they hold."""

    stream: str
    fields: dict[bytes, bytes]

    @property
    def key(self) -> str:
        """`ce_source` and `ce_id`, by which a reader deduplicates."""
        return f"{self.fields[b'ce_source'].decode()} {self.fields[b'ce_id'].decode()}"

    @property
    def body_key(self) -> str:
        """The cluster and its revision, or the story and its version: what tells events apart without attributes."""
        data = self.data
        if isinstance(data, ClusterChanged):
            return f"{data.cluster} {data.revision}"
        return f"{data.uri} {data.version}"

    @property
    def data(self) -> ClusterChanged | Story:
        """The typed data."""
        data = parse_event(self.fields)[1]
        assert isinstance(data, ClusterChanged | Story)
        return data

    @property
    def says(self) -> str:
        """What every example program prints of it."""
        data = self.data
        if isinstance(data, ClusterChanged):
            return f"{data.op}: {data.headline or '(nothing left)'}"
        return data.title


async def record(url: str) -> list[Recorded]:
    """All events of the newsroom's stories and their clusters, in the order in which they were written."""
    found = []
    async with Redis.from_url(url) as client:
        desk = Desk(client)
        await desk.publish(story_of(article) for article in load_catalogue().articles.values())
        await desk.pump()
        for name in STREAMS:
            for entry_id, fields in await client.xrange(KEYS.stream(name)):
                milliseconds, _, sequence = entry_id.decode().partition("-")
                found.append((int(milliseconds), int(sequence), Recorded(name, fields)))
    return [recorded for _, _, recorded in sorted(found, key=lambda item: item[:2])]


def play(client: redis.Redis, events: Sequence[Recorded]) -> None:
    """Write the events to the streams of the desk `main`."""
    for event in events:
        client.xadd(stream_key(DESK, event.stream), event.fields)
