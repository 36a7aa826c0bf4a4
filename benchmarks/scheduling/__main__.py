"""Scheduling and the queue of feeds: `python -m benchmarks.scheduling --data DIR --out benchmarks/results`.

Replays news feeds with the gaps of real ones, polls them by the product's own schedule and by those of other pollers at
the same number of polls, and compares how long items wait to be seen. Then measures what a feed costs in Redis, and how
fast feeds are claimed and completed. No text of the data goes into the result.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from benchmarks.quality import surroundings, table
from benchmarks.scheduling.arrivals import DAY, MEDIAN_RATE, SIGMA, Source, real_gaps, sources
from benchmarks.scheduling.policies import Additive, ByRate, Fixed, Ours, Policy
from benchmarks.scheduling.queue import measure
from benchmarks.scheduling.simulation import Seen, matched, simulate

HOURS_A_POLL: Final = (1, 4)
"""Budgets: in the mean a poll of every feed each hour, and each fourth hour."""

WARM_UP_DAYS: Final = 14.0
DAYS: Final = 7.0
SEED: Final = 7

OTHERS: Final[dict[str, tuple[Callable[[float], Policy], bool]]] = {
    "fixed": (Fixed, False),
    "by_rate": (ByRate, True),
    "additive": (Additive, False),
}
"""Policies, and whether more of the knob means more polls."""

KNOBS: Final = {
    1: {"fixed": (3300.0, 3900.0), "by_rate": (0.7, 2.8), "additive": (0.0005, 0.05)},
    4: {"fixed": (13_200.0, 15_600.0), "by_rate": (0.15, 0.6), "additive": (0.05, 0.6)},
}
"""Between which values of its knob a policy polls as often as ours does, by hours a poll."""


def compare(made: list[Source], hours: int) -> dict[str, Any]:
    """Delays of all policies at one budget, and what the product's saves against each."""
    budget = len(made) / (hours * 3600)

    def run(policy: Policy) -> Seen:
        return simulate(made, policy, warm_up_days=WARM_UP_DAYS, days=DAYS)

    ours = run(Ours(budget))
    figures: dict[str, Any] = {
        "ours": {**_figures(ours), "load_of_budget": ours.polls / (budget * DAYS * DAY)}
    }
    click.echo(f"ours at a poll every {hours} h: {ours.mean / 60:.1f} min", err=True)
    for name, (make, rises) in OTHERS.items():
        low, high = KNOBS[hours][name]
        knob, seen = matched(lambda value, make=make: run(make(value)), ours.polls, low, high, rises=rises)  # type: ignore[misc]
        figures[name] = {
            **_figures(seen),
            "knob": knob,
            "polls_of_ours": seen.polls / ours.polls,
            "saved": 1 - ours.mean / seen.mean,
        }
        click.echo(f"{name}: {seen.mean / 60:.1f} min at knob {knob:.4g}", err=True)
    return figures


def _figures(seen: Seen) -> dict[str, float]:
    return {
        "polls": seen.polls,
        "mean_minutes": seen.mean / 60,
        "p95_minutes": seen.quantile(0.95) / 60,
        "items": len(seen.delays),
        "missed": seen.missed,
    }


def rounded(value: Any) -> Any:
    """The figures to four digits."""
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _scheduling(folder: Path, feeds: int) -> dict[str, Any]:
    patterns = real_gaps(folder / "feeds" / "real")
    made = sources(patterns, feeds=feeds, days=WARM_UP_DAYS + DAYS, seed=SEED)
    return {
        "scheduling": {f"a_poll_every_{hours}_h": compare(made, hours) for hours in HOURS_A_POLL},
        "simulation": {
            "feeds": feeds,
            "patterns": len(patterns),
            "median_items_a_day": MEDIAN_RATE,
            "sigma": SIGMA,
            "days": DAYS,
            "warm_up_days": WARM_UP_DAYS,
        },
    }


@click.command()
@click.option("--data", "folder", type=click.Path(exists=True, path_type=Path), required=True)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the dated JSON; without it, only the table."
)
@click.option("--feeds", default=300, show_default=True, help="Feeds of the simulation.")
@click.option("--queued", default=100_000, show_default=True, help="Feeds in the queue.")
@click.option("--only", type=click.Choice(["scheduling", "queue"]), help="One part alone.")
def main(folder: Path, out: Path | None, feeds: int, queued: int, only: str | None) -> None:
    """Measure scheduling and the queue; prints a table, and writes the result as dated JSON."""
    result: dict[str, Any] = {}
    if only != "queue":
        result |= _scheduling(folder, feeds)
    if only != "scheduling":
        result["queue"] = measure(queued, SEED)
    result = rounded(result)
    for line in table(result):
        click.echo(line)
    if out is not None:
        today = datetime.now(UTC).date().isoformat()
        note = "measured on a shared machine: CPU times and ratios are sound, rates by the clock are not"
        path = out / f"scheduling-{today}{f'-{only}' if only else ''}.json"
        path.write_text(
            json.dumps({**surroundings(), "date": today, "note": note, **result}, indent=1) + "\n"
        )
        click.echo(f"written: {path}")


if __name__ == "__main__":
    main()
