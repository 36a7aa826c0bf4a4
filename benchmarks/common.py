"""What the benchmarks share: reading the evaluation sets, and the measures with their sources."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SHINGLE_WORDS: Final = 4
"""As scrapinghub's article-extraction-benchmark (`evaluate.py`, `ngram_n=4`)."""

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """True positives, false positives and false negatives of one page, as shares that add up to 1 (or 0 for nothing)."""

    hit: float
    extra: float
    missed: float

    @property
    def f1(self) -> float:
        """The page's own F1."""
        whole = 2 * self.hit + self.extra + self.missed
        return 2 * self.hit / whole if whole else 0.0


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, gzipped or not."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return (json.loads(line) for line in raw.decode("utf-8").split("\n") if line.strip())


def shingle_overlap(gold: str, found: str) -> Overlap:
    """How the 4-word shingles of two texts overlap, normalised per page as in scrapinghub's benchmark."""
    wanted, given = _shingles(gold), _shingles(found)
    hit = sum((wanted & given).values())
    extra = sum((given - wanted).values())
    missed = sum((wanted - given).values())
    whole = hit + extra + missed
    return Overlap(hit / whole, extra / whole, missed / whole) if whole else Overlap(0.0, 0.0, 0.0)


def f1_precision_recall(pages: Iterable[Overlap]) -> tuple[float, float, float]:
    """F1, precision and recall over pages, each page with the same weight."""
    listed = list(pages)
    hit, extra, missed = (sum(getattr(p, name) for p in listed) for name in ("hit", "extra", "missed"))
    return f1(hit, extra, missed), ratio(hit, hit + extra), ratio(hit, hit + missed)


def f1(hit: float, extra: float, missed: float) -> float:
    """The harmonic mean of precision and recall; 0 where there is nothing."""
    return ratio(2 * hit, 2 * hit + extra + missed)


def ratio(part: float, whole: float) -> float:
    """`part / whole`, 0 for an empty whole."""
    return part / whole if whole else 0.0


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _WORD.findall(text)
    if not tokens:
        return Counter()
    last = max(1, len(tokens) - SHINGLE_WORDS + 1)
    return Counter(tuple(tokens[i : i + SHINGLE_WORDS]) for i in range(last))
