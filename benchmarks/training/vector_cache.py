"""An encoder that remembers: training runs often, the texts stay the same. The file holds hashes and vectors, no text."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from copytaster.deduplicator.encoder import Encoder, Vectors


class RememberingEncoder:
    """Another encoder behind a file of what it gave before; `save` writes the file."""

    def __init__(self, encoder: Encoder, path: Path | None) -> None:
        self._encoder = encoder
        self._path = path
        self._known: dict[bytes, Vectors] = {}
        if path is not None and path.exists():
            with np.load(path) as stored:
                keys, rows = stored["keys"], stored["rows"]
            self._known = {key.tobytes(): row for key, row in zip(keys, rows, strict=True)}

    @property
    def name(self) -> str:
        """That of the encoder behind."""
        return self._encoder.name

    @property
    def dimension(self) -> int:
        """That of the encoder behind."""
        return self._encoder.dimension

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """The vectors, from memory where they are known."""
        keys = [sha256(sentence.encode()).digest()[:16] for sentence in sentences]
        new = [place for place, key in enumerate(keys) if key not in self._known]
        if new:
            for place, row in zip(new, self._encoder.encode([sentences[at] for at in new]), strict=True):
                self._known[keys[place]] = row
        return np.array([self._known[key] for key in keys], dtype=np.int8).reshape(len(keys), self.dimension)

    def save(self) -> None:
        """Write everything known, if there is a file for it."""
        if self._path is not None and self._known:
            keys = np.array([np.frombuffer(key, dtype=np.uint8) for key in self._known])
            np.savez(self._path, keys=keys, rows=np.array(list(self._known.values())))
