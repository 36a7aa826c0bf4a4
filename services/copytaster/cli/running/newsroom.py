"""`copytaster newsroom`: serve the demo newsroom, or print the list of its feeds.

Its outlets, people and events are invented; it is there to see Copytaster at work without a network.
"""

from __future__ import annotations

import asyncio
import json
import signal

import click

from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.feeds import feeds_toml
from copytaster.newsroom.timetable import (
    DEFAULT_CORRECT_AFTER_SECONDS,
    DEFAULT_PACE_SECONDS,
    DEFAULT_VANISH_AFTER_SECONDS,
)

DEFAULT_PORT = 8800

_SECONDS = click.FloatRange(min=0)


def _example(*lines: str) -> str:
    """An example at the end of a help text; the backspace character keeps click from filling its lines."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


@click.group(
    "newsroom",
    epilog=_example(
        "copytaster newsroom serve &", "curl -H 'Host: nordpost.example' http://127.0.0.1:8800/feed.xml"
    ),
)
def command() -> None:
    """A small newsroom to try Copytaster on: invented outlets in five languages that copy from each other."""


@command.command(epilog=_example("copytaster newsroom serve --port 0 --pace 0"))
@click.option("--bind", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option(
    "--pace",
    "pace_seconds",
    default=DEFAULT_PACE_SECONDS,
    show_default=True,
    type=_SECONDS,
    help="Seconds between the six waves in which articles come out; 0: all at once.",
)
@click.option(
    "--correct-after",
    "correct_after_seconds",
    default=DEFAULT_CORRECT_AFTER_SECONDS,
    show_default=True,
    type=_SECONDS,
    help="Seconds from the first reader of a wrong number to its correction.",
)
@click.option(
    "--vanish-after",
    "vanish_after_seconds",
    default=DEFAULT_VANISH_AFTER_SECONDS,
    show_default=True,
    type=_SECONDS,
    help="Seconds from the first reader of a short-lived page to its end.",
)
def serve(
    bind: str, port: int, pace_seconds: float, correct_after_seconds: float, vanish_after_seconds: float
) -> None:
    """Serve all outlets on one port, told apart by the Host header, until interrupted.

    Prints one line of JSON with the port once it listens.
    """
    asyncio.run(_serve(bind, port, pace_seconds, correct_after_seconds, vanish_after_seconds))


async def _serve(
    bind: str, port: int, pace_seconds: float, correct_after_seconds: float, vanish_after_seconds: float
) -> None:
    try:
        from copytaster.newsroom.server import serve as start
    except ModuleNotFoundError as error:  # aiohttp comes with an extra; the other commands do without
        raise click.UsageError(
            f"serve needs the package {error.name}, which is not installed; try: pip install 'copytaster[newsroom]'"
        ) from error
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    catalogue = load_catalogue()
    running = await start(
        catalogue,
        host=bind,
        port=port,
        pace_seconds=pace_seconds,
        correct_after_seconds=correct_after_seconds,
        vanish_after_seconds=vanish_after_seconds,
    )
    click.echo(json.dumps({"bind": bind, "port": running.port, "outlets": list(catalogue.outlets)}))
    try:
        await stop.wait()
    finally:
        await running.close()


@command.command(epilog=_example("copytaster newsroom feeds --port 8800 > feeds.toml"))
@click.option(
    "--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535), help="The server's."
)
def feeds(port: int) -> None:
    """Print a feeds.toml that names every feed of the newsroom."""
    click.echo(feeds_toml(port), nl=False)


@command.command(epilog=_example("copytaster newsroom expected | grep gas-denial"))
def expected() -> None:
    """Print the truth: one line of JSON an article with its news point, kind, source, language and credits."""
    for article in load_catalogue().expected():
        click.echo(json.dumps(article, ensure_ascii=False))
