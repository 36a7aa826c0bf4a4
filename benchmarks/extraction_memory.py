"""Whether the extraction grows: many pages through the service's own worker pool, and the memory of every process on the way.

`python -m benchmarks.extraction_memory --data DIR --pages 20000` takes the pages of the open sets again and again, each time with
words of its own, so that no cache can answer for them. Linux only: it reads /proc.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import platform
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

import click

from benchmarks.common import read_jsonl
from benchmarks.quality import commit
from copytaster.errors import Discard
from copytaster.extractor.io.workers import PAGES_PER_WORKER, Workers

SETS: Final = ("aeb", "fundus")
SAMPLES: Final = 40
AHEAD: Final = 4


def salted_pages(data: Path, pages: int) -> Iterator[tuple[bytes, str]]:
    """`pages` pages with their addresses; every round over the sets puts another sentence into each."""
    rows = [
        (gzip.decompress((data / "pages" / name / row["file"]).read_bytes()), row["url"])
        for name in SETS
        for row in read_jsonl(data / "pages" / name / "index.jsonl")
    ]
    for number, (body, url) in enumerate(islice(cycle(rows), pages)):
        sentence = f"<p>Meldung {number} vom {number % 28 + 1}. Mai: {number * 7919 % 100_003} Stimmen für Antrag {number}.</p>"
        yield body.replace(b"</p>", b"</p>" + sentence.encode(), 1), f"{url}?n={number}"


def resident_mib(pid: int) -> float:
    """The resident memory of a process in MiB; 0 if it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def measure(data: Path, pages: int, processes: int) -> dict[str, Any]:
    """Stories and drops, and the memory of the parent and of the largest worker over the run."""
    workers = Workers(processes, timeout_seconds=60, memory_mib=1024)
    slots = asyncio.Semaphore(processes * AHEAD)
    counts = {"stories": 0, "dropped": 0}
    samples: list[dict[str, float]] = []
    begun = time.monotonic()

    async def one(body: bytes, url: str) -> None:
        try:
            await workers.extract(body, url=url, content_type="text/html")
            counts["stories"] += 1
        except Discard:
            counts["dropped"] += 1
        finally:
            slots.release()

    async with asyncio.TaskGroup() as tasks:
        for number, (body, url) in enumerate(salted_pages(data, pages)):
            await slots.acquire()
            tasks.create_task(one(body, url))
            if number % max(1, pages // SAMPLES) == 0:
                largest = max((resident_mib(pid) for pid in workers.process_ids), default=0.0)
                samples.append(
                    {
                        "pages": number,
                        "parent_mib": round(resident_mib(os.getpid()), 1),
                        "worker_mib": round(largest, 1),
                    }
                )
                click.echo(json.dumps(samples[-1]), err=True)
    await workers.close()
    settled = samples[len(samples) // 4 :]
    return {
        "pages": pages,
        **counts,
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "pages_per_worker": PAGES_PER_WORKER,
        "parent_growth_mib": round(settled[-1]["parent_mib"] - settled[0]["parent_mib"], 1),
        "worker_most_mib": max(sample["worker_mib"] for sample in samples),
        "samples": samples,
    }


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the result.")
@click.option("--pages", default=20_000, show_default=True)
@click.option("--processes", default=2, show_default=True)
def command(data: Path, out: Path | None, pages: int, processes: int) -> None:
    """Extract many pages and tell how the memory went."""
    figures = asyncio.run(measure(data, pages, processes))
    click.echo(json.dumps({name: value for name, value in figures.items() if name != "samples"}))
    if out is not None:
        now = datetime.now(UTC)
        result = {
            "measured": now.isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "commit": commit(),
            **figures,
        }
        path = out / f"extraction-memory-{now:%Y-%m-%d}.json"
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        click.echo(f"written to {path}")


if __name__ == "__main__":
    command()
