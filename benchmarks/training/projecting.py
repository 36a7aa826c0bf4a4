"""Learns how sentence vectors are shortened: what a language has in common, and the directions in which sentences differ."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from copytaster.deduplicator.vectors import KEPT_DIMENSIONS, MEAN_SCALE

LEAST_SENTENCES: Final = 200
"""A language with fewer training sentences has the mean of all."""

MATRIX_SCALE: Final = 512
"""Unit columns times this fit into int8: the usual component is 1/23."""


def learn_projection(
    encoder: str, vectors: Sequence[NDArray[np.int8]], languages: Sequence[str | None]
) -> dict[str, Any]:
    """The projection as the policy file has it, from the vectors and the language of every training story.

    Principal directions of the vectors after their language's mean was taken away, then turned at random (with a fixed seed), so
    that each kept component carries as much and four bits suit all of them.
    """
    by_language: dict[str, list[NDArray[np.int8]]] = defaultdict(list)
    for rows, language in zip(vectors, languages, strict=True):
        by_language[language or ""].append(rows)
    whole = np.concatenate(list(vectors)).astype(np.float64)
    means = {"": whole.mean(axis=0)}
    for language, parts in sorted(by_language.items()):
        rows = np.concatenate(parts)
        if language and len(rows) >= LEAST_SENTENCES:
            means[language] = rows.astype(np.float64).mean(axis=0)
    centred = np.concatenate(
        [
            rows.astype(np.float64) - means.get(language or "", means[""])
            for rows, language in zip(vectors, languages, strict=True)
        ]
    )
    _, directions = np.linalg.eigh(np.cov(centred.T))
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(KEPT_DIMENSIONS, KEPT_DIMENSIONS)))
    matrix = directions[:, ::-1][:, :KEPT_DIMENSIONS] @ turn
    return {
        "encoder": encoder,
        "matrix": _packed(np.clip(np.rint(MATRIX_SCALE * matrix), -127, 127).astype(np.int8)),
        "means": {name: _packed(np.rint(MEAN_SCALE * mean).astype(">i2")) for name, mean in means.items()},
    }


def _packed(values: NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode()


def by_story(cache: Mapping[str, NDArray[np.int8]], sentences: Sequence[str]) -> NDArray[np.int8]:
    """The rows of a story's sentences from a cache of all sentences."""
    return np.array([cache[sentence] for sentence in sentences], dtype=np.int8).reshape(len(sentences), -1)
