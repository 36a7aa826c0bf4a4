"""The linking policy: every number that a decision rests on, in one versioned file.

A policy holds how rare words, names and numbers are, how sentence vectors are shortened, two forests (with sentence vectors and
without), the calibration and the thresholds, all as integers. It is made by `benchmarks/training/make_policy.py` from labelled
texts; no word of them is in it, only hashes and counts. Which records are alike is decided elsewhere: a policy knows no story.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
from xxhash import xxh3_64_intdigest

from copytaster.deduplicator.forest import Forest, read_forest
from copytaster.deduplicator.vectors import KEPT_DIMENSIONS, Projection

DEFAULT_POLICY: Final = "policy-v2.json"
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


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """All that decisions depend on besides the records."""

    version: str
    digest: str
    languages: frozenset[str]
    rarity: Rarity
    projection: Projection
    sentences: Forest
    words: Forest
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
            rarity=read_rarity(raw["rarity"]),
            projection=read_projection(raw["projection"]),
            sentences=read_forest(raw["forests"]["sentences"]),
            words=read_forest(raw["forests"]["words"]),
            thresholds={name: int(value["value"]) for name, value in raw["thresholds"].items()},
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a linking policy: {error}") from error


def read_rarity(raw: Mapping[str, Any]) -> Rarity:
    """The rarities as a policy file has them: five bytes of key and one of weight a term."""
    packed = base64.b64decode(raw["terms"])
    size = _TERM_BYTES + 1
    weights = {
        int.from_bytes(packed[at : at + _TERM_BYTES], "big"): packed[at + _TERM_BYTES]
        for at in range(0, len(packed), size)
    }
    return Rarity(weights, int(raw["unknown"]))


def read_projection(raw: Mapping[str, Any]) -> Projection:
    """The projection as a policy file has it: int8 rows of the matrix, big-endian int16 means by language."""
    matrix = np.frombuffer(base64.b64decode(raw["matrix"]), dtype=np.int8).reshape(-1, KEPT_DIMENSIONS)
    means = {
        language: np.frombuffer(base64.b64decode(row), dtype=">i2").astype(np.int16)
        for language, row in raw["means"].items()
    }
    return Projection(raw["encoder"], matrix, means)
