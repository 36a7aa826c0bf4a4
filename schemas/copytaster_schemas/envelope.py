"""CloudEvents 1.0 in a Redis stream entry, binary content mode: one entry field per attribute, `data` = the JSON.

See `redis-streams-binding.md` beside this package for readers in other languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from copytaster_schemas.base import format_instant
from copytaster_schemas.identity import event_id

SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"
SCHEMA_BASE: Final = "https://copytaster.example/schemas/"
"""`ce_dataschema` is this plus the event type and `.json`; the files lie under `schemas/json/`."""

_SPEC_VERSION: Final = SPEC_VERSION.encode()
_CONTENT_TYPE: Final = CONTENT_TYPE.encode()


class NotAnEvent(ValueError):
    """The entry's fields are not a CloudEvent in the binding of this package."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The attributes of one event; `time` is when it happened, `recordedtime` when it was written down."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    recordedtime: datetime | None = None
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None
    dataschema: str | None = None

    def to_fields(self, data: bytes) -> dict[bytes, bytes]:
        """The fields of the stream entry, ready for XADD; absent attributes are left out."""
        fields = {
            b"ce_specversion": _SPEC_VERSION,
            b"ce_id": self.id.encode(),
            b"ce_source": self.source.encode(),
            b"ce_type": self.type.encode(),
            b"ce_subject": self.subject.encode(),
            b"ce_time": format_instant(self.time).encode(),
        }
        if self.recordedtime:
            fields[b"ce_recordedtime"] = format_instant(self.recordedtime).encode()
        fields[b"ce_dataschema"] = (self.dataschema or f"{SCHEMA_BASE}{self.type}.json").encode()
        if self.correlationid is not None:
            fields[b"ce_correlationid"] = self.correlationid.encode()
        if self.causationid is not None:
            fields[b"ce_causationid"] = self.causationid.encode()
        if self.traceparent is not None:
            fields[b"ce_traceparent"] = self.traceparent.encode()
        fields[b"content-type"] = _CONTENT_TYPE
        fields[b"data"] = data
        return fields


def make_envelope(
    event_type: str,
    subject: str,
    revision: int,
    *,
    source: str,
    time: datetime,
    recordedtime: datetime | None = None,
    correlationid: str | None = None,
    causationid: str | None = None,
    traceparent: str | None = None,
) -> Envelope:
    """The envelope of revision `revision` of `subject`, its id derived by `identity.event_id`."""
    return Envelope(
        id=event_id(event_type, subject, revision),
        source=source,
        type=event_type,
        subject=subject,
        time=time,
        recordedtime=recordedtime,
        correlationid=correlationid,
        causationid=causationid,
        traceparent=traceparent,
    )


_REQUIRED: Final = frozenset(("ce_id", "ce_source", "ce_type", "ce_subject", "ce_time"))


def parse_fields(fields: Mapping[bytes, bytes] | Mapping[str, str]) -> tuple[Envelope, bytes]:
    """Envelope and raw `data` of a stream entry; raises NotAnEvent with the reason for anything else.

    Keys and values may be bytes or str (redis-py with or without `decode_responses`).
    """
    data: bytes | str | None = None
    values: dict[str, str] = {}
    try:
        for name, value in fields.items():
            # no helper for the two forms: this runs a dozen times for every event that anybody reads
            key = name.decode() if isinstance(name, bytes) else name
            if key == "data":
                data = value
            else:
                values[key] = value.decode() if isinstance(value, bytes) else value
    except UnicodeDecodeError as error:
        raise NotAnEvent(f"a field is not UTF-8: {error.reason}") from error
    if data is None or not values.keys() >= _REQUIRED:
        missing = sorted(_REQUIRED - values.keys()) + ["data"] * (data is None)
        raise NotAnEvent(f"missing fields: {', '.join(missing)}")
    if values.get("ce_specversion") != SPEC_VERSION:
        raise NotAnEvent(f"ce_specversion is {values.get('ce_specversion')!r}, not {SPEC_VERSION!r}")
    return _envelope_of(values), data if isinstance(data, bytes) else data.encode()


def _envelope_of(values: Mapping[str, str]) -> Envelope:
    recorded = values.get("ce_recordedtime")
    return Envelope(
        id=values["ce_id"],
        source=values["ce_source"],
        type=values["ce_type"],
        subject=values["ce_subject"],
        time=parse_instant(values["ce_time"]),
        recordedtime=parse_instant(recorded) if recorded else None,
        correlationid=values.get("ce_correlationid"),
        causationid=values.get("ce_causationid"),
        traceparent=values.get("ce_traceparent"),
        dataschema=values.get("ce_dataschema"),
    )


def parse_instant(text: str) -> datetime:
    """An RFC 3339 instant as an aware UTC datetime; raises NotAnEvent without a zone or for another form."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotAnEvent(f"not an instant: {text!r}") from error
    if value.tzinfo is None:
        raise NotAnEvent(f"an instant without a zone: {text!r}")
    return value if value.tzinfo is UTC else value.astimezone(UTC)
