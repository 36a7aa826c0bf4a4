"""The last polls of a feed, as they are kept for whoever asks why it fails: one short text each, newest first.

Pure. Bounded in number and in bytes; the reasons are those of `outcomes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from copytaster.fetcher.feedfields import WORDS
from copytaster.fetcher.wanted import clip
from copytaster.keys import STATE_SECONDS, Keys
from copytaster.streams.effects import Effects

KEPT: Final = 20
"""Polls remembered of each feed: from some hours to some weeks, in about 500 bytes."""

DETAIL_BYTES: Final = 200
"""A longer error text says nothing more to a person."""


SHORT: Final = WORDS["last_status"]
_WORDS: Final = {short: word for word, short in SHORT.items()}


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """One poll: when it ended (ms since 1970), its status, and for a failure the reason and the detail."""

    at_ms: int
    status: str
    http_status: int | None = None
    reason: str | None = None
    detail: str | None = None
    new_items: int = 0

    def pack(self) -> str:
        """The stored form, such as `1795342005 f 503 - server_error HTTP 503`: absent values a dash, or left out at the end."""
        parts = [
            str(self.at_ms // 1000),
            SHORT.get(self.status, self.status),
            str(self.http_status or "-"),
            str(self.new_items or "-"),
            self.reason or "-",
            clip(self.detail, DETAIL_BYTES) or "-",
        ]
        while parts[-1] == "-":
            parts.pop()
        return " ".join(parts)

    @staticmethod
    def unpack(stored: str | bytes) -> PollOutcome:
        """The outcome in its stored form."""
        text = stored if isinstance(stored, str) else stored.decode("utf-8", errors="replace")
        at, status, http, new, reason, detail = (*text.split(" ", 5), "-", "-", "-", "-", "-")[:6]
        return PollOutcome(
            int(at) * 1000,
            _WORDS.get(status, status),
            int(http) if http != "-" else None,
            reason if reason != "-" else None,
            detail if detail != "-" else None,
            int(new) if new != "-" else 0,
        )


def outcomes_key(keys: Keys, feed_id: str) -> str:
    """The key of a feed's past polls."""
    return keys.key("outcomes", feed_id)


def remember_outcome(step: Effects, keys: Keys, feed_id: str, outcome: PollOutcome) -> None:
    """Let `step` put `outcome` in front of the others and forget what is beyond KEPT."""
    key = outcomes_key(keys, feed_id)
    step.op("LPUSH", key, outcome.pack())
    step.op("LTRIM", key, 0, KEPT - 1)
    step.op("EXPIRE", key, STATE_SECONDS)
