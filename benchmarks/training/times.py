"""How much the clusters lean on times of publication: `python -m benchmarks.training.times --data DIR --out benchmarks/results`.

The wire set was written with the times of one news day; real outlets reprint days later, and some pages name no time at all. Every
forest is learned anew without the topics that it judges, as in training, and the same texts are clustered under three datings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import click

from benchmarks.linking import read_all
from benchmarks.linking_data import LinkingData, load
from benchmarks.quality import surroundings, table
from benchmarks.training.examples import Examples
from benchmarks.training.make_policy import FORESTS, blind_policies
from benchmarks.training.vector_cache import RememberingEncoder
from benchmarks.training.wire_clusters import WireRun
from copytaster.deduplicator.bulk import candidate_pairs
from copytaster.deduplicator.features import Features
from copytaster.deduplicator.io.sentence_encoder import UniversalSentenceEncoder
from copytaster.deduplicator.policy import load as load_policy

DAY_MS: Final = 86_400_000

LATE_ONE_OF: Final = 3
"""One of so many texts that were made from another one is dated later."""

LATE_DAYS: Final = range(2, 7)


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
    """Cluster the wire set as dated, undated and partly dated later, and keep the figures as dated JSON."""
    known = load(data)
    encoder = RememberingEncoder(UniversalSentenceEncoder(), vectors)
    ready = read_all(known, encoder)
    encoder.save()
    figures = measured(known, ready)
    now = datetime.now(UTC)
    result = {
        "measured": now.isoformat(timespec="seconds"),
        **surroundings(),
        "policy": load_policy().version,
        "policy_digest": load_policy().digest,
        "wire_clusters": figures,
    }
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"linking-times-{now:%Y-%m-%d}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for line in table(figures):
        click.echo(line)
    click.echo(f"written to {path}")


def measured(known: LinkingData, ready: Mapping[str, Features]) -> dict[str, Any]:
    """The cluster figures under each dating, topics unseen."""
    examples = Examples(known, ready)
    blind = blind_policies(load_policy(), {name: examples.forest(name) for name in FORESTS})
    datings = {"as_dated": ready, "undated": undated(ready), "redated": redated(known, ready)}
    return {
        name: WireRun(
            known, candidate_pairs(stories, blind[0]), stories, blind, examples.folds.of_topic
        ).figures()
        for name, stories in datings.items()
    }


def undated(ready: Mapping[str, Features]) -> dict[str, Features]:
    """All texts as if none had a time of publication."""
    return {name: _dated(story, None) for name, story in ready.items()}


def redated(known: LinkingData, ready: Mapping[str, Features]) -> dict[str, Features]:
    """All texts, a third of the wire texts that are no originals dated 2 to 6 days later, chosen by hash."""
    later = dict(ready)
    for text in known.wire:
        draw, days = sha256(text["id"].encode()).digest()[:2]
        story = ready[text["id"]]
        moment = story.record.published_ms
        if text["kind"] != "original" and draw % LATE_ONE_OF == 0 and moment is not None:
            later[text["id"]] = _dated(story, moment + LATE_DAYS[days % len(LATE_DAYS)] * DAY_MS)
    return later


def _dated(story: Features, published_ms: int | None) -> Features:
    return replace(story, record=replace(story.record, published_ms=published_ms))


if __name__ == "__main__":
    command()
