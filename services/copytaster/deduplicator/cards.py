"""What a cluster keeps of each member: enough to tell of it, to count it and to know its origin after its record has gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from copytaster.deduplicator.direction import CREDITING_ROLES
from copytaster.deduplicator.record import StoryRecord
from copytaster_schemas import Member
from copytaster_schemas.story import Credit


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

    def to_row(self) -> dict[str, Any]:
        """Plain values for storing."""
        return asdict(self)

    def to_record(self) -> StoryRecord:
        """A record that tells time, outlet and credits, and has no text to compare."""
        return StoryRecord(
            id=self.story,
            version=self.version,
            title=self.title,
            lead="",
            text="",
            language=self.language,
            outlet=self.outlet,
            family=self.owner,
            published_ms=self.time_ms,
            first_seen_ms=self.first_seen_ms,
            url=self.url,
            credits=tuple(_credit(agency) for agency in self.agencies),
        )

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
    )


def card_from_row(row: Mapping[str, Any]) -> Card:
    """The card that `to_row` gave."""
    return Card(**{**row, "agencies": tuple(row["agencies"])})


def _credit(agency: str) -> Credit:
    return Credit(agency=agency, role="originator", field="text", quote=agency, rule="card", confidence=1)
