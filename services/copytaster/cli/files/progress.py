"""The line on standard error that says how far long work is, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click

SHOWN_EVERY: Final = 200
"""Steps between two updates of the line."""


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Gives a function that is told the step, how many are done, and of how many."""
    on_terminal = sys.stderr.isatty()

    def show(step: str, done: int, total: int) -> None:
        if on_terminal and (done % SHOWN_EVERY == 0 or done == total):
            click.echo(f"\r{step} {done} of {total}  ", err=True, nl=done == total)

    yield show
