"""Keeps the robots.txt rules of hosts: in this process, in Redis for all fetchers, else asked for.

What an answer means is decided in `fetcher.robots`.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from typing import Final

from copytaster.fetcher.io.client import Client, FetchFailed, Limits
from copytaster.fetcher.io.store import Store
from copytaster.fetcher.outcomes import Failure
from copytaster.fetcher.robots import (
    MAX_ROBOTS_BYTES,
    RobotsAnswer,
    Rules,
    answer_of_response,
    origin_of,
    robots_url,
)
from copytaster.streams.patience import Patience
from copytaster.text.urls import host_of

KEPT_ORIGINS: Final = 2_000
"""Parsed rules kept in memory: at 10 KB each about 20 MB."""

KEPT_SECONDS: Final = 300.0
"""How long a process trusts its own copy before it looks into Redis again."""

_LIMITS: Final = Limits(body_bytes=MAX_ROBOTS_BYTES, cuts=True, total_seconds=20.0)
# Failures that the page itself will meet and report better, or that RFC 9309, 2.3.1.2 treats as "no robots.txt".
_NO_RULES: Final = frozenset({Failure.FORBIDDEN_ADDRESS, Failure.REDIRECT_LOOP, Failure.BAD_URL, Failure.DNS})


@dataclass(frozen=True, slots=True)
class Looked:
    """The rules of an origin; `asked` = its server was asked just now, so the host has had a request."""

    rules: Rules
    asked: bool


class RobotsKeeper:
    """The rules of all origins that this process meets."""

    def __init__(self, client: Client, store: Store, patience: Patience) -> None:
        self._client = client
        self._store = store
        self._patience = patience
        self._kept: OrderedDict[str, tuple[float, Rules]] = OrderedDict()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def rules(self, url: str) -> Looked:
        """The rules that hold for `url`; raises ValueError for what is no http(s) URL."""
        origin = origin_of(url)
        async with self._locks[origin]:
            kept = self._kept.get(origin)
            if kept is not None and kept[0] > time.monotonic():
                return Looked(kept[1], asked=False)
            stored = await self._patience.until_redis_answers(lambda: self._store.robots(origin))
            answer = stored or await self._ask(url)
            rules = Rules(answer)
            if stored is None:
                delay_ms = int(rules.crawl_delay_seconds * 1000)
                await self._patience.until_redis_answers(
                    lambda: self._store.keep_robots(origin, host_of(url), answer, delay_ms=delay_ms)
                )
            self._keep(origin, rules)
            return Looked(rules, asked=stored is None)

    def _keep(self, origin: str, rules: Rules) -> None:
        self._kept[origin] = (time.monotonic() + KEPT_SECONDS, rules)
        while len(self._kept) > KEPT_ORIGINS:
            gone, _ = self._kept.popitem(last=False)
            if not self._locks[gone].locked():
                del self._locks[gone]

    async def _ask(self, url: str) -> RobotsAnswer:
        try:
            response = await self._client.get(robots_url(url), accept="text/plain, */*;q=0.1", limits=_LIMITS)
        except FetchFailed as error:
            return RobotsAnswer(reachable=error.failure in _NO_RULES)
        return answer_of_response(response.status, response.body)
