"""What a cluster keeps of each member: enough to tell of it, to count it and to know its origin after its record has gone."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from copytaster.deduplicator.direction import CREDITING_ROLES
from copytaster.deduplicator.record import StoryRecord
from copytaster.deduplicator.twins import text_key
from copytaster_schemas import Member
from copytaster_schemas.story import Credit

_FIELDS: Final = (
    "version",
    "outlet",
    "owner",
    "language",
    "title",
    "url",
    "time_ms",
    "first_seen_ms",
    "agencies",
    "text_key",
    "kin",
)
"""The order of a stored card; a new field goes to the end and needs a default."""


@dataclass(frozen=True, slots=True)
class Card:
    """One member of a cluster."""

    story: str
    version: int
    outlet: str
    owner: str
    language: str | None
    title: str
    url: str
    time_ms: int
    first_seen_ms: int
    agencies: tuple[str, ...] = ()
    text_key: str = ""
    """Equal for stories of the very same words (see `twins`); empty where nothing is known to be equal."""
    kin: str = ""
    """The earliest story of its family, once the cluster is closed and the texts that show it may go; empty before."""

    def pack(self) -> bytes:
        """A compact JSON array without the story's id, which names the field that it lies in; `unpack` gives an equal card."""
        row = [getattr(self, name) for name in _FIELDS]
        return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()

    def slim(self, kin: str) -> Card:
        """The card of a member of a closed cluster: whose it is, when, and of which family; no longer what it said."""
        return replace(self, title="", url="", kin="" if kin == self.story else kin)

    def to_record(self) -> StoryRecord:
        """A record that tells time, outlet and credits, and has no text to compare."""
        return _record_of(self)

    def to_member(self, family: str | None) -> Member:
        """As published."""
        return Member(
            story=self.story,
            version=self.version,
            outlet=self.outlet,
            language=self.language,
            family=family,
            title=self.title or None,
            url=self.url or None,
        )


def card_of(record: StoryRecord) -> Card:
    """The card of a story version."""
    agencies = {
        credit.agency for credit in record.credits if credit.agency and credit.role in CREDITING_ROLES
    }
    return Card(
        story=record.id,
        version=record.version,
        outlet=record.outlet,
        owner=record.family,
        language=record.language,
        title=record.title,
        url=record.url,
        time_ms=record.time_ms,
        first_seen_ms=record.first_seen_ms,
        agencies=tuple(sorted(agencies)),
        text_key=text_key(record),
    )


@lru_cache(maxsize=8192)
def unpack(story: str, packed: bytes) -> Card:
    """The card that `pack` gave for `story`; the same cards come again with every news of a large cluster."""
    values = dict(zip(_FIELDS, json.loads(packed), strict=False))
    return Card(story=story, **{**values, "agencies": tuple(values["agencies"])})


@lru_cache(maxsize=8192)
def _record_of(card: Card) -> StoryRecord:
    return StoryRecord(
        id=card.story,
        version=card.version,
        title=card.title,
        lead="",
        text="",
        language=card.language,
        outlet=card.outlet,
        family=card.owner,
        published_ms=card.time_ms,
        first_seen_ms=card.first_seen_ms,
        url=card.url,
        credits=tuple(map(_credit, card.agencies)),
    )


def _credit(agency: str) -> Credit:
    return Credit(agency=agency, role="originator", field="text", quote=agency, rule="card", confidence=1)
