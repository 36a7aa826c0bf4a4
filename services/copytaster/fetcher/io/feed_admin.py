"""Changes and reads the list of feeds for a person's commands: find, change in one atomic step, make due."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from redis.asyncio import Redis

from copytaster.errors import CopytasterError
from copytaster.fetcher.feedfields import write_feed
from copytaster.fetcher.feedlist import ListChange
from copytaster.fetcher.feedstate import FeedState
from copytaster.fetcher.io.store import HostHold, Store
from copytaster.fetcher.list_steps import list_step
from copytaster.fetcher.pastpolls import PollOutcome
from copytaster.keys import Keys
from copytaster.streams.commit import Outcome
from copytaster.streams.effects import Check, Effects, Outbox, batched
from copytaster.text.urls import BadUrl, url_key
from copytaster_schemas.identity import feed_urn, short_id

MAX_ROUNDS: Final = 20
"""A fetcher or another person may change the feeds at the same moment; each round loses to one of them."""

READ_AT_ONCE: Final = 500
"""States read in one round trip: about half a megabyte."""

_ID: Final = re.compile(r"(?:urn:uuid:)?([0-9a-f][0-9a-f-]{3,35})", re.IGNORECASE)

Decide = Callable[[Mapping[str, FeedState], set[str]], list[ListChange]]
"""Given the stored states by id and the ids in which the feeds file has a say, the changes to make."""


class FeedAdmin:
    """The list of feeds of one desk."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._store = Store(redis, keys)
        self._keys = keys
        self._outbox = Outbox(keys, "operator")

    async def all(self) -> list[FeedState]:
        """All listed feeds, by address."""
        states = await self._states(sorted(await self._store.listed()))
        return sorted((state for state in states.values() if state.listed), key=lambda state: state.url)

    async def _states(self, feed_ids: Sequence[str]) -> dict[str, FeedState]:
        found: dict[str, FeedState] = {}
        for chunk in batched(feed_ids, READ_AT_ONCE):
            found |= await self._store.feeds(chunk)
        return found

    async def find(self, names: Iterable[str]) -> list[FeedState]:
        """The feeds that `names` name, each once: an address, a urn or its start, or an outlet or host of one feed.

        Raises CopytasterError in one line for a name that fits none, or several.
        """
        everything: list[FeedState] | None = None
        found: dict[str, FeedState] = {}
        for name in names:
            direct = await self._by_address(name)
            if direct is None and everything is None:
                everything = await self.all()
            state = direct or _the_one(name, everything or [])
            found[state.feed_id] = state
        return list(found.values())

    async def _by_address(self, name: str) -> FeedState | None:
        try:
            feed_id = short_id(feed_urn(url_key(name)))
        except BadUrl:
            return None
        state = await self._store.feed(feed_id)
        return state if state is not None and state.listed else None

    async def change(
        self, feed_ids: Sequence[str], decide: Decide, *, dry_run: bool = False
    ) -> list[ListChange]:
        """The changes that `decide` wants, all made in one atomic step, or none made when it is a dry run.

        Decided anew when the stored states have moved meanwhile. Raises what `decide` raises.
        """
        for _ in range(MAX_ROUNDS):
            changes = decide(await self._states(feed_ids), await self._store.brought())
            if dry_run or not changes:
                return changes
            step = list_step(self._keys, self._outbox, changes, now_ms=_now_ms())
            if await self._store.commit(step) is Outcome.COMMITTED:
                return changes
        raise CopytasterError("the feeds change too fast under this command; try again")

    async def refresh(self, feeds: Sequence[FeedState]) -> None:
        """Make the feeds due now, in one atomic step; raises CopytasterError when one is not polled (any more)."""
        step = Effects()
        now_ms = _now_ms()
        for feed in feeds:
            key = self._keys.key("feed", feed.feed_id)
            step.checks.append(Check(key, "status", "absent"))  # active (see `feedfields`)
            write_feed(step, self._keys, feed.feed_id, {"due_ms": now_ms})
            step.op("ZADD", self._keys.key("feeds", "due"), now_ms, feed.feed_id)
        if feeds and await self._store.commit(step) is not Outcome.COMMITTED:
            raise CopytasterError(
                "a feed was paused or removed at this moment; nothing was refreshed, try again"
            )

    async def outcomes(self, feed_id: str) -> list[PollOutcome]:
        """The last polls of a feed, newest first."""
        return await self._store.outcomes(feed_id)

    async def hold(self, host: str) -> HostHold | None:
        """Until when and why the host is left alone; None when nothing is stored of that."""
        return await self._store.hold(host)

    async def in_file(self) -> set[str]:
        """The ids of the feeds in which the feeds file has a say."""
        return await self._store.brought()


def _the_one(name: str, feeds: Sequence[FeedState]) -> FeedState:
    fitting = _fitting(name.strip(), feeds)
    if not fitting:
        raise CopytasterError(f"no feed {name}; `copytaster feeds list` names them all")
    if len(fitting) > 1:
        raise CopytasterError(
            f"{name} fits {len(fitting)} feeds, {fitting[0].url} and {fitting[1].url} among them; give the address"
        )
    return fitting[0]


def _fitting(name: str, feeds: Sequence[FeedState]) -> list[FeedState]:
    match = _ID.fullmatch(name)
    if match is not None:
        start = match[1].replace("-", "").lower()
        if found := [feed for feed in feeds if feed.feed_id.startswith(start)]:
            return found
    moved = [feed for feed in feeds if feed.url == name]
    return moved or [feed for feed in feeds if name.lower() in (feed.outlet, _host(feed.url))]


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower()


def _now_ms() -> int:
    return int(time.time() * 1000)
