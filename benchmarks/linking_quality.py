"""How well pairs are decided, in detail: `python -m benchmarks.linking_quality --data DIR --out benchmarks/results`.

Per set, per pair of languages, per wire kind and relation, each with its interval; the calibration in ten bins of equal mass; and,
on the terminal alone, the worst mistakes in readable form. The file that is written holds figures and ids, never a text. The
shipped policy was trained on these pairs: for unseen topics see the cross-validated figures in its training record.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from benchmarks.linking import decide_all, pair_figures, read_all, trap_figures
from benchmarks.linking_data import LabelledPair, LinkingData, load
from benchmarks.quality import surroundings, table
from benchmarks.training.vector_cache import RememberingEncoder
from copytaster.deduplicator.decide import PairDecision
from copytaster.deduplicator.io.sentence_encoder import UniversalSentenceEncoder
from copytaster.deduplicator.policy import load as load_policy

Decided = tuple[LabelledPair, PairDecision]

BINS: Final = 10
WORST: Final = 20
SHOWN_CHARS: Final = 160

Z95: Final = 1.96
"""Of the normal distribution, for intervals of 95 %."""

EXPECTED_RELATIONS: Final = {
    "original|verbatim": ("exact_copy", "near_copy", "common_source"),
    "edited|original": ("near_copy", "rewrite_of", "common_source"),
    "excerpt|original": ("excerpt_of",),
    "original|translation": ("translation_of",),
    "original|rewrite": ("rewrite_of", "translation_of"),
    "original|same_story": ("same_news",),
    "correction|original": ("near_copy", "rewrite_of", "common_source"),
    "sibling": ("related", "unrelated", "abstain", "compiled_from"),
}
"""What a pair of wire kinds should be called; the other kinds of pairs only have to merge."""


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
@click.option(
    "--vectors", type=click.Path(dir_okay=False, path_type=Path), help="File that keeps vectors between runs."
)
def command(data: Path, out: Path, vectors: Path | None) -> None:
    """Measure the pair decisions in detail, show the worst mistakes, and keep the figures as dated JSON."""
    known = load(data)
    encoder = RememberingEncoder(UniversalSentenceEncoder(), vectors)
    decided = decide_all(known, read_all(known, encoder))
    encoder.save()
    figures = measured(known, decided)
    now = datetime.now(UTC)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"linking-quality-{now:%Y-%m-%d}.json"
    result = {
        "measured": now.isoformat(timespec="seconds"),
        **surroundings(),
        "note": "shared machine",
        **figures,
    }
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for line in (*table(figures), "", *mistakes(known, decided)):
        click.echo(line)
    click.echo(f"written to {path}")


def measured(known: LinkingData, decided: Sequence[Decided]) -> dict[str, Any]:
    """All figures, as plain values for JSON."""
    policy = load_policy()

    def languages(pair: LabelledPair) -> str:
        return "-".join(sorted(str(known.records[side].language) for side in (pair.a, pair.b)))

    return {
        "policy": policy.version,
        "policy_digest": policy.digest,
        "sets": pair_figures(decided),
        "copies_and_traps": trap_figures(decided),
        "merging_by_set": merging(decided, lambda pair: pair.set),
        "merging_by_languages": merging(decided, languages),
        "wire_relations": relations(decided),
        "calibration": calibration(decided),
        "worst_ids": [[pair.a, pair.b] for pair, _ in worst(decided)],
    }


def merging(decided: Sequence[Decided], group: Callable[[LabelledPair], str]) -> dict[str, dict[str, Any]]:
    """Per group: recall and precision of the merging decision, each with its 95 % interval (Wilson)."""
    rows: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for pair, decision in decided:
        rows[group(pair)].append((pair.same, decision.merges))
    told = {}
    for name, outcomes in sorted(rows.items()):
        wanted = sum(same for same, _ in outcomes)
        merged = sum(merges for _, merges in outcomes)
        right = sum(same and merges for same, merges in outcomes)
        told[name] = {
            "pairs": len(outcomes),
            "recall": interval(right, wanted),
            "precision": interval(right, merged),
        }
    return told


def interval(right: int, total: int) -> list[float] | None:
    """Share, lower and upper bound of 95 % (Wilson 1927); None where there is nothing."""
    if not total:
        return None
    share = right / total
    centre = (share + Z95**2 / (2 * total)) / (1 + Z95**2 / total)
    half = Z95 * math.sqrt(share * (1 - share) / total + Z95**2 / (4 * total**2)) / (1 + Z95**2 / total)
    return [round(value, 3) for value in (share, max(0.0, centre - half), min(1.0, centre + half))]


def relations(decided: Sequence[Decided]) -> dict[str, dict[str, Any]]:
    """Per pair of wire kinds: how often each relation was said, and the share of those that were expected."""
    told: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for pair, decision in decided:
        if pair.set == "wire":
            told[pair.relation][decision.relation] += 1
    return {
        kinds: {
            **dict(sorted(said.items())),
            "as_expected": interval(
                sum(said.get(name, 0) for name in EXPECTED_RELATIONS[kinds]), sum(said.values())
            )
            if kinds in EXPECTED_RELATIONS
            else None,
        }
        for kinds, said in sorted(told.items())
    }


def calibration(decided: Sequence[Decided]) -> dict[str, Any]:
    """Mean confidence and true share in ten bins of equal mass, and the mean gap."""
    ranked = sorted((decision.confidence, pair.same) for pair, decision in decided)
    bins = [ranked[len(ranked) * at // BINS : len(ranked) * (at + 1) // BINS] for at in range(BINS)]
    rows = [
        [
            round(sum(said for said, _ in rows) / len(rows), 3),
            round(sum(same for _, same in rows) / len(rows), 3),
        ]
        for rows in bins
        if rows
    ]
    return {
        "confidence_and_truth": rows,
        "mean_gap": round(sum(abs(said - true) for said, true in rows) / len(rows), 4),
    }


def worst(decided: Sequence[Decided]) -> list[Decided]:
    """The decisions that were most sure and wrong."""
    return sorted(decided, key=lambda row: abs(row[1].confidence - row[0].same), reverse=True)[:WORST]


def mistakes(known: LinkingData, decided: Sequence[Decided]) -> Iterator[str]:
    """The worst mistakes to read: what was said, what is true, how both texts begin."""
    for pair, decision in worst(decided):
        truth = "same news" if pair.same else "other news"
        yield f"{decision.confidence:.3f} {decision.relation:<14} but {truth}  ({pair.set}, {pair.relation})"
        for side in (pair.a, pair.b):
            record = known.records[side]
            yield f"    {record.language}  {' '.join(f'{record.title} | {record.text}'.split())[:SHOWN_CHARS]}"


if __name__ == "__main__":
    command()
