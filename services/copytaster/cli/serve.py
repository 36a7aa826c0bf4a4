"""`copytaster serve`: one service until SIGTERM."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Callable
from typing import Final

import click

from copytaster.settings import load

SERVICES: Final = ("fetcher", "extractor", "deduplicator")


@click.command()
@click.argument("service", type=click.Choice(SERVICES))
def command(service: str) -> None:
    """Run one SERVICE until it gets SIGTERM; settings come from the environment (see `copytaster settings`).

    Start as many of each as you like: they share the work.

    \b
    Example:
      COPYTASTER_REDIS_URL=redis://127.0.0.1:6379/0 copytaster serve extractor
    """
    settings = load()
    app = importlib.import_module(f"copytaster.{service}.app")
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        sys.exit(runner.run(app.serve(settings)))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Uvloop where it is installed (the fetcher's extra brings it), else asyncio's own loop."""
    try:
        import uvloop
    except ModuleNotFoundError:
        return None
    return uvloop.new_event_loop
