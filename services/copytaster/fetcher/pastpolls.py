"""The last polls of a feed, as they are kept for whoever asks why it fails: one short JSON text each, newest first.

Pure. Bounded in number and in bytes; the reasons are those of `outcomes`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from copytaster.fetcher.wanted import clip
from copytaster.keys import STATE_SECONDS, Keys
from copytaster.streams.effects import Effects

KEPT: Final = 20
"""Polls remembered of each feed: five hours at the default interval, and about 2 kB."""

DETAIL_BYTES: Final = 200
"""A longer error text says nothing more to a person."""


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """One poll: when it ended (ms since 1970), its status, and for a failure the reason and the detail."""

    at_ms: int
    status: str
    http_status: int | None = None
    reason: str | None = None
    detail: str | None = None
    new_items: int = 0

    def to_json(self) -> str:
        """The stored form, absent values left out."""
        values: dict[str, Any] = {
            "at": self.at_ms,
            "status": self.status,
            "http": self.http_status,
            "reason": self.reason,
            "detail": clip(self.detail, DETAIL_BYTES),
            "new": self.new_items or None,
        }
        return json.dumps(
            {name: value for name, value in values.items() if value is not None}, ensure_ascii=False
        )

    @staticmethod
    def from_json(text: str | bytes) -> PollOutcome:
        """The outcome in its stored form."""
        values = json.loads(text)
        return PollOutcome(
            int(values["at"]),
            str(values["status"]),
            values.get("http"),
            values.get("reason"),
            values.get("detail"),
            int(values.get("new", 0)),
        )


def outcomes_key(keys: Keys, feed_id: str) -> str:
    """The key of a feed's past polls."""
    return keys.key("outcomes", feed_id)


def remember_outcome(step: Effects, keys: Keys, feed_id: str, outcome: PollOutcome) -> None:
    """Let `step` put `outcome` in front of the others and forget what is beyond KEPT."""
    key = outcomes_key(keys, feed_id)
    step.op("LPUSH", key, outcome.to_json())
    step.op("LTRIM", key, 0, KEPT - 1)
    step.op("EXPIRE", key, STATE_SECONDS)
