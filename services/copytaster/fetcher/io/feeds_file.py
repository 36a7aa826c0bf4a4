"""Reads the feeds file and applies it to the list in Redis, at the start and whenever the file changes."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Final

from copytaster.errors import Misconfigured
from copytaster.fetcher.feedlist import ListChange, changes, released
from copytaster.fetcher.feedsfile import FeedSpec, parse_feeds_file
from copytaster.fetcher.io.access_book import AccessBook
from copytaster.fetcher.io.store import Store
from copytaster.fetcher.list_steps import list_step
from copytaster.keys import Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.commit import Outcome
from copytaster.streams.effects import Outbox
from copytaster.streams.patience import Patience

LOOK_SECONDS: Final = 5.0
"""How often the file is looked at: an edit takes effect within it."""

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
"""100,000 feeds take about 20 MB; a larger file is not a list of feeds."""

MAX_ROUNDS: Final = 20
"""Other fetchers of the desk apply the same file at the same moment; each round loses to one of them at most once."""


def read_feeds_file(path: Path) -> list[FeedSpec]:
    """The feeds that the file names; raises Misconfigured with one line when it cannot be read or is wrong."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise Misconfigured(f"{path}: larger than {MAX_FILE_BYTES >> 20} MB")
        content = path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror or error}") from error
    return parse_feeds_file(content, name=str(path))


class FeedsFile:
    """The feeds file of one desk."""

    def __init__(
        self, path: Path, store: Store, keys: Keys, patience: Patience, accesses: AccessBook
    ) -> None:
        self._path = path
        self._accesses = accesses
        self._store = store
        self._keys = keys
        self._patience = patience
        self._outbox = Outbox(keys, "fetcher")
        self._applied: tuple[int, int] | None = None

    async def apply(self) -> None:
        """Make the list follow the file; raises Misconfigured for a file that is wrong, and changes nothing then."""
        stamp = await asyncio.to_thread(_stamp, self._path)
        specs = await asyncio.to_thread(read_feeds_file, self._path)
        await asyncio.to_thread(self._accesses.read, specs, self._path)
        counts = {"added": 0, "changed": 0, "resumed": 0, "paused": 0}
        for change in await self._changes(specs):
            if await self._carry_out(change, specs, counts["added"]):
                counts[change.change.value] += 1
        await self._note_named(specs)
        self._applied = stamp
        get_logger().info(
            Log.FEEDS_APPLIED, status="applied", file=str(self._path), named=len(specs), **counts
        )

    async def _changes(self, specs: list[FeedSpec]) -> list[ListChange]:
        brought = await self._patience.until_redis_answers(self._store.brought)
        ids = list({spec.feed_id for spec in specs} | brought)
        stored = await self._patience.until_redis_answers(partial(self._store.feeds, ids))
        return changes(specs, stored, brought, file_name=self._path.name)

    async def _note_named(self, specs: list[FeedSpec]) -> None:
        """Keep which feeds the file names, those too that a command had added before it."""
        named = {spec.feed_id for spec in specs}
        brought = await self._patience.until_redis_answers(self._store.brought)
        stored = await self._patience.until_redis_answers(partial(self._store.feeds, list(brought - named)))
        gone = released(named, stored, brought)
        await self._patience.until_redis_answers(
            partial(self._store.note_named, sorted(named - brought), sorted(gone))
        )

    async def _carry_out(self, change: ListChange, specs: list[FeedSpec], added: int) -> bool:
        """Commit one change, after so many `added` feeds; False when another fetcher had made it already."""
        wanted = [spec for spec in specs if spec.feed_id == change.feed_id]
        for _ in range(MAX_ROUNDS):
            now_ms = int(time.time() * 1000)
            step = list_step(self._keys, self._outbox, [change], now_ms=now_ms, first=added)
            outcome = await self._patience.until_redis_answers(partial(self._store.commit, step))
            if outcome is Outcome.COMMITTED:
                return True
            stored = await self._patience.until_redis_answers(partial(self._store.feeds, [change.feed_id]))
            again = changes(wanted, stored, [change.feed_id], file_name=self._path.name)
            if not again:
                return False
            change = again[0]
        return False

    async def watch(self) -> None:
        """Apply the file again whenever it changes, until the process is asked to stop.

        A file that has become wrong or has gone is refused with one line, and the list stays as it is.
        """
        while not await self._patience.sleep(LOOK_SECONDS):
            stamp = await asyncio.to_thread(_stamp, self._path)
            if stamp == self._applied:
                continue
            try:
                await self.apply()
            except Misconfigured as error:
                self._applied = stamp
                get_logger().error(Log.FEEDS_APPLIED, status="refused", reason=str(error))


def _stamp(path: Path) -> tuple[int, int] | None:
    """Changes when the file does: time of change in nanoseconds and size; None while there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
