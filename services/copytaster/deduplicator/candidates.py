"""Which stories are worth comparing: the keys under which a story is found, and the ranking of what they find.

The same keys serve the index in Redis and the one in memory. Three ways lead to a candidate: a shared passage (winnowed
fingerprints, so excerpts are found too), shared rare names and numbers (so rewrites and translations are found), and openings
whose sentence vectors point the same way (so translations without a common name are found). Their number is bounded, and nothing depends on the order in which stories came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from copytaster.deduplicator.features import Features
from copytaster.deduplicator.policy import Policy

MAX_PASSAGE_KEYS: Final = 64
"""Passage keys of a story: the layouts of research/linking.md were measured with 64. A longer text keeps its least hashes, so
two copies of one text keep the same."""

OPENING_PASSAGE_KEYS: Final = 16
"""Of those, kept for the first passages of the text whatever their hash: an excerpt mostly comes from there."""

MAX_SINGLE_KEYS: Final = 12
"""Keys of single names and numbers that are very rare, those of the opening first."""

MAX_PAIR_KEYS: Final = 12
"""Keys of every two of the rarest names and numbers of the opening, which need not be so rare each."""

MAX_TERM_KEYS: Final = MAX_SINGLE_KEYS + MAX_PAIR_KEYS
"""With 24 term keys 0.90 of the cross-language wire pairs are candidates at 7 candidates a story; with pairs alone 0.47."""

TERMS_PAIRED: Final = 6
"""The rarest names and numbers of the opening of which every two make a key."""

MEANING_BITS: Final = 12
"""Signs of vector components in one key: two openings of one statement agree in a component in four cases of five, strangers
in one of two (SimHash, Charikar 2002)."""

MEANING_BANDS: Final = 10
"""Keys of one vector; 120 of its 128 components."""

MEANING_VECTORS: Final = 3
"""The headline, the first sentence after it, and the opening as a whole."""

MAX_MEANING_KEYS: Final = MEANING_BANDS * MEANING_VECTORS

LEAST_MEANING_HITS: Final = 2
"""One shared key of meaning is chance. With two, half of the translated articles that share no other key are found, at two or
three strangers a story (0029)."""

TOP_CANDIDATES: Final = 48
"""Candidates compared for one story; on the open data the pairs found no longer grow beyond (benchmarks, linking)."""

BUCKET_LIMIT: Final = 512
"""Stories kept under one key: full buckets keep those with the least hash, not the first that came (design 5)."""


class IndexKeys(NamedTuple):
    """The 64-bit keys of a story: those of its words, passage keys first, and those of its vectors."""

    words: tuple[int, ...]
    meaning: tuple[int, ...]


def index_keys(features: Features, policy: Policy) -> IndexKeys:
    """The keys of a story: at most `MAX_PASSAGE_KEYS + MAX_TERM_KEYS` of words and `MAX_MEANING_KEYS` of meaning."""
    limits = policy.thresholds
    words = tuple(
        dict.fromkeys(
            (
                *_passage_keys(features.fingerprints),
                *_single_keys(features, limits["single_key_rarity"]),
                *_pair_keys(features, limits["pair_key_rarity"]),
            )
        )
    )
    return IndexKeys(words, _meaning_keys(features))


def _meaning_keys(features: Features) -> tuple[int, ...]:
    """The signs of headline, first sentence and whole opening, cut into bands."""
    if features.vectors is None:
        return ()
    opening = [at for at in features.opening if at < len(features.vectors)]
    rows = features.vectors.levels[opening].astype(np.int64)
    lengths = np.array([max(1, isqrt(int(features.vectors.squares[at]))) for at in opening], dtype=np.int64)
    if not len(rows):
        return ()
    whole = (rows * 1024 // lengths[:, None]).sum(axis=0)
    found = dict.fromkeys(key for row in (*rows[: MEANING_VECTORS - 1], whole) for key in _bands(row))
    return tuple(found)


def _bands(row: NDArray[np.int64]) -> list[int]:
    signs = np.packbits(row[: MEANING_BITS * MEANING_BANDS].reshape(MEANING_BANDS, MEANING_BITS) > 0, axis=1)
    return [xxh3_64_intdigest(b"m%x:" % band + signs[band].tobytes()) for band in range(MEANING_BANDS)]


def together(words: Mapping[str, int], meaning: Mapping[str, int]) -> dict[str, int]:
    """Shared keys of both kinds; those of meaning count from `LEAST_MEANING_HITS` on, the first of them not at all."""
    hits = dict(words)
    for story, shared in meaning.items():
        if shared >= LEAST_MEANING_HITS:
            hits[story] = hits.get(story, 0) + shared - LEAST_MEANING_HITS + 1
    return hits


def _passage_keys(fingerprints: tuple[int, ...]) -> tuple[int, ...]:
    if len(fingerprints) <= MAX_PASSAGE_KEYS:
        return fingerprints
    first, rest = fingerprints[:OPENING_PASSAGE_KEYS], fingerprints[OPENING_PASSAGE_KEYS:]
    return (*first, *sorted(rest)[: MAX_PASSAGE_KEYS - OPENING_PASSAGE_KEYS])


def _single_keys(features: Features, rare: int) -> list[int]:
    """Keys of very rare names and numbers; among equals the least hash, so that two texts on one thing choose alike."""
    told = _telling(features)
    terms = [key for key in features.names.keys() | features.numbers.keys() if features.weights[key] >= rare]
    hashed = sorted((key not in told, xxh3_64_intdigest(b"%x" % key)) for key in terms)
    return [key for _, key in hashed[:MAX_SINGLE_KEYS]]


def _pair_keys(features: Features, rare: int) -> list[int]:
    """A key for every two of the rarest names and numbers that the story tells early."""
    told = [key for key in _telling(features) if features.weights[key] >= rare]
    terms = sorted(told, key=lambda key: (-features.weights[key], key))[:TERMS_PAIRED]
    pairs = [
        (one, other) if one < other else (other, one)
        for place, one in enumerate(terms)
        for other in terms[place + 1 :]
    ]
    return [xxh3_64_intdigest(b"%x %x" % both) for both in pairs[:MAX_PAIR_KEYS]]


def _telling(features: Features) -> set[int]:
    return {
        key
        for place in features.opening
        for key in features.sentences[place].forms
        if key in features.names or key in features.numbers
    }


def rank(hits: Mapping[str, int], *, top: int = TOP_CANDIDATES) -> list[str]:
    """The stories with the most shared keys, best first; ties by the hash of the id, so that no order of arrival counts."""
    return sorted(hits, key=lambda story: (-hits[story], bucket_order(story)))[:top]


def bucket_order(story: str) -> tuple[int, str]:
    """The order in which a full bucket keeps stories, and ties are broken."""
    return xxh3_64_intdigest(story.encode()), story


class MemoryIndex:
    """The index of a bulk run: every story is added first, then asked for."""

    def __init__(self) -> None:
        self._buckets: dict[int, list[str]] = {}

    def add(self, story: str, keys: Iterable[int]) -> None:
        """Put a story under its keys."""
        for key in keys:
            self._buckets.setdefault(key, []).append(story)

    def hits(self, story: str, keys: Iterable[int]) -> dict[str, int]:
        """How many keys every other story shares with this one."""
        found: dict[str, int] = {}
        for key in keys:
            for other in self._kept(key):
                if other != story:
                    found[other] = found.get(other, 0) + 1
        return found

    def _kept(self, key: int) -> list[str]:
        bucket = self._buckets.get(key, [])
        if len(bucket) > BUCKET_LIMIT:
            bucket = self._buckets[key] = sorted(bucket, key=bucket_order)[:BUCKET_LIMIT]
        return bucket
