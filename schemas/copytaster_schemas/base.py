"""What all event models share: frozen, camelCase on the wire, absent instead of null, strict out and tolerant in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel


def _aware_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return value.astimezone(UTC)


def format_instant(value: datetime) -> str:
    """RFC 3339 in UTC with a `Z`; fractions of a second only where there are some."""
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return utc.isoformat()[:-6] + "Z"  # UTC always ends in +00:00


Instant = Annotated[
    datetime,
    AfterValidator(_aware_utc),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
]
"""An aware instant, normalised to UTC."""


class EventModel(BaseModel):
    """Base of all event data. Unknown fields are ignored when reading: a newer minor version adds optional ones."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    def to_json(self) -> bytes:
        """The `data` of an event: UTF-8 JSON, camelCase, absent values left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()

    def to_dict(self) -> dict[str, Any]:
        """The same as `to_json`, as plain Python values."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
