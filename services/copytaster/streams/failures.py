"""Handled failures of entries: counted by the engine, with the time from which an entry may be tried again.

Redis' own delivery count cannot tell a failure from a kill, so it is not used for this; what it says beyond the handled failures
are the deliveries that ended without any outcome (see `claimable`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from redis.asyncio import Redis

from copytaster.keys import DONE_SECONDS, Keys

FIRST_RETRY_SECONDS: Final = 5.0
LONGEST_RETRY_SECONDS: Final = 300.0
"""A choice: five tries of a bug take 75 s in all, so that a hiccup is over and a person is told soon; what is tried again without
end (an encoder that fails, a process that does not start) costs one try in five minutes."""

_SCRIPT: Final = files("copytaster.streams").joinpath("failed.lua").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Failures:
    """What is known of an entry's failures; `due_ms` is the server time before which nobody tries it again."""

    handled: int = 0
    bugs: int = 0
    due_ms: int = 0


class FailureBook:
    """The failures of the pending entries of one group on one stream."""

    def __init__(
        self, redis: Redis, keys: Keys, stream: str, group: str, *, first_seconds: float = FIRST_RETRY_SECONDS
    ) -> None:
        """`stream` is its name."""
        self.key = keys.key("failures", group, stream)
        self._redis = redis
        self._stream = keys.stream(stream)
        self._group = group
        self._first_ms = int(first_seconds * 1000)
        self._script = redis.register_script(_SCRIPT)

    async def count(
        self, entry_id: str, consumer: str, *, bug: bool, retry_after_seconds: float | None = None
    ) -> tuple[Failures, float]:
        """Note one more failure; gives the counts and the wait in seconds: the back-off, or `retry_after_seconds` if longer.

        The counts are 0 when another consumer holds the entry by now: the failure is no longer ours to count.
        """
        least_ms = int((retry_after_seconds or 0.0) * 1000)
        longest_ms = int(LONGEST_RETRY_SECONDS * 1000)
        arguments = [
            self._group,
            consumer,
            entry_id,
            int(bug),
            self._first_ms,
            longest_ms,
            least_ms,
            DONE_SECONDS,
        ]
        handled, bugs, wait_ms = await self._script(keys=[self._stream, self.key], args=arguments)
        return Failures(int(handled), int(bugs)), int(wait_ms) / 1000

    async def of(self, entry_ids: Sequence[str]) -> dict[str, Failures]:
        """The failures of those of `entry_ids` that have any."""
        if not entry_ids:
            return {}
        rows = await self._redis.hmget(self.key, list(entry_ids))
        return {name: _parse(row) for name, row in zip(entry_ids, rows, strict=True) if row is not None}

    async def forget(self, entry_id: str) -> None:
        """Take the entry out of the book."""
        await self._redis.hdel(self.key, entry_id)


def _parse(row: bytes) -> Failures:
    return Failures(*(int(part) for part in row.split()))
