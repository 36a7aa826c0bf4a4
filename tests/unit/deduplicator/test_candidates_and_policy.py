"""The index in memory, the ranking of what it finds, and the policy file."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from copytaster.deduplicator.candidates import BUCKET_LIMIT, MemoryIndex, rank
from copytaster.deduplicator.policy import DEFAULT_POLICY, load, parse, term_key
from tests.support import ROOT


def _stored() -> bytes:
    return files("copytaster.deduplicator").joinpath(DEFAULT_POLICY).read_bytes()


def test_the_stories_with_most_shared_keys_come_first() -> None:
    """Ties are broken by hash: whatever the order of the hits, the ranking is one."""
    hits = {"a": 1, "b": 3, "c": 1, "d": 2}

    assert rank(hits)[:2] == ["b", "d"]
    assert rank(hits) == rank(dict(reversed(hits.items())))
    assert len(rank(hits, top=2)) == 2


def test_a_story_does_not_find_itself() -> None:
    """The hits count shared keys with others alone."""
    index = MemoryIndex()
    index.add("a", [1, 2, 3])
    index.add("b", [2, 3, 4])

    assert index.hits("a", [1, 2, 3]) == {"b": 2}


def test_a_full_bucket_keeps_the_same_stories_in_any_order() -> None:
    """Beyond its limit a bucket keeps by hash, not by arrival."""
    names = [f"s{number}" for number in range(BUCKET_LIMIT + 50)]
    one, other = MemoryIndex(), MemoryIndex()
    for name in names:
        one.add(name, [7])
    for name in reversed(names):
        other.add(name, [7])

    assert one.hits("new", [7]) == other.hits("new", [7])
    assert len(one.hits("new", [7])) == BUCKET_LIMIT


def test_the_shipped_policy_is_read() -> None:
    """It has a version, a digest of its bytes, rarities and every threshold with its source."""
    policy = load()

    assert policy.version == "sentences-2"
    assert len(policy.digest) == 16
    assert {"de", "en", "ru", "vi"} <= policy.languages
    assert all(row["source"] for row in json.loads(_stored())["thresholds"].values())


def test_a_common_word_weighs_less_than_an_unknown_name() -> None:
    """Rarity grows with what a term says; a term never seen has the most."""
    rarity = load().rarity

    assert rarity.of(term_key("s", "und")) < rarity.of(term_key("s", "regier")) < rarity.unknown
    assert rarity.of(term_key("n", "hrlng")) == rarity.unknown


def test_the_policy_holds_no_word_of_the_texts() -> None:
    """Rarities are hashes and weights, nothing that could be read."""
    raw = json.loads(_stored())

    assert set(raw["rarity"]) == {"terms", "unknown"}
    assert set(raw) == {"version", "languages", "rarity", "projection", "forests", "thresholds", "training"}
    assert all(isinstance(row, list) for forest in raw["forests"].values() for row in forest["trees"])


@pytest.mark.parametrize(
    "stored", [b"{}", b"[]", b'{"version": 1}'], ids=["empty", "a list", "parts missing"]
)
def test_what_is_no_policy_is_refused(stored: bytes) -> None:
    """A file of another form is an error with a reason."""
    with pytest.raises(ValueError, match="policy"):
        parse(stored)


def test_the_page_on_linking_names_every_threshold_with_its_value() -> None:
    """docs/how-linking-decides.md and the policy file cannot drift apart."""
    page = (ROOT / "docs" / "how-linking-decides.md").read_text(encoding="utf-8")

    missing = [
        name
        for name, row in json.loads(_stored())["thresholds"].items()
        if f"`{name}` {_shown(row['value'])}" not in page
    ]

    assert not missing


def test_the_page_on_linking_has_the_figures_of_the_training_record() -> None:
    """What is said to have been measured stands in the record of the policy that ships."""
    page = (ROOT / "docs" / "how-linking-decides.md").read_text(encoding="utf-8")
    record = json.loads(_stored())["training"]["cross_validated"]
    sides = [record[name] for name in ("words", "sentences")]
    rows = [
        [f"{side['recall_at_0.3%'][name]:.3f} / {side['recall_at_1.0%'][name]:.3f}" for side in sides]
        for name in ("semeval_copies", "ntrex", "basil", "ecbplus", "wire", "copies_and_traps")
    ]
    rows.append([f"{side['copies_and_traps_precision_at_recall_0.95']:.3f}" for side in sides])
    rows.append([f"{side['calibration_error']:.4f}" for side in sides])
    clusters = [side["wire_clusters"] for side in sides]
    rows.append([f"{one['precision']:.3f}, {one['recall']:.3f}, {one['b_cubed_f1']:.3f}" for one in clusters])

    assert not [row for row in rows if f"| {' | '.join(row)} |" not in page]


def test_clusters_of_unseen_topics_are_nearly_free_of_strangers() -> None:
    """The least pairwise precision that decision 31 asks of `join`."""
    record = json.loads(_stored())["training"]["cross_validated"]

    assert record["sentences"]["wire_clusters"]["precision"] >= 0.95


def _shown(value: int) -> str:
    """As the page writes it: confidences (millionths) and shares (thousandths) as decimals, plain numbers otherwise."""
    return f"{value / 1_000_000:g}" if value >= 100_000 else str(value)
