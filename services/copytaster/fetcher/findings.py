"""What a document says beyond its new items: how many came, whether some may have slipped through, how far back it goes.

Pure. `items` judges the single items; the schedule is made from this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from copytaster.fetcher.identity import Keyed
from copytaster.fetcher.items import Judged, Verdict

PINNED_SHARE: Final = 10
"""A tenth of the dated items, the oldest, does not count for the window: they may be pinned, and would stretch it."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Of one document: items listed, items known before, items that came since, items that are wanted."""

    listed: int = 0
    known: int = 0
    arrived: int = 0
    wanted: int = 0
    overflow: bool = False
    """It lists items, and none that was known, though some were: others may have come and gone between two polls."""
    oldest_ms: int | None = None
    """When the oldest listed item came out, pinned ones aside; None without dates."""
    ages_seconds: tuple[float, ...] = ()
    """How long ago the dated items came out, newest last."""


def findings_of(
    items: Sequence[Keyed], judged: Sequence[Judged], *, remembers: bool, now_ms: int
) -> Findings:
    """What `items` say, given the verdicts on those that are new or revised, and whether the feed `remembers` any item."""
    wanted = sum(one.verdict in (Verdict.NEW, Verdict.REVISED) for one in judged)
    strangers = [one for one in judged if not one.candidate.revised]
    # A feed that gives its items new guids has lost none: their articles are known.
    met = sum(one.verdict in (Verdict.KNOWN, Verdict.REVISED) for one in strangers)
    arrived = len(strangers) - met
    known = len(items) - arrived
    published = sorted(one.item.published.at.timestamp() for one in items if one.item.published is not None)
    oldest = published[len(published) // PINNED_SHARE] if published else None
    return Findings(
        listed=len(items),
        known=known,
        arrived=arrived,
        wanted=wanted,
        overflow=bool(remembers and items and not known),
        oldest_ms=None if oldest is None or oldest * 1000 >= now_ms else int(oldest * 1000),
        ages_seconds=tuple(now_ms / 1000 - at for at in published),
    )
