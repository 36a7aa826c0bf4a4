"""The short form of sentence vectors that is kept with a story: 128 dimensions of four bits, 64 bytes a sentence.

The policy brings the projection: what all sentences of a language have in common is taken away, the rest is turned into the
directions in which sentences differ most. All in whole numbers, so the same vectors give the same bytes anywhere. The loss
against the full vectors is within the noise of the measurement (docs/decisions/0029).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from copytaster.deduplicator.encoder import Vectors

KEPT_DIMENSIONS: Final = 128
"""Principal directions kept; with 64 a twelfth of the translated sentences lose their partner, with 256 none is won."""

BYTES_A_SENTENCE: Final = KEPT_DIMENSIONS // 2

MAX_LEVEL: Final = 7
"""Four bits: whole numbers from -7 to 7."""

CUT_DEVIATIONS_TENTHS: Final = 25
"""A component beyond 2.5 times the row's root mean square is cut to `MAX_LEVEL`: the least error for normal components."""

MEAN_SCALE: Final = 64
"""Language means are kept in 64ths of a step of the encoder's vectors."""


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """From an encoder's vectors to the kept ones; `means` has a row for every language that was measured, "" for the others."""

    encoder: str
    matrix: NDArray[np.int8]
    means: Mapping[str, NDArray[np.int16]]

    def pack(self, vectors: Vectors, language: str | None) -> bytes:
        """The kept form of a story's sentence vectors, `BYTES_A_SENTENCE` a row."""
        if not len(vectors):
            return b""
        mean = self.means.get(language or "", self.means[""])
        centred = vectors.astype(np.int64) * MEAN_SCALE - mean
        turned = centred @ self.matrix.astype(np.int64)
        square = (turned * turned).sum(axis=1) // KEPT_DIMENSIONS
        limit = (
            np.array([isqrt(int(value)) for value in square], dtype=np.int64) * CUT_DEVIATIONS_TENTHS // 10
        )
        limit = np.maximum(limit, 1)[:, None]
        # rounded to the nearest level, halves away from zero
        size = (2 * np.abs(turned) * MAX_LEVEL + limit) // (2 * limit)
        levels = np.sign(turned) * np.minimum(size, MAX_LEVEL) + 8
        return bytes(((levels[:, 0::2] << 4) | levels[:, 1::2]).astype(np.uint8).tobytes())


@dataclass(frozen=True, slots=True, eq=False)
class SentenceVectors:
    """The kept vectors of a story ready for comparing: levels as floats that hold whole numbers, and squared lengths."""

    levels: NDArray[np.float32]
    squares: NDArray[np.int64]

    def __len__(self) -> int:
        """How many sentences have a vector."""
        return len(self.squares)


def unpack(packed: bytes) -> SentenceVectors:
    """The vectors that `Projection.pack` wrote; ValueError for bytes of another length."""
    if len(packed) % BYTES_A_SENTENCE:
        raise ValueError(f"{len(packed)} bytes are no whole number of sentence vectors")
    both = np.frombuffer(packed, dtype=np.uint8).reshape(-1, BYTES_A_SENTENCE)
    levels = np.empty((len(both), KEPT_DIMENSIONS), dtype=np.int16)
    levels[:, 0::2], levels[:, 1::2] = (both >> 4), (both & 15)
    levels -= 8
    squares = (levels.astype(np.int64) ** 2).sum(axis=1)
    return SentenceVectors(levels.astype(np.float32), squares)


def cosines_milli(a: SentenceVectors, b: SentenceVectors) -> NDArray[np.int64]:
    """The cosine of every sentence of a (rows) with every one of b, in thousandths, negative ones as 0.

    The products are sums of whole numbers below 2**24, which 32-bit floats hold exactly in any order of adding, so a BLAS may
    compute them; the square root is that of an integer.
    """
    products = (a.levels @ b.levels.T).astype(np.int64)
    lengths = np.multiply.outer(a.squares, b.squares)
    # IEEE 754 rounds a square root correctly, so this is the same on any machine
    roots = np.maximum(np.sqrt(lengths.astype(np.float64)).astype(np.int64), 1)
    grid: NDArray[np.int64] = np.minimum(1000, 1000 * np.maximum(products, 0) // roots)
    return grid
