"""The stored state of one feed, as typed values; knows its hash fields, not Redis.

Pure. Fields that a poll writes are built in `polling`, fields of the feed list in `feedlist`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from copytaster.fetcher.feedfields import decode
from copytaster.fetcher.hints import Hints
from copytaster.fetcher.pace import Arrivals
from copytaster_schemas.identity import urn_of


class FeedStatus(StrEnum):
    """Whether a feed is listed and polled."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"
    """No longer listed; what is left keeps the counters, so that a feed added again repeats no event's id."""


class Hand(StrEnum):
    """Who added or paused a feed: the feeds file, a person by a command (docs/decisions/0006), or the fetcher."""

    FILE = "file"
    COMMAND = "command"
    FETCHER = "fetcher"
    """It paused a feed whose address leads to another feed of the list."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """One feed's hash; an absent field is None or 0."""

    feed_id: str
    url: str = ""
    outlet: str | None = None
    title: str | None = None
    interval_seconds: float | None = None
    """The operator's own interval."""
    status: FeedStatus = FeedStatus.ACTIVE
    paused_by: Hand = Hand.FILE
    """Says something only while the feed is paused."""
    added_by: Hand = Hand.FILE
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    failures: int = 0
    weight: float = 0.0
    notified: str | None = None
    """The last condition an operator was told of (failing, gone); None while the feed answers."""
    fence: int = 0
    revision: int = 0
    polled_ms: int | None = None
    due_ms: int | None = None
    last_status: str | None = None
    last_failure: str | None = None
    last_detail: str | None = None
    failing_since_ms: int | None = None
    """When the first of the failures in a row was; None while the feed answers."""
    new_items_ms: int | None = None
    """When a poll last brought something new."""
    host: str = ""
    arrivals: Arrivals | None = None
    """None until a document has been read."""
    oldest_ms: int | None = None
    """When the oldest item of the last document came out."""
    shrunk_seconds: float | None = None
    """What an overflow has cut the interval to."""
    overflow_ms: int | None = None
    hints: Hints = Hints()  # noqa: RUF009 - frozen
    census: str | None = None
    """The class in which the feed is counted (see `pace`); None while it is not polled or never was."""
    why: str | None = None
    """What decided the next poll (see `intervals.Why`)."""
    gone_since_ms: int | None = None
    """When the server first said 410; None since it last answered with a feed."""
    moved_from: str | None = None
    """The address that the list names, when the feed has moved from it for good."""
    moved_to: str | None = None
    """Where permanent redirects lead, while that is not proven (see `moving`)."""
    moved_since_ms: int | None = None
    moved_polls: int = 0
    moved_proven: bool = False
    host_broken: bool = False
    """The breaker of the host has counted failures; the claim says so, it is not stored with the feed."""
    honest_probes: int = 0
    """Polls without validators after which these were found honest (see `honesty`)."""
    distrust_until_ms: int | None = None
    """Until when the validators are not sent, since they hid items."""
    stored: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """The fields as they were read, by which a poll finds out which ones have changed."""

    @property
    def listed(self) -> bool:
        """Whether the feed is in the list, polled or paused."""
        return self.status is not FeedStatus.REMOVED

    @property
    def urn(self) -> str:
        """The feed's urn."""
        return urn_of(self.feed_id)

    @staticmethod
    def from_hash(feed_id: str, fields: Mapping[bytes, bytes]) -> FeedState:
        """The state in a Redis hash as redis-py gives it (see `feedfields`); unknown fields are ignored."""
        values = decode(fields)
        interval = values.get("interval_seconds")
        return FeedState(
            feed_id=feed_id,
            url=values.get("url", ""),
            outlet=values.get("outlet") or None,
            title=values.get("title") or None,
            interval_seconds=float(interval) if interval else None,
            status=FeedStatus(values.get("status", FeedStatus.ACTIVE)),
            paused_by=Hand(values.get("paused_by") or Hand.FILE),
            added_by=Hand(values.get("added_by") or Hand.FILE),
            etag=values.get("etag") or None,
            last_modified=values.get("last_modified") or None,
            body_hash=values.get("body_hash") or None,
            failures=int(values.get("failures", 0)),
            weight=float(values.get("weight", 0)),
            notified=values.get("notified") or None,
            fence=int(values.get("fence", 0)),
            revision=int(values.get("revision", 0)),
            polled_ms=_number(values, "polled_ms"),
            due_ms=_number(values, "due_ms"),
            last_status=values.get("last_status") or None,
            last_failure=values.get("last_failure") or None,
            last_detail=values.get("last_detail") or None,
            failing_since_ms=_number(values, "failing_since_ms"),
            new_items_ms=_number(values, "new_items_ms"),
            host=values.get("host", ""),
            arrivals=Arrivals.unpack(values["arrivals"]) if "arrivals" in values else None,
            oldest_ms=_number(values, "oldest_ms"),
            shrunk_seconds=float(values["shrunk_seconds"]) if values.get("shrunk_seconds") else None,
            overflow_ms=_number(values, "overflow_ms"),
            hints=Hints.unpack(values.get("hints")),
            census=values.get("census") or None,
            why=values.get("why") or None,
            gone_since_ms=_number(values, "gone_since_ms"),
            moved_from=values.get("moved_from") or None,
            moved_to=values.get("moved_to") or None,
            moved_since_ms=_number(values, "moved_since_ms"),
            moved_polls=_number(values, "moved_polls") or 0,
            moved_proven=bool(values.get("moved_proven")),
            honest_probes=_number(values, "honest_probes") or 0,
            distrust_until_ms=_number(values, "distrust_until_ms"),
            host_broken="host_broken" in values,
            stored=values,
        )


def _number(values: Mapping[str, str], name: str) -> int | None:
    return int(values[name]) if values.get(name) else None
