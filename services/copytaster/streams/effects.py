"""What a decision wants to happen, as plain values: checks, outgoing events, state changes. Pure; nothing is sent.

A handler returns `Effects`; `streams.commit` carries them out in one atomic step together with the acknowledgement
of the input entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final, Literal, TypeVar

from copytaster.keys import Keys
from copytaster_schemas import Envelope, EventModel, make_envelope
from copytaster_schemas.registry import EventType

Value = bytes | str | int

MAX_OP_ARGUMENTS: Final = 4000
"""Lua's `unpack` refuses about 8,000 values; half of that leaves room."""
T = TypeVar("T")
CheckKind = Literal["equals", "differs", "absent", "below"]


def batched(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """`values` in lists of at most `size` (itertools.batched came with Python 3.12)."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on the hash field `field` of `key`, tested before anything is written.

    `equals`: holds exactly `value`. `differs`: absent or holds another value. `absent`: the field is not there. `below`: absent or a number under `value`.
    """

    key: str
    field: str
    kind: CheckKind
    value: Value = b""


@dataclass(frozen=True, slots=True)
class Guard:
    """The subject's own revision counter: field `field` of hash `key`; the commit advances it by exactly one."""

    key: str
    field: str = "revision"


@dataclass(frozen=True, slots=True)
class OutEvent:
    """An entry to be added to `stream` (full key), guarded by the revision counter of its subject."""

    stream: str
    fields: Mapping[bytes, bytes]
    revision: int
    guard: Guard | None


@dataclass(frozen=True, slots=True)
class Op:
    """One write command on one key: `command key *args`."""

    command: str
    key: str
    args: tuple[Value, ...] = ()


@dataclass(slots=True)
class Effects:
    """Everything one unit of work changes; `status` and `facts` go into its one closing log line."""

    status: str = "done"
    checks: list[Check] = field(default_factory=list)
    events: list[OutEvent] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)

    def op(self, command: str, key: str, *args: Value) -> None:
        """Queue one write command on one key; ValueError for more than `MAX_OP_ARGUMENTS` arguments."""
        if len(args) > MAX_OP_ARGUMENTS:
            raise ValueError(f"{command} with {len(args)} arguments: split it")
        self.ops.append(Op(command, key, args))

    def write_hash(
        self, key: str, fields: Mapping[str, Value] | Mapping[bytes, Value], *, lifetime_seconds: int | None
    ) -> None:
        """Set `fields` of a hash, and its life where it has one."""
        pairs: Iterable[tuple[Value, Value]] = fields.items()
        for chunk in batched(pairs, MAX_OP_ARGUMENTS // 2):
            self.op("HSET", key, *(part for pair in chunk for part in pair))
        if lifetime_seconds is not None:
            self.op("EXPIRE", key, lifetime_seconds)


@dataclass(frozen=True, slots=True)
class Cause:
    """What led to an event: the correlation id of the item, the id of the event before, the trace."""

    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None

    @staticmethod
    def of(envelope: Envelope) -> Cause:
        """The cause that an event handled as input is for the events that follow from it."""
        return Cause(envelope.correlationid or envelope.id, envelope.id, envelope.traceparent)


@dataclass(frozen=True, slots=True)
class Outbox:
    """Makes the outgoing events of one service at one desk."""

    keys: Keys
    service: str

    @property
    def source(self) -> str:
        """`ce_source` of all events of this service."""
        return f"/copytaster/{self.keys.desk}/{self.service}"

    def event(
        self,
        event_type: EventType,
        subject: str,
        revision: int,
        data: EventModel,
        *,
        time: datetime,
        cause: Cause,
        guard: Guard | None,
    ) -> OutEvent:
        """The event `revision` of `subject`, ready to be committed; `time` is when it happened (aware)."""
        envelope = make_envelope(
            event_type.name,
            subject,
            revision,
            source=self.source,
            time=time,
            correlationid=cause.correlation_id,
            causationid=cause.causation_id,
            traceparent=cause.traceparent,
        )
        fields = envelope.to_fields(data.to_json())
        return OutEvent(self.keys.stream(event_type.stream), fields, revision, guard)
