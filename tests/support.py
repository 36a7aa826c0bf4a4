"""Helpers for tests: waiting for a condition with a deadline, and saying why a test cannot run here.

Not for fixtures (those are in `conftest.py`) and not for test data.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar, overload

import pytest

T = TypeVar("T")

ROOT: Final = Path(__file__).resolve().parent.parent
"""The root of the checkout."""

POLL_SECONDS: Final = 0.02
"""Pause between two looks: short against any timeout here, long against the cost of a look at a local server."""

TIMEOUT_SECONDS: Final = 10.0
"""Enough for one step of a local server on a busy two-core machine; a test that needs more says so."""


@overload
async def wait_until(
    condition: Callable[[], Awaitable[T]], *, description: str, timeout_seconds: float = ...
) -> T: ...


@overload
async def wait_until(condition: Callable[[], T], *, description: str, timeout_seconds: float = ...) -> T: ...


async def wait_until(
    condition: Callable[[], Any], *, description: str, timeout_seconds: float = TIMEOUT_SECONDS
) -> Any:
    """The first truthy value of `condition`, which may be a plain or an async callable.

    Fails the test with `description` and the last value seen when `timeout_seconds` have passed.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        if time.monotonic() > deadline:
            _give_up(description, timeout_seconds, value)
        await asyncio.sleep(POLL_SECONDS)


def wait_until_sync(
    condition: Callable[[], T],
    *,
    description: str,
    timeout_seconds: float = TIMEOUT_SECONDS,
    poll_seconds: float = POLL_SECONDS,
) -> T:
    """Like `wait_until`, for tests without an event loop."""
    deadline = time.monotonic() + timeout_seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            _give_up(description, timeout_seconds, value)
        time.sleep(poll_seconds)
    return value


def _give_up(description: str, timeout_seconds: float, last: object) -> NoReturn:
    pytest.fail(f"not within {timeout_seconds:g} s: {description} (last seen: {last!r:.500})")


def unavailable(reason: str) -> NoReturn:
    """Skips the test with `reason` for a person; fails it when CI=true, where nothing may be missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true, and {reason}")
    pytest.skip(reason)
