"""Quality of the extraction on the labelled pages, and of the credits on the labelled texts.

`run` is called by `benchmarks.quality`; `python -m benchmarks.extraction [EVAL_DATA]` prints the same figures.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import credits
from benchmarks.common import Overlap, f1_precision_recall, ratio, read_jsonl, shingle_overlap
from copytaster.errors import Discard
from copytaster.extractor.dates import Dated
from copytaster.extractor.extracted import Extracted
from copytaster.extractor.story import extract_page

SETS: Final = ("aeb", "fundus")
POOR_PAGE_F1: Final = 0.5


def run(eval_data: Path) -> dict[str, Any]:
    """Figures per set: `aeb` and `fundus` (text, title, authors, dates, milliseconds), `credits` (see `benchmarks.credits`)."""
    figures: dict[str, Any] = {name: page_figures(eval_data / "pages" / name) for name in SETS}
    figures["credits"] = credits.run(eval_data / "linking")
    return figures


def page_figures(folder: Path) -> dict[str, Any]:
    """The figures of one set of pages; gold fields that a set does not have give no figure."""
    texts: list[Overlap] = []
    with_lead: list[Overlap] = []
    right: Counter[str] = Counter()
    stated: Counter[str] = Counter()
    dropped: list[str] = []
    seconds = 0.0
    for page in read_jsonl(folder / "index.jsonl"):
        body = gzip.decompress((folder / page["file"]).read_bytes())
        begun = time.process_time()
        found = _extracted(body, page["url"], dropped)
        seconds += time.process_time() - begun
        texts.append(shingle_overlap(page["text"], found.text if found else ""))
        lead_and_text = f"{found.lead or ''}\n{found.text}" if found else ""
        with_lead.append(shingle_overlap(page["text"], lead_and_text))
        for name, hit in _metadata(page, found):
            stated[name] += 1
            right[name] += hit
    return {
        "pages": len(texts),
        "dropped": dropped,
        "text": _text_figures(texts),
        "lead_and_text": _text_figures(with_lead),
        **{name: round(ratio(right[name], stated[name]), 4) for name in stated},
        "cpu_ms_per_page": round(1000 * seconds / max(1, len(texts)), 1),
    }


def _extracted(body: bytes, url: str, dropped: list[str]) -> Extracted | None:
    try:
        return extract_page(body, url=url, content_type="text/html")
    except Discard as reason:
        dropped.append(f"{reason.code} {url}")
        return None


def _metadata(page: dict[str, Any], found: Extracted | None) -> list[tuple[str, bool]]:
    figures: list[tuple[str, bool]] = []
    if page.get("title"):
        figures.append(("title_exact", found is not None and _spaces(found.title) == _spaces(page["title"])))
    if page.get("authors") is not None:
        figures.append(
            ("authors_exact", found is not None and sorted(found.authors) == sorted(page["authors"]))
        )
    if page.get("published"):
        gold = datetime.fromisoformat(page["published"])
        at = found.published if found else None
        figures.append(("day_right", at is not None and _same_day(at, gold)))
        figures.append(("minute_right", at is not None and _same_minute(at, gold)))
    return figures


def _spaces(text: str | None) -> str:
    return re.sub(r"\s+", " ", (text or "").replace("\u00ad", "")).strip()


def _same_day(found: Dated, gold: datetime) -> bool:
    days = {found.at.date()}
    if gold.tzinfo is not None and found.precision != "date":
        days.add(found.at.astimezone(gold.tzinfo).date())
    return gold.date() in days


def _same_minute(found: Dated, gold: datetime) -> bool:
    if found.precision == "date":
        return (gold.hour, gold.minute, gold.second) == (0, 0, 0) and _same_day(found, gold)
    if gold.tzinfo is None:
        return found.at.replace(tzinfo=None, second=0, microsecond=0) == gold.replace(second=0, microsecond=0)
    return abs((found.at - gold).total_seconds()) < 60


def _text_figures(pages: list[Overlap]) -> dict[str, Any]:
    score, precision, recall = f1_precision_recall(pages)
    return {
        "f1": round(score, 4),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "pages_below_half": sum(page.f1 < POOR_PAGE_F1 for page in pages),
    }


if __name__ == "__main__":
    where = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
    print(json.dumps(run(where), ensure_ascii=False, indent=1))
