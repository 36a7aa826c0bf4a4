"""`copytaster run`: everything on this machine for one person, data kept in a folder."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Iterator
from pathlib import Path

import click

from copytaster.cli.running.process_tree import ProcessTree
from copytaster.cli.running.serve import SERVICES
from copytaster.errors import Misconfigured
from copytaster.fetcher.io.feeds_file import read_feeds_file
from copytaster.settings import load


@click.command()
@click.option(
    "--feeds", type=click.Path(path_type=Path), default=None, help="The feeds.toml to apply at start."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("copytaster-data"),
    show_default=True,
    help="Folder for all data; made if it is not there.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=6399,
    show_default=True,
    help="Port of the embedded Redis; 0 = any.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="Processes that extract pages.")
def command(feeds: Path | None, data: Path, port: int, workers: int | None) -> None:
    """Run the three services and an embedded Valkey in one process tree, until Ctrl-C.

    Data stay in the folder; a restart goes on where it stopped. Other programs may read the streams at the printed
    address while it runs.

    \b
    Example:
      copytaster run --feeds feeds.toml
      copytaster clusters list --redis-url redis://127.0.0.1:6399/0
    """
    if feeds is not None and read_feeds_file(feeds) and load().contact is None:  # told before anything starts
        raise Misconfigured(
            "COPYTASTER_CONTACT is not set, and without it no feed is polled: publishers must be able to write to you; "
            "try: COPYTASTER_CONTACT=you@example.org copytaster run …"
        )
    asyncio.run(_run(feeds, data, port, workers))


async def _run(feeds: Path | None, data: Path, port: int, workers: int | None) -> None:
    tree = ProcessTree(data, on_restart=_say_restart)
    stop = asyncio.Event()
    with stop_on_signals(stop):
        try:
            url = await tree.start_server(port=port or None)
            click.echo(f"Streams at {url} (desk main), data in {data}. Ctrl-C stops.", err=True)
            env = {"COPYTASTER_REDIS_URL": url, "COPYTASTER_HEALTH_PORT": "0"}
            if feeds is not None:
                env["COPYTASTER_FEEDS_FILE"] = str(feeds)
            if workers is not None:
                env["COPYTASTER_EXTRACT_WORKERS"] = str(workers)
            for service in SERVICES:
                await tree.start_service(service, ["serve", service, "--until-input-ends"], env)
            await first_of(tree.wait_refused(), stop.wait())
        finally:
            await tree.stop()


def _say_restart(name: str, code: int) -> None:
    click.echo(f"{name} ended with code {code}; starting it again", err=True)


async def first_of(*waits: Awaitable[object]) -> None:
    """Return when the first of the awaitables does, or raise what it raised; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def stop_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` on Ctrl-C or SIGTERM instead of ending at once."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
