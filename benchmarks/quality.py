"""All quality figures in one run: `python -m benchmarks.quality --data DIR --out benchmarks/results`.

Runs linking and extraction over the evaluation data, prints a table, and writes a dated JSON file with the figures, the versions
and the commit. No text of the data goes into it.
"""

from __future__ import annotations

import json
import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from benchmarks import extraction, linking
from copytaster import __version__

PARTS: Final[Mapping[str, Callable[[Path], dict[str, Any]]]] = {
    "linking": linking.run,
    "extraction": extraction.run,
}


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Evaluation data.",
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the results."
)
@click.option("--only", type=click.Choice(sorted(PARTS)), help="One part alone.")
def command(data: Path, out: Path, only: str | None) -> None:
    """Measure the quality of linking and extraction, print the figures and keep them as dated JSON."""
    figures: dict[str, Any] = {}
    for name, run in PARTS.items():
        if only in (None, name):
            click.echo(f"measuring {name} ...", err=True)
            begun = time.monotonic()
            figures[name] = run(data) | {"seconds": round(time.monotonic() - begun)}
    now = datetime.now(UTC)
    result = {"measured": now.isoformat(timespec="seconds"), **surroundings(), **figures}
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"quality-{now:%Y-%m-%d}{f'-{only}' if only else ''}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for line in table(figures):
        click.echo(line)
    click.echo(f"written to {path}")


def surroundings() -> dict[str, str]:
    """The versions and the commit that the figures belong to."""
    return {"copytaster": __version__, "python": platform.python_version(), "commit": commit()}


def commit() -> str:
    """The commit of the checkout, with a plus where files differ from it; `unknown` outside a checkout."""
    root = Path(__file__).resolve().parent.parent
    try:
        head = _git(root, "rev-parse", "--short=12", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed else "")


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def table(figures: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The figures as aligned lines, one a set: nested values are named by their path."""
    plain = {name: value for name, value in figures.items() if not isinstance(value, Mapping)}
    if plain:
        shown = "  ".join(f"{name} {_short(value)}" for name, value in plain.items())
        yield f"{path.strip('.') or 'all':<32} {shown}"
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from table(value, f"{path}.{name}")


def _short(value: object) -> str:
    if isinstance(value, list):
        return f"[{len(value)}]" if len(value) > 4 else ", ".join(map(str, value)) or "none"
    return str(value)


if __name__ == "__main__":
    command()
