"""Takes the time of one contestant, from its first entry in hand to its last one committed."""

from __future__ import annotations

import json
import time


class Meter:
    """Counts entries; `done` is true once all have been counted."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._count = 0
        self._began: tuple[float, float] | None = None
        self._ended: tuple[float, float] | None = None

    def begin(self) -> None:
        """Start the clocks; later calls change nothing."""
        if self._began is None:
            self._began = (time.perf_counter(), time.process_time())

    def add(self, count: int) -> None:
        """Count entries that are done; the last one stops the clocks."""
        self._count += count
        if self.done and self._ended is None:
            self._ended = (time.perf_counter(), time.process_time())

    @property
    def done(self) -> bool:
        """Whether all expected entries are counted."""
        return self._count >= self._expected

    def report(self) -> str:
        """Seconds of wall and of this process's CPU as JSON; RuntimeError before the end."""
        if self._began is None or self._ended is None:
            raise RuntimeError(f"only {self._count} of {self._expected} entries were done")
        wall, cpu = (end - start for end, start in zip(self._ended, self._began, strict=True))
        return json.dumps({"messages": self._count, "wallSeconds": wall, "cpuSeconds": cpu})
