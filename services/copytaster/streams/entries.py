"""An entry of a stream as the engine hands it to a handler; decoding never raises inside FastStream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from copytaster.errors import Quarantine
from copytaster.streams.effects import Cause
from copytaster_schemas import Envelope, EventModel, NotAnEvent, parse_event


@dataclass(frozen=True, slots=True)
class Entry:
    """One decoded entry: its id in the stream, its envelope, its typed data."""

    entry_id: str
    envelope: Envelope
    data: EventModel

    @property
    def cause(self) -> Cause:
        """The cause of the events that follow from this entry."""
        return Cause.of(self.envelope)


def decode(entry_id: str, fields: Mapping[bytes, bytes]) -> Entry:
    """The typed entry; raises Quarantine("undecodable", reason) for anything that is no event of ours."""
    try:
        envelope, data = parse_event(fields)
    except NotAnEvent as error:
        raise Quarantine("undecodable", str(error)) from error
    return Entry(entry_id, envelope, data)
