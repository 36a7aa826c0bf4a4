"""`copytaster serve`: one service until SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

import click

from copytaster.settings import load

SERVICES: Final = ("fetcher", "extractor", "deduplicator")


@click.command()
@click.argument("service", type=click.Choice(SERVICES))
@click.option("--until-input-ends", is_flag=True, hidden=True, help="Stop when standard input is closed.")
def command(service: str, until_input_ends: bool) -> None:
    """Run one SERVICE until it gets SIGTERM; settings come from the environment (see `copytaster settings`).

    Start as many of each as you like: they share the work.

    \b
    Example:
      COPYTASTER_REDIS_URL=redis://127.0.0.1:6379/0 copytaster serve extractor
    """
    settings = load()
    if until_input_ends:
        threading.Thread(target=_stop_at_end_of_input, daemon=True).start()
    app = importlib.import_module(f"copytaster.{service}.app")
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        sys.exit(runner.run(app.serve(settings)))


def _stop_at_end_of_input() -> None:
    """End this process as SIGTERM does once whoever started it is gone, even one that was killed."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):  # not through sys.stdin, whose lock would be held when the interpreter ends
            pass
    os.kill(os.getpid(), signal.SIGTERM)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Uvloop where it is installed (the fetcher's extra brings it), else asyncio's own loop."""
    try:
        import uvloop
    except ModuleNotFoundError:
        return None
    return uvloop.new_event_loop
