"""Options that the commands for looking share, so that they read and mean the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def where(function: F) -> F:
    """`--redis-url` and `--desk`."""
    function = click.option("--desk", default=None, help="The desk [default: COPYTASTER_DESK].")(function)
    return click.option(
        "--redis-url", default=None, help="Address of Redis [default: COPYTASTER_REDIS_URL]."
    )(function)


def as_json(meaning: str) -> Callable[[F], F]:
    """`--json`, with what it prints."""
    return click.option("--json", "as_json", is_flag=True, help=meaning)
