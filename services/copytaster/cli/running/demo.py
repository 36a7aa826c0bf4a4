"""`copytaster demo`: the whole of it on this machine with a newsroom of its own, watched until all clusters stand."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import click

from copytaster.cli.console import wide_console
from copytaster.cli.running.demo_watch import DemoWatch
from copytaster.cli.running.process_tree import ProcessTree
from copytaster.cli.running.run import first_of, stop_on_signals
from copytaster.cli.running.serve import SERVICES
from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.feeds import feeds_toml

DEADLINE_SECONDS: Final = 150.0
"""The newsroom's last wave comes out after 15 s; the rest is for a slow machine."""


@click.command()
@click.option("--keep", is_flag=True, help="Leave it running at the end and print the address of its Redis.")
@click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=None, help="Keep its data here."
)
def command(keep: bool, data: Path | None) -> None:
    """See it at work: a small newsroom of invented outlets is served on this machine, read, and its copies linked.

    Needs no network, no Redis and no Docker. Ends with a table of the clusters and the commands to try next.

    \b
    Example:
      copytaster demo --keep
    """
    sys.exit(asyncio.run(_demo(keep, data)))


async def _demo(keep: bool, data: Path | None) -> int:
    folder = data or Path(tempfile.mkdtemp(prefix="copytaster-demo-"))
    tree = ProcessTree(folder, log_folder=folder / "logs")
    stop = asyncio.Event()
    try:
        with stop_on_signals(stop):
            return await _play(tree, stop, keep=keep)
    finally:
        await tree.stop()
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)


async def _play(tree: ProcessTree, stop: asyncio.Event, *, keep: bool) -> int:
    from copytaster.newsroom.server import serve

    console = wide_console()
    catalogue = load_catalogue()
    console.print(
        f"A newsroom of {len(catalogue.outlets)} invented outlets goes on air, with {len(catalogue.articles)} articles "
        "about invented events.\nCopytaster polls their feeds, reads the pages, and links the copies of one story.\n"
    )
    url = await tree.start_server()
    newsroom = await serve(catalogue)
    try:
        await _start_services(tree, url, newsroom.port)
        watch = DemoWatch(url, catalogue, console)
        started = time.monotonic()
        await first_of(tree.wait_refused(), stop.wait(), watch.until_done(DEADLINE_SECONDS))
        if stop.is_set():
            return 1
        code = watch.summarise(time.monotonic() - started, logs=tree.log_folder, url=url if keep else None)
        if keep:
            console.print("Ctrl-C ends it.")
            await first_of(tree.wait_refused(), stop.wait())
        return code
    finally:
        await newsroom.close()


async def _start_services(tree: ProcessTree, url: str, port: int) -> None:
    feeds = tree.folder / "feeds.toml"
    feeds.write_text(feeds_toml(port), encoding="utf-8")
    env = {
        "COPYTASTER_REDIS_URL": url,
        "COPYTASTER_FEEDS_FILE": str(feeds),
        "COPYTASTER_HEALTH_PORT": "0",
        "COPYTASTER_CONTACT": "demo@localhost",
        "COPYTASTER_FETCH_ALLOW_NETWORKS": "127.0.0.1/32",
        "COPYTASTER_FETCH_ALLOW_PORTS": str(port),
        "COPYTASTER_FETCH_RESOLVE": "*.example=127.0.0.1",
        "COPYTASTER_HOST_SPACING_SECONDS": "0.1",
        "COPYTASTER_LOG_JSON": "true",
    }
    for service in SERVICES:
        await tree.start_service(service, ["serve", service, "--until-input-ends"], env)
