"""The console of the commands that print for people."""

from __future__ import annotations

import sys
from typing import Final

from rich.console import Console

FILE_WIDTH: Final = 120
"""Columns where the output is no terminal, whose width would be known: a log, a pipe, a CI."""


def wide_console() -> Console:
    """A console as wide as the terminal; colours only there."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else FILE_WIDTH)
