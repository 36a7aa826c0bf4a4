"""The pace of all feeds as one fetcher knows it: solved from the census in Redis now and then, cheaper than at every poll."""

from __future__ import annotations

import time
from typing import Final

from copytaster.fetcher.intervals import Pace
from copytaster.fetcher.io.store import Store
from copytaster.fetcher.pace import least_pace, solve_pace

FRESH_SECONDS: Final = 20.0
"""The census moves slowly: by one feed a poll. Every fetcher solves it for itself and comes to the same pace."""


class Pacing:
    """The pace that the budget of the desk allows."""

    def __init__(self, store: Store, *, polls_per_second: float, shortest_seconds: float) -> None:
        self._store = store
        self._polls_per_second = polls_per_second
        self._shortest_seconds = shortest_seconds
        self._seconds = least_pace(shortest_seconds)
        self._solved: float | None = None

    async def now(self) -> Pace:
        """The pace, at most FRESH_SECONDS old; may raise redis' errors."""
        if self._solved is None or time.monotonic() - self._solved > FRESH_SECONDS:
            self._seconds = solve_pace(
                await self._store.census(),
                polls_per_second=self._polls_per_second,
                shortest_seconds=self._shortest_seconds,
            )
            self._solved = time.monotonic()
        return Pace(self._seconds, self._shortest_seconds)
