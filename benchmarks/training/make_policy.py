"""Makes the linking policy from the open evaluation data: `python -m benchmarks.training.make_policy --data DIR --out FILE`.

Four things are learned: how rare terms are (hashes and weights, no words), how sentence vectors are shortened, two forests (with
vectors and without), and the calibration. The thresholds are set by hand; each brings its source. All figures in the training
record are cross-validated (`folds`) and those of whole decisions, plain reasons included; `commit` is that of the code.
"""

from __future__ import annotations

import base64
import json
import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from benchmarks.candidate_recall import candidate_recall
from benchmarks.linking_data import LinkingData, load
from benchmarks.quality import commit
from benchmarks.training.examples import Examples, Learned
from benchmarks.training.folds import FOLDS
from benchmarks.training.projecting import learn_projection
from benchmarks.training.thresholds import THRESHOLDS
from benchmarks.training.vector_cache import RememberingEncoder
from benchmarks.training.wire_clusters import WireRun
from copytaster.deduplicator.bulk import candidate_pairs
from copytaster.deduplicator.encoder import Encoder
from copytaster.deduplicator.encoding import encoded, sentences_to_encode
from copytaster.deduplicator.features import features
from copytaster.deduplicator.forest import Forest, read_forest
from copytaster.deduplicator.io.sentence_encoder import UniversalSentenceEncoder
from copytaster.deduplicator.policy import Policy, Rarity, read_projection

VERSION: Final = "sentences-2"

FORESTS: Final = ("sentences", "words")
"""With sentence vectors, and without."""

LEAST_TOPICS: Final = 3
"""A term that fewer topics use counts as unknown: its rarity could not be told from chance."""


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Evaluation data.",
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The policy file to write."
)
@click.option(
    "--vectors", type=click.Path(dir_okay=False, path_type=Path), help="File that keeps vectors between runs."
)
def command(data: Path, out: Path, vectors: Path | None) -> None:
    """Learn rarities, projection, forests and calibration, and write the policy."""
    known = load(data)
    encoder = RememberingEncoder(UniversalSentenceEncoder(), vectors)
    policy = make(known, encoder)
    encoder.save()
    out.write_text(written(policy), encoding="utf-8")
    click.echo(json.dumps(policy["training"], indent=1))


def written(policy: Mapping[str, Any]) -> str:
    """The policy as JSON with one line a tree, so that a change of it can be read."""
    plain = {name: value for name, value in policy.items() if name != "forests"}
    head = json.dumps(plain, indent=1, ensure_ascii=False, sort_keys=True)[:-2]
    forests = []
    for name, forest in sorted(policy["forests"].items()):
        rest = {part: value for part, value in forest.items() if part != "trees"}
        trees = ",\n".join(json.dumps(tree, separators=(",", ":")) for tree in forest["trees"])
        forests.append(
            f'{json.dumps(name)}: {json.dumps(rest, sort_keys=True)[:-1]}, "trees": [\n{trees}\n]}}'
        )
    return f'{head},\n "forests": {{\n' + ",\n".join(forests) + "\n }\n}\n"


def make(known: LinkingData, encoder: Encoder) -> dict[str, Any]:
    """The policy as plain values, ready to be written."""
    rarity = learn_rarity(known)
    blank = draft(rarity, known)
    plain = {name: features(record, blank) for name, record in known.records.items()}
    wanted = {name: sentences_to_encode(story) for name, story in plain.items()}
    vectors = {name: encoder.encode(sentences) for name, sentences in wanted.items() if sentences}
    projection = learn_projection(
        encoder.name, list(vectors.values()), [known.records[name].language for name in vectors]
    )
    policy = draft(rarity, known, projection)
    ready = {name: encoded(story, encoder, policy) for name, story in plain.items()}
    examples = Examples(known, ready)
    learned = {name: examples.forest(name) for name in FORESTS}
    blind = blind_policies(policy, learned)
    training = {}
    for name, stories in (("sentences", ready), ("words", plain)):
        candidates = candidate_pairs(stories, blind[0])
        training[name] = examples.figures(blind, vectors=name == "sentences") | {
            "candidate_recall": candidate_recall(known, candidates),
            "wire_clusters": WireRun(known, candidates, stories, blind, examples.folds.of_topic).figures(),
        }
    packed = b"".join(
        key.to_bytes(5, "big") + bytes([weight]) for key, weight in sorted(rarity.weights.items())
    )
    return {
        "version": VERSION,
        "languages": sorted(policy.languages),
        "rarity": {"unknown": rarity.unknown, "terms": base64.b64encode(packed).decode()},
        "projection": projection,
        "forests": {name: found.forest for name, found in learned.items()},
        "thresholds": {
            name: {"value": value, "source": source} for name, (value, source) in THRESHOLDS.items()
        },
        "training": {
            "commit": commit(),
            "pairs": dict(Counter(pair.set for pair in known.pairs)),
            "texts": len(known.records),
            "cross_validated": training,
        },
    }


def learn_rarity(known: LinkingData) -> Rarity:
    """How many topics use each term, as eighths of a bit. Topics and not texts, so that a well-covered event is no common word."""
    blank = draft(Rarity({}, 1), known)
    topics: dict[int, set[str]] = defaultdict(set)
    for record in known.records.values():
        for key in features(record, blank).weights:
            topics[key].add(known.topics[record.id])
    total = len(set(known.topics.values()))
    unknown = round(8 * math.log2(total / (LEAST_TOPICS / 2)))
    weights = {
        key: max(0, min(unknown, round(8 * math.log2(total / len(using)))))
        for key, using in topics.items()
        if len(using) >= LEAST_TOPICS
    }
    return Rarity(weights, unknown)


def blind_policies(policy: Policy, learned: Mapping[str, Learned]) -> list[Policy]:
    """For every fold the policy with the thresholds and the forests that did not see the fold's topics."""
    limits = {threshold: value for threshold, (value, _) in THRESHOLDS.items()}
    found = []
    for fold in range(FOLDS):
        forests = {name: read_forest(forest.of_folds[fold]) for name, forest in learned.items()}
        found.append(
            replace(policy, sentences=forests["sentences"], words=forests["words"], thresholds=limits)
        )
    return found


def draft(rarity: Rarity, known: LinkingData, projection: Mapping[str, Any] | None = None) -> Policy:
    """A policy that can read and measure and not yet decide."""
    nothing = Forest((), 0, (), ((0, 0), (1, 0)), ((0, 0), (1, 0)))
    languages = frozenset(record.language for record in known.records.values() if record.language)
    turned = read_projection(projection or {"encoder": "", "matrix": "", "means": {"": ""}})
    return Policy("draft", "", languages, rarity, turned, nothing, nothing, {})


if __name__ == "__main__":
    command()
