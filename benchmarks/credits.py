"""Quality of the credits: on the labelled wire texts, and on real texts that were labelled by hand.

The labels of the real texts lie in `labels/credits.jsonl` as ids and offsets; `labels/README.md` says how they were made.
`run` is called by `benchmarks.extraction`; `python -m benchmarks.credits [EVAL_DATA]` prints the same figures.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

from benchmarks.common import f1, ratio, read_jsonl
from copytaster.text.credits import Credit, find_credits
from copytaster.text.urls import BadUrl, host_of

LABELS: Final = Path(__file__).with_name("labels") / "credits.jsonl"


def run(linking: Path) -> dict[str, Any]:
    """Figures of `wire` (by agency and role, and by agency) and of `labelled` (by agency and role)."""
    return {
        "wire": wire_figures(linking / "wire.jsonl"),
        "labelled": labelled_figures(LABELS, linking / "docs.jsonl"),
    }


def wire_figures(path: Path) -> dict[str, Any]:
    """Recall and precision of (agency, role) pairs per text, and of agencies whatever their role."""
    by_role, by_agency = Counter[str](), Counter[str]()
    for text in read_jsonl(path):
        wanted = {(credit["agency"], credit["role"]) for credit in text["credits"]}
        given = {(_name(credit), credit.role) for credit in find_credits(text["text"])}
        _count(by_role, wanted, given)
        _count(by_agency, {name for name, _ in wanted}, {name for name, _ in given})
    return {"agency_and_role": _set_figures(by_role), "agency": _set_figures(by_agency)}


def labelled_figures(labels: Path, docs: Path) -> dict[str, Any]:
    """Recall and precision of (agency, role) over the texts that were labelled by hand; KeyError for a text that is gone."""
    texts = {doc["id"]: doc["text"] for doc in read_jsonl(docs)}
    counts, rows = Counter[str](), list(read_jsonl(labels))
    for row in rows:
        _count_labelled(counts, row, find_credits(texts[row["id"]]))
    return {"texts": len(rows), "agency_and_role": _set_figures(counts)}


def _count_labelled(counts: Counter[str], row: dict[str, Any], found: list[Credit]) -> None:
    """A label may allow two roles, and one text may name an agency that the label leaves open (`ignored`)."""
    given = {(credit.agency, credit.role) for credit in found if credit.agency is not None}
    allowed: set[tuple[str | None, str]] = set()
    for label in row["credits"]:
        matching = {(label["agency"], role) for role in label["roles"]}
        counts["hit" if given & matching - allowed else "missed"] += 1
        allowed |= matching
    counts["extra"] += sum(agency not in row.get("ignored", ()) for agency, _ in given - allowed)


def _name(credit: Credit) -> str:
    """The agency; for a bare address its host, which is how the labels name it."""
    if credit.agency is not None:
        return credit.agency
    try:
        return host_of(credit.quote)
    except BadUrl:
        return credit.quote


def _count(counts: Counter[str], wanted: set[Any], given: set[Any]) -> None:
    counts["hit"] += len(wanted & given)
    counts["extra"] += len(given - wanted)
    counts["missed"] += len(wanted - given)


def _set_figures(counts: Counter[str]) -> dict[str, float]:
    hit, extra, missed = counts["hit"], counts["extra"], counts["missed"]
    return {
        "recall": round(ratio(hit, hit + missed), 4),
        "precision": round(ratio(hit, hit + extra), 4),
        "f1": round(f1(hit, extra, missed), 4),
    }


if __name__ == "__main__":
    where = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    print(json.dumps(run(where / "linking"), ensure_ascii=False, indent=1))
