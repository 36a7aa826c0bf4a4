"""Sentence vectors: their short form, their cosines, and how they get into a record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from copytaster.deduplicator.encoder import VECTOR_SCALE, Vectors, quantised
from copytaster.deduplicator.encoding import encoded, sentences_to_encode
from copytaster.deduplicator.features import MAX_VECTORS, features
from copytaster.deduplicator.policy import load
from copytaster.deduplicator.record import from_json, to_json
from copytaster.deduplicator.vectors import BYTES_A_SENTENCE, cosines_milli, unpack
from copytaster.errors import RetryLater
from tests.unit.deduplicator import stories
from tests.unit.deduplicator.stories import ENCODER, decide, read, record


def test_the_same_sentences_give_the_same_bytes_and_a_cosine_of_one() -> None:
    """Encoding twice and shortening twice changes nothing; a sentence is its own best partner."""
    sentences = ["The mayor resigned on Friday.", "Prices rose by 4 percent."]
    packed = load().projection.pack(ENCODER.encode(sentences), "en")

    assert packed == load().projection.pack(ENCODER.encode(sentences), "en")
    assert len(packed) == 2 * BYTES_A_SENTENCE
    kept = unpack(packed)
    grid = cosines_milli(kept, kept)
    assert grid.diagonal().tolist() == [1000, 1000]
    assert grid[0, 1] < 300


def test_a_translation_is_closer_than_another_statement() -> None:
    """One statement in two languages against another statement of the same people."""
    pack = load().projection.pack
    english = unpack(pack(ENCODER.encode(["The mayor of Port Ellery stepped down on Friday."]), "en"))
    german = unpack(
        pack(
            ENCODER.encode(
                [
                    "Die Bürgermeisterin von Port Ellery ist am Freitag zurückgetreten.",
                    "Die Bürgermeisterin von Port Ellery eröffnet eine neue Schule.",
                ]
            ),
            "de",
        )
    )

    translated, other = cosines_milli(english, german)[0]

    assert translated > other + 200


def test_an_unmeasured_language_is_shortened_with_the_mean_of_all() -> None:
    """A language without a mean of its own, or none at all, still has vectors."""
    rows = ENCODER.encode(["Någonting hände i staden."])

    assert load().projection.pack(rows, "sv") == load().projection.pack(rows, None) != b""


def test_a_vector_of_nothing_is_like_nothing() -> None:
    """A row of zeros survives quantising, packing and comparing."""
    nothing = quantised(np.zeros((1, 512), dtype=np.float32))

    kept = unpack(load().projection.pack(nothing, None))

    assert not nothing.any()
    assert 0 <= int(cosines_milli(kept, kept)[0, 0]) <= 1000


def test_an_encoders_vectors_all_have_one_length() -> None:
    """A vector of any length is scaled to `VECTOR_SCALE` before it is rounded."""
    row = np.random.default_rng(5).normal(size=(1, 512)).astype(np.float32)

    assert (quantised(row) == quantised(7 * row)).all()
    assert np.linalg.norm(quantised(row).astype(float)) == pytest.approx(VECTOR_SCALE, rel=0.01)


def test_bytes_of_another_length_are_refused() -> None:
    """Half a vector is an error, not a shorter story."""
    with pytest.raises(ValueError, match="vectors"):
        unpack(b"x" * (BYTES_A_SENTENCE + 1))


def test_the_vectors_of_a_long_story_take_one_and_a_half_kibibytes() -> None:
    """The first `MAX_VECTORS` sentences, headline first, furniture left out."""
    text = stories.CONSENT_NOTE + "\n" + " ".join(f"Satz Nummer {at} handelt von etwas." for at in range(60))
    long = features(record("a", text, title="Viele Sätze"), load())

    kept = encoded(long, ENCODER, load()).record.vectors

    assert len(kept) == MAX_VECTORS * BYTES_A_SENTENCE == 1536
    assert sentences_to_encode(long)[0] == "Viele Sätze"
    assert "Cookies" not in " ".join(sentences_to_encode(long))


def test_a_record_keeps_its_vectors_when_stored() -> None:
    """What is read back decides as what was written."""
    story = read(record("a", stories.MAYOR_RESIGNS, language="en")).record

    assert story.vectors
    assert from_json(to_json(story)) == story


def test_a_record_from_before_there_were_vectors_is_read() -> None:
    """Records live for weeks: those of the format before have no vectors and stay readable."""
    story = record("a", stories.MAYOR_RESIGNS, language="en")
    before = to_json(story).replace("[2,", "[1,", 1).removesuffix(',"",""]') + "]"

    assert from_json(before) == story


def test_a_pair_of_which_one_has_no_vectors_is_judged_by_words() -> None:
    """Nothing is made of a missing vector: the forest for words alone decides."""
    one = record("a", stories.MAYOR_RESIGNS, language="en")
    other = record("b", stories.edited(stories.MAYOR_RESIGNS), language="en")

    with_one = decide(one, other, vectors="ab"), decide(one, other, vectors="a")

    assert "told_best_min" in with_one[0].scores
    assert "told_best_min" not in with_one[1].scores
    assert with_one[1].merges


def test_vectors_of_another_encoder_are_not_compared() -> None:
    """They are read as if there were none."""
    story = read(record("a", stories.MAYOR_RESIGNS, language="en")).record

    assert features(replace(story, encoder="other-1"), load()).vectors is None


class Failing:
    """An encoder whose model is broken."""

    name = "usem3"
    dimension = 512

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """Always fails."""
        raise RetryLater(f"cannot encode {len(sentences)} sentences")


def test_a_failing_encoder_means_retry_later() -> None:
    """No story is linked by words alone because a model failed for a moment."""
    with pytest.raises(RetryLater):
        encoded(features(record("a", stories.MAYOR_RESIGNS), load()), Failing(), load())


def test_an_encoder_that_the_policy_does_not_know_is_refused() -> None:
    """The forests were learned from one encoder's vectors."""
    other = type("Other", (Failing,), {"name": "other-1"})()

    with pytest.raises(ValueError, match="usem3"):
        encoded(features(record("a", stories.MAYOR_RESIGNS), load()), other, load())
