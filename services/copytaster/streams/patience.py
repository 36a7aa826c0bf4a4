"""Waiting for a Redis that is away: back-off, one log line when it goes and one when it is back, never an exit."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ReadOnlyError,
    RedisError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from copytaster.logs import Log, get_logger

T = TypeVar("T")

FIRST_WAIT_SECONDS: Final = 0.2
LONGEST_WAIT_SECONDS: Final = 5.0
"""At the first wait 5 attempts a second, at the longest one in 5 s: an outage is noticed soon and costs little."""


class Stopped(Exception):
    """The service is being stopped while it waited; what was not committed stays pending."""


class Patience:
    """Shared by all loops of a process, so that an outage is logged once and a stop ends every wait."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self._away = False

    @property
    def stopping(self) -> bool:
        """Whether the process has been asked to stop."""
        return self._stop.is_set()

    @property
    def redis_away(self) -> bool:
        """Whether the last attempt found Redis away."""
        return self._away

    def stop(self) -> None:
        """End every wait, now and later."""
        self._stop.set()

    async def wait_stopped(self) -> None:
        """Return when `stop` has been called."""
        await self._stop.wait()

    async def sleep(self, seconds: float) -> bool:
        """Wait that long; True when the process is being stopped meanwhile."""
        try:
            await asyncio.wait_for(self._stop.wait(), timeout=max(seconds, 0.0))
        except TimeoutError:
            return False
        return True

    def lost(self, error: BaseException) -> None:
        """Note that Redis is away; the first note of an outage is logged."""
        if not self._away:
            self._away = True
            get_logger().warning(Log.REDIS_LOST, status="waiting", reason=f"{type(error).__name__}: {error}")

    def recovered(self) -> None:
        """Note that Redis answers; the first note after an outage is logged."""
        if self._away:
            self._away = False
            get_logger().info(Log.REDIS_RECOVERED, status="recovered")

    async def until_redis_answers(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """The result of `attempt`, repeated while Redis is away; raises Stopped when the process stops meanwhile.

        `attempt` has to be safe to repeat: its outcome is unknown when the connection breaks in the middle.
        """
        wait_seconds = FIRST_WAIT_SECONDS
        while True:
            try:
                result = await attempt()
            except RedisError as error:
                if not is_outage(error):
                    raise
                self.lost(error)
            else:
                self.recovered()
                return result
            if await self.sleep(wait_seconds * random.uniform(0.8, 1.2)):  # noqa: S311 - jitter, no secret
                raise Stopped
            wait_seconds = min(wait_seconds * 2, LONGEST_WAIT_SECONDS)


_OUTAGE_WORDS: Final = (
    "READONLY",
    "LOADING",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "OOM",
    "TRYAGAIN",
    "NOREPLICAS",
    "MISCONF",
)


def is_outage(error: BaseException) -> bool:
    """Whether `error` says that Redis takes no commands at present, so that waiting is all there is to do."""
    if isinstance(error, AuthenticationError | AuthorizationError):
        return False  # redis-py counts them as connection errors, but waiting mends no password
    if isinstance(error, RedisConnectionError | RedisTimeoutError | BusyLoadingError | ReadOnlyError):
        return True
    return isinstance(error, RedisError) and str(error).startswith(_OUTAGE_WORDS)
