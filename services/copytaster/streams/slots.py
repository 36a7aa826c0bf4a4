"""What one process has in hand of one stream: at most `capacity` entries, shared fairly by new reads and by claims.

A read that is under way and a claim that is being made count as taken, so that a process never holds more than it has room for.
Pure bookkeeping on the event loop; nothing is sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Slots:
    """The places for the entries in hand; ids of entries are unique within a stream."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._since: dict[str, float] = {}
        self._begun: set[str] = set()
        self._reading = 0
        self._reserved = 0
        self._waiters: list[asyncio.Future[None]] = []

    def __contains__(self, entry_id: str) -> bool:
        return entry_id in self._since

    def __len__(self) -> int:
        return len(self._since)

    @property
    def begun(self) -> frozenset[str]:
        """Ids of the entries whose handler runs."""
        return frozenset(self._begun)

    def taken_since(self) -> dict[str, float]:
        """Id to the monotonic time at which the entry was taken, for all in hand."""
        return dict(self._since)

    @property
    def room(self) -> int:
        """How many new entries may be read now."""
        return self.capacity - len(self._since) - self._reading - self._reserved

    def take(self, entry_id: str) -> bool:
        """Take an entry in hand; False when it is already."""
        if entry_id in self._since:
            return False
        self._since[entry_id] = time.monotonic()
        return True

    def begin(self, entry_id: str) -> None:
        """Note that its handler runs from now on."""
        self._begun.add(entry_id)

    def give_back(self, entry_id: str) -> None:
        """Note that nothing more is done about the entry here."""
        self._since.pop(entry_id, None)
        self._begun.discard(entry_id)
        self._wake()

    async def open_read(self, at_most: int) -> int:
        """Wait until half of the places are free, then give how many entries may be read, at most `at_most`.

        Half, so that a quick consumer reads in large batches, and a slow one has its next entry at hand while it works.
        The places count as taken until the next call: what a read brings is in hand by then.
        """
        self._reading = 0
        self._wake()
        enough = min((self.capacity + 1) // 2, at_most)
        while self.room < enough:
            await self._changed()
        self._reading = min(self.room, at_most)
        return self._reading

    def close_read(self, arrived: int) -> None:
        """Note how many entries the read brought."""
        self._reading = arrived
        self._wake()

    @asynccontextmanager
    async def reserved(self, count: int) -> AsyncIterator[None]:
        """Keep new reads out of `count` places and wait until so many are free; for what is claimed meanwhile."""
        self._reserved += count
        try:
            while self.capacity - len(self._since) - self._reading < count:
                await self._changed()
            yield
        finally:
            self._reserved -= count
            self._wake()

    async def emptied(self) -> None:
        """Return when nothing is in hand."""
        while self._since:
            await self._changed()

    async def _changed(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def _wake(self) -> None:
        if not self._waiters:
            return
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
