"""Makes the `dead` entry of an input entry that could not be processed: the entry whole, the error, the digest."""

from __future__ import annotations

import base64
import hashlib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from copytaster.errors import Quarantine
from copytaster.streams.effects import Cause, Effects, Outbox
from copytaster.streams.ledger.counting import Fate, count, place_of_entry
from copytaster_schemas import EntryDied
from copytaster_schemas.registry import ENTRY_DIED

BASE64_MARK: Final = "base64:"


@dataclass(frozen=True, slots=True)
class Death:
    """The code under which an entry died, and the effects that move it to `dead`."""

    code: str
    effects: Effects


def death_of(
    stream: str,
    group: str,
    entry_id: str,
    fields: Mapping[bytes, bytes],
    error: Exception,
    *,
    failures: int,
    outbox: Outbox,
) -> Death:
    """What moves the entry to `dead`; the event's subject is the entry, so it can die only once."""
    code = error.code if isinstance(error, Quarantine) else "bug"
    data = EntryDied(
        stream=stream,
        group=group,
        entry_id=entry_id,
        fields={_readable(name): _readable(value) for name, value in fields.items()},
        code=code,
        error=f"{type(error).__name__}: {error}",
        traceback_digest=_digest(error),
        failures=failures,
    )
    event_time = datetime.now(UTC)
    correlation = _readable(fields.get(b"ce_correlationid", fields.get(b"ce_id", entry_id.encode())))
    event = outbox.event(
        ENTRY_DIED,
        f"{stream}/{group}/{entry_id}",
        1,
        data,
        time=event_time,
        cause=Cause(correlation, _readable(fields[b"ce_id"]) if b"ce_id" in fields else None),
        guard=None,
    )
    effects = Effects(status="dead", events=[event])
    place = place_of_entry(fields)
    if place is not None:
        count(effects, outbox.keys, place, Fate.DEAD, now_ms=int(event_time.timestamp() * 1000))
    return Death(code, effects)


def _readable(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return BASE64_MARK + base64.b64encode(value).decode()


def _digest(error: Exception) -> str:
    """Equal for the same fault at the same place, whatever the entry said."""
    frames = traceback.extract_tb(error.__traceback__)
    where = "\n".join(f"{frame.name}:{frame.lineno}" for frame in frames)
    return hashlib.sha256(f"{type(error).__name__}\n{where}".encode()).hexdigest()[:16]
