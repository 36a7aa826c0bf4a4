"""CPU per page of the extraction, beside trafilatura's own call on the same pages: `make bench-extract`.

Ours is all that the service spends on a page: the frames to and from a worker process, decoding, metadata, body, credits. The
peer is `trafilatura.bare_extraction(bytes, with_metadata=True, include_comments=False)`. Each side lives in a process of its own;
they take turns page by page, so that whatever else the machine does meets both alike; both are started anew for each round. A round goes over all pages; the
figure is the median of the rounds' ratios.
"""

from __future__ import annotations

import gzip
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from benchmarks.common import read_jsonl
from benchmarks.quality import commit

SETS: Final = ("aeb", "fundus")
SIDES: Final = ("ours", "peer")


def _pages(data: Path) -> list[tuple[bytes, str]]:
    return [
        (gzip.decompress((data / "pages" / name / row["file"]).read_bytes()), row["url"])
        for name in SETS
        for row in read_jsonl(data / "pages" / name / "index.jsonl")
    ]


def _ours() -> Callable[[bytes, str], None]:
    from copytaster.errors import Discard
    from copytaster.extractor.io.frames import HEADER, Done, Job, LeftOut, pack, unpack
    from copytaster.extractor.io.worker_main import prepare
    from copytaster.extractor.story import extract_page

    prepare()

    def run(body: bytes, url: str) -> None:
        job: Job = unpack(pack(Job(body, url, "text/html", None, 15.0))[HEADER.size :])
        answer: Done | LeftOut
        try:
            found = extract_page(
                job.body, url=job.url, content_type=job.content_type, feed_item=job.feed_item
            )
            answer = Done(found)
        except Discard as reason:
            answer = LeftOut(reason.code, reason.detail)
        unpack(pack(answer)[HEADER.size :])

    return run


def _peer() -> Callable[[bytes, str], None]:
    import logging

    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

    def run(body: bytes, url: str) -> None:
        bare_extraction(body, with_metadata=True, include_comments=False)

    return run


def serve(side: str, data: Path) -> None:
    """One side: reads page numbers from standard input, answers each with the CPU seconds that the page took."""
    pages, run = _pages(data), _ours() if side == "ours" else _peer()
    for body, url in pages[:3]:
        run(body, url)
    print(len(pages), flush=True)
    for line in sys.stdin:
        body, url = pages[int(line)]
        begun = time.process_time()
        run(body, url)
        print(time.process_time() - begun, flush=True)


class _Side:
    """The process of one side."""

    def __init__(self, name: str, data: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.extraction_cost", "--side", name, "--data", str(data)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.pages = int(self._line())

    def seconds(self, page: int) -> float:
        """The CPU seconds of one page."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{page}\n")
        self._process.stdin.flush()
        return float(self._line())

    def close(self) -> None:
        """End the process by ending its input."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise click.ClickException(f"one side ended with {self._process.wait()}")
        return line


def measure(data: Path, rounds: int) -> dict[str, Any]:
    """Medians over `rounds`: milliseconds of CPU per page of both sides, and the ratio of ours to the peer's."""
    spent: dict[str, list[float]] = {name: [] for name in SIDES}
    pages = 0
    for number in range(rounds):
        # New processes: a service never sees the same pages again, and both sides have caches.
        sides = {name: _Side(name, data) for name in SIDES}
        pages = sides["ours"].pages
        total = dict.fromkeys(SIDES, 0.0)
        for page in range(pages):
            for name in SIDES if (page + number) % 2 else reversed(SIDES):
                total[name] += sides[name].seconds(page)
        for name in SIDES:
            spent[name].append(total[name])
        for side in sides.values():
            side.close()
        click.echo(f"round {number + 1} of {rounds}: {total['ours'] / total['peer']:.3f}", err=True)
    ratios = [ours / peer for ours, peer in zip(spent["ours"], spent["peer"], strict=True)]
    return {
        "pages": pages,
        "rounds": rounds,
        "ratio_median": round(statistics.median(ratios), 3),
        "ratio_rounds": [round(ratio, 3) for ratio in ratios],
        **{
            f"{name}_ms_per_page": round(1000 * statistics.median(times) / pages, 1)
            for name, times in spent.items()
        },
    }


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the result.")
@click.option("--rounds", default=5, show_default=True)
@click.option("--side", type=click.Choice(SIDES), hidden=True)
def command(data: Path, out: Path | None, rounds: int, side: str | None) -> None:
    """Measure the CPU per page of the extraction as a ratio to trafilatura's own call."""
    if side is not None:
        serve(side, data)
        return
    figures = measure(data, rounds)
    click.echo(json.dumps(figures))
    if out is not None:
        now = datetime.now(UTC)
        result = {
            "measured": now.isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "commit": commit(),
            **figures,
        }
        path = out / f"extraction-cost-{now:%Y-%m-%d}.json"
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        click.echo(f"written to {path}")


if __name__ == "__main__":
    command()
