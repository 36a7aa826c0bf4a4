"""How good clusters are: pairwise precision and recall, and B-cubed (Bagga and Baldwin 1998), against labelled news points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from benchmarks.linking_data import LEFT_OUT_OF_PAIRS, LinkingData


def cluster_figures(data: LinkingData, clusters: Iterable[Collection[str]]) -> dict[str, float]:
    """Pairwise precision and recall and B-cubed of the wire texts (round-ups and kill notes left out), all other texts as noise.

    A false pair with a text of another set counts against precision too.
    """
    point = {text["id"]: text["story"] for text in data.wire if text["kind"] not in LEFT_OUT_OF_PAIRS}
    apart = {text["id"] for text in data.wire if text["kind"] in LEFT_OUT_OF_PAIRS}
    groups = [[point.get(name, name) for name in cluster if name not in apart] for cluster in clusters]
    groups = [group for group in groups if set(group) & set(point.values())]
    together = sum(len(group) * (len(group) - 1) // 2 for group in groups)
    right = sum(count * (count - 1) // 2 for group in groups for count in _counts(group).values())
    wanted = sum(count * (count - 1) // 2 for count in _counts(point.values()).values())
    return {
        "texts": len(point),
        "points": len(set(point.values())),
        **precision_recall_f1(right, together, wanted),
    } | _b_cubed(groups)


def _counts(values: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for value in values:
        counts[value] += 1
    return counts


def _b_cubed(groups: Sequence[Sequence[str]]) -> dict[str, float]:
    sizes = _counts(point for group in groups for point in group)
    texts = sum(map(len, groups))
    precision = (
        sum(count * count / len(group) for group in groups for count in _counts(group).values()) / texts
    )
    recall = (
        sum(count * count / sizes[point] for group in groups for point, count in _counts(group).items())
        / texts
    )
    harmonic = 2 * precision * recall / (precision + recall)
    return {
        "b_cubed_precision": round(precision, 3),
        "b_cubed_recall": round(recall, 3),
        "b_cubed_f1": round(harmonic, 3),
    }


def precision_recall_f1(right: int, found: int, wanted: int) -> dict[str, float]:
    """Precision, recall and F1 from counts; 1 for an empty whole."""
    precision = right / found if found else 1.0
    recall = right / wanted if wanted else 1.0
    harmonic = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(harmonic, 3)}


def precision_at_recall(scored: Iterable[tuple[float, bool]], recall: float) -> float:
    """The best precision at which at least this share of what is true is found; scores that are alike count as wrong ones first."""
    rows = sorted(scored, key=lambda row: (-row[0], row[1]))
    wanted = recall * sum(same for _, same in rows)
    found, best = 0, 0.0
    for taken, (_, same) in enumerate(rows, 1):
        found += same
        if found >= wanted:
            best = max(best, found / taken)
    return round(best, 3)


def share(part: int, whole: int) -> float:
    """`part / whole` to three places, 0 for an empty whole."""
    return round(part / whole, 3) if whole else 0.0
