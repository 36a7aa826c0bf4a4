"""What the linker asks of a sentence encoder, so that any can stand behind it. Pure: no model is loaded here.

An encoder turns sentences into vectors in which the same statement in two languages lies close together. The linker encodes a
story once, keeps the vectors with the story's record, and computes in whole numbers from there on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

VECTOR_SCALE: Final = 512
"""A unit vector times this, rounded, is what an encoder gives. Of 512 dimensions the usual component is 1/23 of the length, so
int8 holds more than five times that without being cut."""

Vectors = NDArray[np.int8]
"""One row a sentence, one column a dimension."""


class Encoder(Protocol):
    """Gives the meaning of sentences as vectors; the same sentences give the same vectors."""

    @property
    def name(self) -> str:
        """Names model and version: vectors of two names cannot be compared."""

    @property
    def dimension(self) -> int:
        """Columns of the vectors."""

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """The vectors of the sentences, of length `VECTOR_SCALE` each; raises RetryLater when the model fails."""


def quantised(vectors: NDArray[np.float32]) -> Vectors:
    """Vectors of any length as the rows an encoder has to give; a row of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled = np.rint(vectors * (VECTOR_SCALE / np.maximum(lengths, 1e-9)))
    rows: Vectors = np.clip(scaled, -127, 127).astype(np.int8)
    return rows
