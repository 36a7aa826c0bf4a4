"""Makes the linking policy from the open evaluation data: `python -m benchmarks.training.make_policy --data DIR --out FILE`.

Three things are learned: how rare terms are (hashes and weights, no words), the weights of the two scores, and the calibration. The
scores are logistic regressions whose signs are fixed beforehand (a shared name may only speak for a pair, a contradicted day
only against it), so that the weights can be read. The thresholds are set by hand; each brings its source.
"""

from __future__ import annotations

import base64
import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.linking_data import LabelledPair, LinkingData, load
from copytaster.deduplicator.evidence import PairEvidence, measure
from copytaster.deduplicator.features import features
from copytaster.deduplicator.policy import Policy, Rarity, Score

VERSION: Final = "lexical-1"

LEAST_TOPICS: Final = 3
"""A term that fewer topics use counts as unknown: its rarity could not be told from chance."""

PAIRS_PER_LABEL: Final = 600
"""Each set and label weighs as much as this many pairs: otherwise 2,800 ecbplus pairs would drown the 250 translations."""

SET_WEIGHTS: Final = {"wire": 2.0, "copies_and_traps": 3.0}
"""The wire set is what the product is for; the traps are few."""

AGAINST: Final = frozenset({"apart", "days_differ", "weekdays_differ", "unsaid_min", "unsaid_max"})
"""Measures that may only speak against a pair; all others only for it."""

LEFT_OUT: Final = {
    "same_language": frozenset({"days_agree"}),
    "cross_language": frozenset({"days_agree", "copy", "content"}),
}
"""`days_agree` gained nothing (the same cast acts on the same day); `copy` is 0 across languages; there `content` only measured
which set a pair came from."""

LEAST_WEIGHT: Final = {"copy": 1.0}
"""The copy rule's own measure gets at least this: alone it has no false alarm on the open wire set at 0.5."""

RIDGE: Final = 1e-4
STEPS: Final = 3_000
KNOTS: Final = 14

THRESHOLDS: Final = {
    # Within one language: made from the other text.
    "copy": (
        500,
        "106 of 109 wire pairs of one text (reprints, edits, excerpts) reach it; of 1,130 siblings none (highest 0.46)",
    ),
    "copy_confidence": (
        600_000,
        "all 494 true copies of the open sets have more, cross-validated; the least of a false one has 0.44",
    ),
    "rewrite_copy": (
        200,
        "with rewrite_news and rewrite_confidence 42 more copies and no false one, cross-validated",
    ),
    "rewrite_news": (
        400,
        "see rewrite_copy; at 0.350 two false links in ecbplus, at 0 three, and four among undated wire siblings",
    ),
    "rewrite_confidence": (880_000, "see rewrite_copy; a raw score of about 2"),
    "part_passage": (
        800,
        "of any two wire siblings the shorter lies at most 0.68 word for word in the other",
    ),
    "part_words": (30, "two sentences: less could be a stock phrase or a quotation"),
    "part_confidence": (200_000, "the openings differ by nature, so the score only has to exclude strangers"),
    # Across languages: the same told sentence by sentence.
    "translation_news": (
        330,
        "of 3,322 wire pairs of different news in two languages none has more than 0.30; a tenth added",
    ),
    "translation_confidence": (900_000, "see translation_news"),
    "translation_aligned": (
        210,
        "with translation_sure 84 of 691 wire, 335 of 1,260 ntrex, 100 of 252 semeval_copies pairs and none of 4,158 false "
        "ones, cross-validated; at 0.150 four false ones",
    ),
    "translation_aligned_undated": (
        280,
        "with all times removed false wire pairs of this confidence reach 0.26",
    ),
    "translation_sure": (975_000, "see translation_aligned; none false at 0.970 either, two at 0.960"),
    # Plain reasons against a pair.
    "content": (60, "a weight of 240: half a sentence; less is left of a text that was page furniture"),
    "thin_content": (
        250,
        "the thinnest copy in the open wire set has 0.45; this is one sentence beside a headline",
    ),
    "thin_headline": (400, "with thin_content: no copy of any open set is lost"),
    "vetoed_confidence": (
        300_000,
        "the most that a pair has against a plain reason: less likely than not, by definition",
    ),
    # Names of what was found.
    "exact_passage": (970, "word for word but for a dateline or credit line, by definition"),
    "excerpt_length": (600, "wire excerpts have at most 0.52 of their source's length, edits at least 0.62"),
    "excerpt_aligned": (650, "all but two of 45 wire excerpts have more of their weight in their source"),
    "near_passage": (500, "half of the shorter text word for word: the least of the wire edits is 0.52"),
    "compiled_passage": (
        500,
        "half of one text word for word in the other, whose news is something else; by definition",
    ),
    "compiled_rest": (400, "most of the round-up is something else: 0.6, design 5"),
    "abstain_confidence": (500_000, "more likely than not, and no rule met; by definition"),
    "related_confidence": (200_000, "pairs of unrelated ntrex articles score up to 0.15"),
    "related_passage": (
        150,
        "one background paragraph in a story of six; wire siblings that share one start there",
    ),
    # Candidates and clusters.
    "single_key_rarity": (64, "eight bits; at 56 twice the candidates and not one wire pair more"),
    "pair_key_rarity": (40, "five bits: a term of less than one in 32 topics"),
    "join": (
        970,
        "mean pair score: the least without a false cluster on the open wire set, cross-validated; 0.960 has one",
    ),
    "copy_join": (
        600,
        "the same where one pair merges by itself: from 0.3 to 0.7 nothing changes on the open wire set",
    ),
}

Matrix = NDArray[np.float64]


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
def command(data: Path, out: Path) -> None:
    """Learn the rarity tables, weights and calibration, and write the policy."""
    known = load(data)
    policy = make(known)
    out.write_text(json.dumps(policy, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    click.echo(json.dumps(policy["training"], indent=1))


def make(known: LinkingData) -> dict[str, Any]:
    """The policy as plain values, ready to be written."""
    rarity = learn_rarity(known)
    measured = measure_all(known, rarity)
    scores, training = (
        {},
        {"pairs": dict(Counter(pair.set for pair in known.pairs)), "texts": len(known.records)},
    )
    for name, cross in (("same_language", False), ("cross_language", True)):
        rows = [place for place, evidence in enumerate(measured) if evidence.cross_language == cross]
        scores[name] = fit(
            name, [known.pairs[row] for row in rows], [measured[row] for row in rows], known.topics
        )
    packed = b"".join(
        key.to_bytes(5, "big") + bytes([weight]) for key, weight in sorted(rarity.weights.items())
    )
    return {
        "version": VERSION,
        "languages": sorted({record.language for record in known.records.values() if record.language}),
        "rarity": {"unknown": rarity.unknown, "terms": base64.b64encode(packed).decode()},
        "score": scores,
        "thresholds": {
            name: {"value": value, "source": source} for name, (value, source) in THRESHOLDS.items()
        },
        "training": training,
    }


def learn_rarity(known: LinkingData) -> Rarity:
    """How many topics use each term, as eighths of a bit. Topics and not texts, so that a well-covered event is no common word."""
    blank = _policy(Rarity({}, 1), known)
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


def measure_all(known: LinkingData, rarity: Rarity) -> list[PairEvidence]:
    """The evidence of every labelled pair."""
    policy = _policy(rarity, known)
    ready = {name: features(record, policy) for name, record in known.records.items()}
    return [measure(ready[pair.a], ready[pair.b]) for pair in known.pairs]


def _policy(rarity: Rarity, known: LinkingData) -> Policy:
    nothing = Score(0, {}, ((0, 0), (1, 0)))
    languages = frozenset(record.language for record in known.records.values() if record.language)
    return Policy("", "", languages, rarity, nothing, nothing, {})


def fit(
    name: str, pairs: Sequence[LabelledPair], measured: Sequence[PairEvidence], topics: dict[str, str]
) -> dict[str, Any]:
    """Bias, weights and calibration of one score, as integers."""
    names = sorted(set(measured[0].scores) - LEFT_OUT[name])
    table = np.array([[evidence.scores[column] for column in names] for evidence in measured]) / 1000
    labels = np.array([pair.same for pair in pairs], dtype=float)
    weights = pair_weights(pairs)
    solved = regress(table, labels, weights, names)
    held_out = cross_validated(table, labels, weights, names, fold_of(pairs, topics))
    return {
        "bias": round(1000 * float(solved[-1])),
        "weights": {
            column: round(1000 * float(value))
            for column, value in zip(names, solved, strict=False)
            if abs(value) >= 0.01
        },
        "calibration": calibration(1000 * held_out, labels, weights),
    }


def pair_weights(pairs: Sequence[LabelledPair]) -> Matrix:
    """The weight of each pair in training: sets of any size count alike."""
    sizes = Counter((pair.set, pair.same) for pair in pairs)
    return np.array(
        [
            min(1.0, PAIRS_PER_LABEL / sizes[pair.set, pair.same]) * SET_WEIGHTS.get(pair.set, 1.0)
            for pair in pairs
        ]
    )


def regress(table: Matrix, labels: Matrix, weights: Matrix, names: Sequence[str]) -> Matrix:
    """Weights and, last, the bias of a ridge logistic regression with fixed signs (accelerated projected gradient)."""
    rows = np.hstack([table, np.ones((len(table), 1))])
    least = np.array(
        [-np.inf if name in AGAINST else LEAST_WEIGHT.get(name, 0.0) for name in names] + [-np.inf]
    )
    most = np.array([0.0 if name in AGAINST else np.inf for name in names] + [np.inf])
    share = weights / weights.sum()
    ridge = np.array([RIDGE] * len(names) + [0.0])
    step = 1 / (0.25 * np.linalg.eigvalsh((rows * share[:, None]).T @ rows)[-1] + RIDGE)
    solved = ahead = np.zeros(rows.shape[1])
    momentum = 1.0
    for _ in range(STEPS):
        expected = 1 / (1 + np.exp(-rows @ ahead))
        moved = np.clip(ahead - step * (rows.T @ (share * (expected - labels)) + ridge * ahead), least, most)
        following = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / following * (moved - solved)
        solved, momentum = moved, following
    return np.asarray(solved)


def fold_of(pairs: Sequence[LabelledPair], topics: dict[str, str], folds: int = 5) -> NDArray[np.int64]:
    """A fold for each pair such that topics linked by a pair are never split (pairs of strangers follow their first side)."""
    leader: dict[str, str] = {}

    def find(topic: str) -> str:
        while leader.setdefault(topic, topic) != topic:
            topic = leader[topic]
        return topic

    for pair in pairs:
        if pair.relation != "other topic":
            leader[find(topics[pair.a])] = find(topics[pair.b])
    sizes = Counter(find(topics[pair.a]) for pair in pairs)
    filled = [0] * folds
    places: dict[str, int] = {}
    for component, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        places[component] = min(range(folds), key=lambda fold: filled[fold])
        filled[places[component]] += size
    return np.array([places[find(topics[pair.a])] for pair in pairs])


def cross_validated(
    table: Matrix, labels: Matrix, weights: Matrix, names: Sequence[str], folds: NDArray[np.int64]
) -> Matrix:
    """The raw score of every pair from a regression that did not see its topic."""
    scores = np.zeros(len(labels))
    for fold in np.unique(folds):
        rest = folds != fold
        solved = regress(table[rest], labels[rest], weights[rest], names)
        scores[~rest] = table[~rest] @ solved[:-1] + solved[-1]
    return scores


def calibration(raw: Matrix, labels: Matrix, weights: Matrix) -> list[list[int]]:
    """Knots of raw score (thousandths) and confidence (millionths): observed rates in bins of equal weight, made monotone.

    Beyond the outer bins the logistic curve goes on, so that ranking keeps its resolution where errors are rare.
    """
    order = np.argsort(raw, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    edges = np.searchsorted(share, np.linspace(0, 1, KNOTS + 1)[1:-1])
    bins = np.split(order, edges)
    centres = [float(np.average(raw[rows], weights=weights[rows])) for rows in bins]
    rates = _monotone(
        [float(np.average(labels[rows], weights=weights[rows])) for rows in bins],
        [float(weights[rows].sum()) for rows in bins],
    )
    knots = [[round(centre), round(1e6 * rate)] for centre, rate in zip(centres, rates, strict=True)]
    return _with_tails(knots)


def _monotone(rates: list[float], sizes: list[float]) -> list[float]:
    """The nearest rising sequence (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []
    for rate, size in zip(rates, sizes, strict=True):
        pools.append((rate, size, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (low, low_size, low_count), (high, high_size, high_count) = pools[-2:]
            both = low_size + high_size
            pools[-2:] = [((low * low_size + high * high_size) / both, both, low_count + high_count)]
    return [rate for rate, _, count in pools for _ in range(count)]


def _with_tails(knots: list[list[int]]) -> list[list[int]]:
    """Strictly rising knots with both ends drawn out to near certainty."""
    inner = [knot for knot in knots if 2_000 < knot[1] < 985_000]
    rising: list[list[int]] = []
    for at, value in inner:
        if not rising or (at > rising[-1][0] and value > rising[-1][1]):
            rising.append([at, value])
    low, high = rising[0], rising[-1]
    tail_low = [[low[0] - 6_000, 1], [low[0] - 2_000, low[1] // 4]]
    spare = 1_000_000 - high[1]
    tail_high = [[high[0] + 1_500, 1_000_000 - spare // 3], [high[0] + 6_000, 999_999]]
    return tail_low + rising + tail_high


if __name__ == "__main__":
    command()
