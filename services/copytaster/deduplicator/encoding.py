"""Gives a story its sentence vectors: which sentences are encoded, and how the result gets into the record.

The vectors lie in the record, so whoever reads it later (the clusterer, `explain`, another linker) decides from the same numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from copytaster.deduplicator.encoder import Encoder
from copytaster.deduplicator.features import MAX_VECTORS, Features, with_record
from copytaster.deduplicator.policy import Policy

NO_ENCODER: Final = "none"


def sentences_to_encode(story: Features) -> list[str]:
    """The first sentences of headline, standfirst and body, furniture left out, at most `MAX_VECTORS`."""
    record = story.record
    fields = {"title": record.title, "lead": record.lead, "text": record.text}
    return [fields[s.field][s.begin : s.end] for s in story.sentences[:MAX_VECTORS]]


def encoded(story: Features, encoder: Encoder | None, policy: Policy) -> Features:
    """The features with the vectors in their record; as they are without an encoder or with vectors already there.

    Raises ValueError for an encoder other than the one the policy was made with, and what the encoder raises.
    """
    if encoder is None or story.record.vectors:
        return story
    if encoder.name != policy.projection.encoder:
        raise ValueError(
            f"policy {policy.version} was made with {policy.projection.encoder}, not {encoder.name}"
        )
    wanted = sentences_to_encode(story)
    if not wanted:
        return story
    packed = policy.projection.pack(encoder.encode(wanted), story.record.language)
    return with_record(story, replace(story.record, vectors=packed, encoder=encoder.name), policy)
