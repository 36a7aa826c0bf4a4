"""What is computed of one story: words in place, passages, fingerprints, names and numbers, furniture left out."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from copytaster.deduplicator.candidates import (
    LEAST_MEANING_HITS,
    MAX_MEANING_KEYS,
    MAX_PASSAGE_KEYS,
    MAX_TERM_KEYS,
    index_keys,
    together,
)
from copytaster.deduplicator.features import WINNOW_WINDOW, features, winnow
from copytaster.deduplicator.policy import load
from tests.unit.deduplicator import stories
from tests.unit.deduplicator.stories import read, record


def test_equal_records_give_equal_features() -> None:
    """Computing twice gives the same fingerprints, names and sentences."""
    one, other = (read(record("a", stories.STRIKE_CALLED)) for _ in range(2))

    assert one.fingerprints == other.fingerprints
    assert one.sentences == other.sentences
    assert one.names == other.names


def test_marked_furniture_leaves_no_trace() -> None:
    """A marked span gives no sentence, no passage and no name."""
    text = stories.STRIKE_CALLED + "\nFolgen Sie dem Kanal Weserland Kompakt von Friedbert Zabel."
    marked = replace(record("a", text), furniture=((len(stories.STRIKE_CALLED) + 1, len(text)),))

    found = features(marked, load())

    assert "Zabel" in read(record("a", text)).names.values()
    assert "Zabel" not in found.names.values()
    assert found.fingerprints == read(record("a", stories.STRIKE_CALLED)).fingerprints


def test_passages_lie_where_they_say() -> None:
    """Begin and end of every passage cut whole words out of the text."""
    found = read(record("a", stories.MAYOR_RESIGNS, language="en"))

    for _, begin, end in found.passages:
        assert stories.MAYOR_RESIGNS[begin].isalnum()
        assert stories.MAYOR_RESIGNS[end - 1].isalnum()
        assert end == len(stories.MAYOR_RESIGNS) or not stories.MAYOR_RESIGNS[end].isalpha()


def test_a_text_of_one_word_has_features() -> None:
    """The shortest texts are read, and have at least one fingerprint; an empty one has none."""
    assert read(record("a", "Eilmeldung")).fingerprints
    assert read(record("a", "")).fingerprints == ()


def test_chinese_is_read_by_characters() -> None:
    """Two Chinese texts that share a sentence share fingerprints."""
    shared = "波特埃勒里市长奥斯兰周五宣布辞职,审计发现四百三十万美元流入其兄弟的公司。"
    one = read(record("a", shared + "检察官已展开调查。", language="zh"))
    other = read(record("b", "本报讯。" + shared, language="zh"))

    assert set(one.fingerprints) & set(other.fingerprints)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=12, max_size=40), st.integers(0, 20), st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_a_shared_run_as_long_as_the_window_shares_a_fingerprint(
    shared: list[int], left: int, right: int
) -> None:
    """The guarantee of winnowing: whatever stands around it, a common run of hashes is found."""
    run = shared[:WINNOW_WINDOW]
    one = [hash_ % 1_000 for hash_ in shared[WINNOW_WINDOW : WINNOW_WINDOW + left]] + run
    other = run + [hash_ % 977 for hash_ in shared[-right:] if right]

    assert set(winnow(one)) & set(winnow(other))


def test_the_number_of_keys_is_bounded() -> None:
    """A very long text has no more keys than any other; all are 64-bit and unsigned."""
    long = " ".join(
        f"Satz {number} über Ort{number} und Person{number * 7} in Harlingrode." for number in range(900)
    )

    keys = index_keys(read(record("a", long)), load()).words

    assert len(keys) <= MAX_PASSAGE_KEYS + MAX_TERM_KEYS
    assert len(set(keys)) == len(keys)
    assert all(0 <= key < 2**64 for key in keys)


def test_an_excerpt_and_its_long_source_share_keys() -> None:
    """The bound on keys does not hide an excerpt from the beginning of a long text."""
    long = (
        stories.STRIKE_CALLED + "\n" + " ".join(f"Weitere Angabe {n} zu Anlage {n * 3}." for n in range(600))
    )

    source = set(index_keys(read(record("a", long)), load()).words)
    excerpt = index_keys(read(record("b", stories.first_third(stories.STRIKE_CALLED))), load()).words

    assert source & set(excerpt)


def test_a_translation_shares_keys_of_names_and_numbers() -> None:
    """Without a common passage the rare names and numbers of the openings lead to the other text."""
    one = index_keys(read(record("a", stories.MAYOR_RESIGNS, language="en")), load()).words
    other = index_keys(read(record("b", stories.MAYOR_RESIGNS_DE)), load()).words

    assert set(one) & set(other)


def test_openings_of_one_meaning_share_keys_and_others_hardly_any() -> None:
    """A text under the same opening shares all keys of meaning, another story at most one by chance."""
    one = index_keys(read(record("a", stories.MAYOR_RESIGNS, language="en")), load()).meaning
    copy = index_keys(read(record("b", stories.MAYOR_RESIGNS, language="en")), load()).meaning
    stranger = index_keys(read(record("c", stories.STRIKE_CALLED)), load()).meaning

    assert one == copy
    assert 0 < len(one) <= MAX_MEANING_KEYS
    assert len({*one} & {*stranger}) < LEAST_MEANING_HITS


def test_a_story_without_vectors_has_no_keys_of_meaning() -> None:
    """It is found by its words alone."""
    assert index_keys(features(record("a", stories.MAYOR_RESIGNS), load()), load()).meaning == ()


def test_one_shared_key_of_meaning_is_chance() -> None:
    """It makes no candidate and lifts none; a second counts once."""
    assert together({"a": 3}, {"a": 1, "b": 1, "c": 2}) == {"a": 3, "c": 1}
