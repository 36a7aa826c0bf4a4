"""The linking policy: every number that a decision rests on, in one versioned file.

A policy holds how rare words, names and numbers are, the weights of the score, the calibration and the thresholds, all as
integers. It is made by `benchmarks/training/make_policy.py` from labelled texts; no word of them is in it, only hashes and
counts. Which records are alike is decided elsewhere: a policy knows no story.
"""

from __future__ import annotations

import base64
import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from xxhash import xxh3_64_intdigest

DEFAULT_POLICY: Final = "policy-v1.json"
TERM_MASK: Final = (1 << 40) - 1
"""Terms are told apart by 40 bits of their hash: a chance collision among 10 million terms is one in 100,000 a look-up."""

_TERM_BYTES: Final = 5


def term_key(kind: str, term: str) -> int:
    """The 40-bit key of a term; kind is `s` (stem), `n` (name skeleton) or `d` (number, date)."""
    return xxh3_64_intdigest(f"{kind}:{term}".encode()) & TERM_MASK


@dataclass(frozen=True, slots=True)
class Rarity:
    """How much a term says: eighths of a bit, `-8 * log2(share of the training topics that use it)`, capped."""

    weights: Mapping[int, int]
    unknown: int

    def of(self, key: int) -> int:
        """The weight of a term's key; a term that the training texts hardly used has the weight of the rarest."""
        return self.weights.get(key, self.unknown)


@dataclass(frozen=True, slots=True)
class Score:
    """A linear score over the evidence in thousandths, and the table that turns it into a confidence."""

    bias: int
    weights: Mapping[str, int]
    knots: tuple[tuple[int, int], ...]

    def raw(self, evidence: Mapping[str, int]) -> int:
        """The sum of weight times evidence, in thousandths of a unit of log odds."""
        return self.bias + sum(weight * evidence[name] for name, weight in self.weights.items()) // 1000

    def confidence_micro(self, raw: int) -> int:
        """The confidence of a raw score in millionths, by linear interpolation between the knots."""
        if raw <= self.knots[0][0]:
            return self.knots[0][1]
        if raw >= self.knots[-1][0]:
            return self.knots[-1][1]
        after = bisect_right(self.knots, (raw, 1 << 30))
        (low, low_value), (high, high_value) = self.knots[after - 1], self.knots[after]
        return low_value + (high_value - low_value) * (raw - low) // (high - low)


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """All that decisions depend on besides the records."""

    version: str
    digest: str
    languages: frozenset[str]
    rarity: Rarity
    same_language: Score
    cross_language: Score
    thresholds: Mapping[str, int]


@lru_cache(maxsize=4)
def load(name: str = DEFAULT_POLICY) -> Policy:
    """The policy that ships with the package."""
    return parse(files("copytaster.deduplicator").joinpath(name).read_bytes())


def parse(stored: bytes) -> Policy:
    """The policy in a file's bytes; ValueError when a part is missing or of the wrong form."""
    try:
        raw: dict[str, Any] = json.loads(stored)
        return Policy(
            version=raw["version"],
            digest=hashlib.sha256(stored).hexdigest()[:16],
            languages=frozenset(raw["languages"]),
            rarity=_rarity(raw["rarity"]),
            same_language=_score(raw["score"]["same_language"]),
            cross_language=_score(raw["score"]["cross_language"]),
            thresholds={name: int(value["value"]) for name, value in raw["thresholds"].items()},
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a linking policy: {error}") from error


def _rarity(raw: Mapping[str, Any]) -> Rarity:
    packed = base64.b64decode(raw["terms"])
    size = _TERM_BYTES + 1
    weights = {
        int.from_bytes(packed[at : at + _TERM_BYTES], "big"): packed[at + _TERM_BYTES]
        for at in range(0, len(packed), size)
    }
    return Rarity(weights, int(raw["unknown"]))


def _score(raw: Mapping[str, Any]) -> Score:
    knots = tuple((int(at), int(value)) for at, value in raw["calibration"])
    return Score(int(raw["bias"]), {name: int(weight) for name, weight in raw["weights"].items()}, knots)
