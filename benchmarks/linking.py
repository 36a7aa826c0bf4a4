"""Quality of linking on the open evaluation data: pairs per set, clusters of the wire set, traps, the five seeds.

`run(eval_data)` gives figures only, never a text. The pair scores are those of the shipped policy, which was trained on these very
pairs: they say what the policy does, while the cross-validated figures stand in the policy file's training record and the
closed half is scored elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from benchmarks.candidate_recall import candidate_recall
from benchmarks.clusters import cluster_figures, precision_at_recall, precision_recall_f1, share
from benchmarks.linking_data import LabelledPair, LinkingData, load
from benchmarks.training.vector_cache import RememberingEncoder
from copytaster.deduplicator.bulk import Cluster, candidate_pairs, link_archive
from copytaster.deduplicator.decide import PairDecision, compare
from copytaster.deduplicator.encoder import Encoder
from copytaster.deduplicator.encoding import encoded
from copytaster.deduplicator.features import Features, features
from copytaster.deduplicator.io.sentence_encoder import UniversalSentenceEncoder
from copytaster.deduplicator.policy import load as load_policy
from copytaster.deduplicator.record import StoryRecord, from_line

PAIRS_PER_LABEL: Final = 600
"""At most so many pairs of a set and label are scored, chosen by hash (as in research/linking.md)."""

FALSE_MERGE_RATES: Final = (0.01, 0.003)

COPY_KINDS: Final = frozenset({"original", "verbatim", "edited", "excerpt"})
"""Wire kinds that must be together when one derives from the other within a language."""


def run(eval_data: Path) -> dict[str, Any]:
    """All figures, as plain values for JSON."""
    data = load(eval_data)
    # a text is asked for more than once, and to encode it costs more than all the rest
    encoder = RememberingEncoder(UniversalSentenceEncoder(), None)
    ready = read_all(data, encoder)
    decisions = decide_all(data, ready)
    recall = candidate_recall(data, candidate_pairs(ready, load_policy()))
    del ready  # half a gigabyte
    seeds = seed_records(eval_data)
    links, clusters = link_archive([*data.records.values(), *seeds], load_policy(), encoder=encoder)
    return {
        "policy": load_policy().version,
        "policy_digest": load_policy().digest,
        "pairs": pair_figures(decisions),
        "copies_and_traps": trap_figures(decisions),
        "candidate_recall": recall,
        "wire_clusters": cluster_figures(data, [cluster.members for cluster in clusters]),
        "wire_copies": copy_figures(data, clusters),
        "seeds": {"texts": len(seeds), "clusters": clusters_with(clusters, {seed.id for seed in seeds})},
        "links": len(links),
        "clusters": len(clusters),
    }


def read_all(data: LinkingData, encoder: Encoder | None) -> dict[str, Features]:
    """The features of every text under the shipped policy, with sentence vectors where there is an encoder."""
    policy = load_policy()
    return {name: encoded(features(record, policy), encoder, policy) for name, record in data.records.items()}


def decide_all(data: LinkingData, ready: Mapping[str, Features]) -> list[tuple[LabelledPair, PairDecision]]:
    """The decision about every labelled pair, at most `PAIRS_PER_LABEL` of a set and label."""
    policy = load_policy()
    taken: dict[tuple[str, bool], list[LabelledPair]] = defaultdict(list)
    for pair in sorted(data.pairs, key=lambda pair: sha256(f"{pair.a} {pair.b}".encode()).digest()):
        if len(taken[pair.set, pair.same]) < PAIRS_PER_LABEL:
            taken[pair.set, pair.same].append(pair)
    wanted = [pair for pairs in taken.values() for pair in pairs]
    return [(pair, compare(ready[pair.a], ready[pair.b], policy)) for pair in wanted]


def pair_figures(decisions: Sequence[tuple[LabelledPair, PairDecision]]) -> dict[str, dict[str, float]]:
    """Per set: recall at false-merge rates over the negatives of all sets, and precision, recall, F1 of the merging decision."""
    negatives = sorted(
        (decision.confidence_micro for pair, decision in decisions if not pair.same), reverse=True
    )
    figures: dict[str, dict[str, float]] = {}
    for name in sorted({pair.set for pair, _ in decisions}):
        rows = [(pair.same, decision) for pair, decision in decisions if pair.set == name]
        positives = [decision for same, decision in rows if same]
        told: dict[str, float] = {"positives": len(positives), "negatives": len(rows) - len(positives)}
        for rate in FALSE_MERGE_RATES if positives else ():
            limit = negatives[int(rate * len(negatives))]
            told[f"recall_at_{rate:.1%}"] = share(
                sum(found.confidence_micro > limit for found in positives), len(positives)
            )
        merged = [same for same, decision in rows if decision.merges]
        told |= precision_recall_f1(sum(merged), len(merged), len(positives))
        told["false_merges"] = len(merged) - sum(merged)
        figures[name] = told
    return figures


def trap_figures(decisions: Iterable[tuple[LabelledPair, PairDecision]]) -> dict[str, float]:
    """The best precision on copies_and_traps at which at least 0.95 of the copies are found."""
    rows = [
        (decision.confidence, pair.same) for pair, decision in decisions if pair.set == "copies_and_traps"
    ]
    copies = sum(same for _, same in rows)
    return {
        "precision_at_recall_0.95": precision_at_recall(rows, 0.95),
        "copies": copies,
        "traps": len(rows) - copies,
    }


def copy_figures(data: LinkingData, clusters: Sequence[Cluster]) -> dict[str, Any]:
    """Of the wire copies, edits and excerpts within a language: how many are with the text they were made from."""
    home = {name: place for place, cluster in enumerate(clusters) for name in cluster.members}
    texts = {text["id"]: text for text in data.wire}
    told: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    apart = []
    for text in data.wire:
        source = texts.get(text["derived_from"] or "")
        if (
            source
            and text["kind"] in COPY_KINDS
            and source["story"] == text["story"]
            and source["lang"] == text["lang"]
        ):
            together = home[text["id"]] == home[source["id"]]
            told[text["kind"]][0] += together
            told[text["kind"]][1] += 1
            if not together:
                apart.append(text["id"])
    return {**{kind: f"{found} of {total}" for kind, (found, total) in sorted(told.items())}, "apart": apart}


def seed_records(eval_data: Path) -> list[StoryRecord]:
    """The five pages that the project was created from: same people, five stories."""
    return [
        from_line({"id": path.stem, "text": path.read_text(encoding="utf-8")})
        for path in sorted((eval_data / "seeds").glob("*.txt"))
    ]


def clusters_with(clusters: Iterable[Cluster], names: set[str]) -> int:
    """How many clusters hold one of these stories."""
    return sum(bool(names & set(cluster.members)) for cluster in clusters)
