"""When what is on the newsroom's pages: releases in waves, the correction, the page that vanishes. Pure.

Times are seconds since the server's start. What changes after a reader's first visit (a correction, a vanished page)
counts from that visit, so that the first version has always been seen, however slow the reader is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from copytaster.newsroom.model import Catalogue

WAVES: Final = 6
"""With DEFAULT_PACE_SECONDS the last wave comes after 15 s: long enough to watch clusters grow, short enough to wait."""

DEFAULT_PACE_SECONDS: Final = 3.0
DEFAULT_CORRECT_AFTER_SECONDS: Final = 4.0
DEFAULT_VANISH_AFTER_SECONDS: Final = 8.0


class Stage(Enum):
    """What a reader who asks for an item gets."""

    UNRELEASED = "unreleased"
    FIRST = "first"
    CORRECTED = "corrected"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, and when each page had been asked for first."""

    elapsed_seconds: float
    first_served: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The course of a demo; `wave_of` holds the wave of each feed item, in the order of publication."""

    wave_of: Mapping[str, int]
    corrected: frozenset[str]
    vanishing: frozenset[str]
    pace_seconds: float
    correct_after_seconds: float
    vanish_after_seconds: float

    def released_at_seconds(self, item_id: str) -> float:
        """When the item comes into its outlet's feed."""
        return self.wave_of[item_id] * self.pace_seconds

    def stage(self, item_id: str, moment: Moment) -> Stage:
        """What the item is at that moment."""
        if moment.elapsed_seconds < self.released_at_seconds(item_id):
            return Stage.UNRELEASED
        second = self._second_stage_at_seconds(item_id, moment)
        if second is None or moment.elapsed_seconds < second:
            return Stage.FIRST
        return Stage.CORRECTED if item_id in self.corrected else Stage.VANISHED

    def changed_at_seconds(self, item_id: str, moment: Moment) -> float | None:
        """When the item came into the stage it is in; None while it is not released."""
        stage = self.stage(item_id, moment)
        if stage is Stage.UNRELEASED:
            return None
        if stage is Stage.FIRST:
            return self.released_at_seconds(item_id)
        return self._second_stage_at_seconds(item_id, moment)

    def _second_stage_at_seconds(self, item_id: str, moment: Moment) -> float | None:
        served = moment.first_served.get(item_id)
        if served is None:
            return None
        if item_id in self.corrected:
            return served + self.correct_after_seconds
        return served + self.vanish_after_seconds if item_id in self.vanishing else None


def timetable(
    catalogue: Catalogue,
    *,
    pace_seconds: float = DEFAULT_PACE_SECONDS,
    correct_after_seconds: float = DEFAULT_CORRECT_AFTER_SECONDS,
    vanish_after_seconds: float = DEFAULT_VANISH_AFTER_SECONDS,
) -> Timetable:
    """The course of a demo over `catalogue`: WAVES waves, `pace_seconds` apart (0: all at once), oldest news first."""
    ids = catalogue.item_ids()
    return Timetable(
        wave_of={item_id: place * WAVES // len(ids) for place, item_id in enumerate(ids)},
        corrected=frozenset(article.id for article in catalogue.articles.values() if article.correction),
        vanishing=frozenset(article.id for article in catalogue.articles.values() if article.vanishes),
        pace_seconds=pace_seconds,
        correct_after_seconds=correct_after_seconds,
        vanish_after_seconds=vanish_after_seconds,
    )
