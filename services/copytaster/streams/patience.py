"""Waiting for a Redis that is away: back-off, one log line when it goes and one when it is back, never an exit.

While Redis is away the whole process asks it with one attempt at a time: a hundred waiting tasks cost it no more refused commands
than one.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from copytaster.errors import Misconfigured
from copytaster.logs import Log, get_logger

T = TypeVar("T")

FIRST_WAIT_SECONDS: Final = 0.25
LONGEST_WAIT_SECONDS: Final = 5.0
"""At the first wait 4 attempts a second, at the longest one in 5 s: an outage is noticed soon and costs little."""


class Stopped(Exception):
    """The service is being stopped while it waited; what was not committed stays pending."""


class _Call(Generic[T]):
    """One attempt that may have to be made several times."""

    def __init__(
        self, attempt: Callable[[], Awaitable[T]], waits_out: Callable[[RedisError], bool] | None
    ) -> None:
        self._attempt = attempt
        self.waits_out = waits_out or is_outage
        self.failed = False
        self.result: list[T] = []

    async def ask(self) -> RedisError | None:
        """Make the attempt: None when it came through, else the error that has to be waited out; raises the others."""
        try:
            self.result = [await self._attempt()]
        except RedisError as error:
            if not self.waits_out(error):
                raise
            return error
        return None


class Patience:
    """Shared by all loops of a process, so that an outage is logged once and a stop ends every wait."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self._away = False
        self._turn = asyncio.Lock()
        self._failing = 0
        self._wait_seconds = FIRST_WAIT_SECONDS
        self._back_since: float | None = None
        self.refusal: Misconfigured | None = None

    @property
    def stopping(self) -> bool:
        """Whether the process has been asked to stop."""
        return self._stop.is_set()

    @property
    def redis_away(self) -> bool:
        """Whether the last attempt found Redis away."""
        return self._away

    def steady_for(self, seconds: float) -> bool:
        """Whether Redis has not been away for that long; a process that never saw it away says yes."""
        if self._away:
            return False
        return self._back_since is None or time.monotonic() - self._back_since >= seconds

    def stop(self) -> None:
        """End every wait, now and later."""
        self._stop.set()

    def refuse(self, mistake: Misconfigured) -> None:
        """Stop the process because of an operator's mistake that a handler met; the shell tells it and exits with 2."""
        self.refusal = self.refusal or mistake
        self.stop()

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

    async def until_redis_answers(
        self,
        attempt: Callable[[], Awaitable[T]],
        *,
        waits_out: Callable[[RedisError], bool] | None = None,
    ) -> T:
        """The result of `attempt`, repeated while Redis is away; raises Stopped when the process stops meanwhile.

        `attempt` has to be safe to repeat: its outcome is unknown when the connection breaks in the middle. `waits_out`
        says which errors are waited out (default: `is_outage`); others are raised.
        """
        call: _Call[T] | None = None
        if not self._away:  # the common way costs little more than the attempt itself
            try:
                return await attempt()
            except RedisError as error:
                call = _Call(attempt, waits_out)
                if not call.waits_out(error):
                    raise
                self._note(call, error)
        call = call or _Call(attempt, waits_out)
        try:
            while True:
                answered = await (self._ask_in_turn(call) if self._away else self._ask(call))
                if answered:
                    return call.result[0]
        finally:
            self._failing -= call.failed

    async def _ask_in_turn(self, call: _Call[T]) -> bool:
        """Wait for the one turn that there is while Redis is away, then for the back-off, then ask."""
        async with self._turn:
            if not self._away:
                return False
            if await self.sleep(self._wait_seconds * random.uniform(0.8, 1.2)):  # noqa: S311 - jitter, no secret
                raise Stopped
            answered = await self._ask(call)
            if not answered:
                self._wait_seconds = min(self._wait_seconds * 2, LONGEST_WAIT_SECONDS)
            return answered

    async def _ask(self, call: _Call[T]) -> bool:
        error = await call.ask()
        if error is None:
            # A read that succeeds is no proof: a full or read-only server serves it and still refuses the commit that waits.
            if call.failed or not self._failing:
                self._recovered()
            return True
        self._note(call, error)
        return False

    def _note(self, call: _Call[T], error: RedisError) -> None:
        if not call.failed:
            call.failed = True
            self._failing += 1
        if not self._away:
            self._away = True
            get_logger().warning(Log.REDIS_LOST, status="waiting", reason=f"{type(error).__name__}: {error}")

    def _recovered(self) -> None:
        if self._away:
            self._away = False
            self._back_since = time.monotonic()
            self._wait_seconds = FIRST_WAIT_SECONDS
            get_logger().info(Log.REDIS_RECOVERED, status="recovered")


_OUTAGE_WORDS: Final = (
    "READONLY",
    "LOADING",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "OOM",
    "TRYAGAIN",
    "NOREPLICAS",
    "MISCONF",
    "BUSY ",
)
_OUTAGES: Final = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    OutOfMemoryError,
    MasterDownError,
    ClusterDownError,
    TryAgainError,
)
"""redis-py gives some refusals a class of their own and takes the word off the text; the others keep it (measured)."""


def is_outage(error: BaseException) -> bool:
    """Whether `error` says that Redis takes no commands at present, so that waiting is all there is to do."""
    if isinstance(error, AuthenticationError | AuthorizationError):
        return False  # redis-py counts them as connection errors, but waiting mends no password
    if isinstance(error, _OUTAGES):
        return True
    return isinstance(error, RedisError) and str(error).startswith(_OUTAGE_WORDS)
