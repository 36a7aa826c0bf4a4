"""Whole archives: every story in one cluster, furniture learned first, the five seeds apart, the order without effect."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from copytaster.deduplicator.bulk import Cluster, link_archive
from copytaster.deduplicator.policy import load
from copytaster.deduplicator.record import StoryRecord, from_line
from tests.unit.deduplicator import stories
from tests.unit.deduplicator.stories import ENCODER, record

PROMO = "Der Weserkurier am Morgen: die wichtigsten Meldungen, kostenlos in Ihrem Postfach, jeden Werktag um sechs."


def _archive() -> list[StoryRecord]:
    return [
        record("called", stories.STRIKE_CALLED, title="Warnstreik im Stahlwerk"),
        record("called-copy", stories.STRIKE_CALLED, title="Stahlkocher legen Arbeit nieder"),
        record("called-edited", stories.edited(stories.STRIKE_CALLED), title="Stillstand am Hochofen"),
        record("called-excerpt", stories.first_third(stories.STRIKE_CALLED)),
        record("ended", stories.STRIKE_ENDED, title="Warnstreik beendet"),
        record("mayor", stories.MAYOR_RESIGNS, language="en"),
        record("empty", ""),
    ]


def _members(clusters: list[Cluster]) -> list[set[str]]:
    return sorted((set(cluster.members) for cluster in clusters), key=min)


def test_copies_are_together_and_every_story_is_in_one_cluster() -> None:
    """One cluster of the copies, the others alone, no story lost or doubled."""
    links, clusters = link_archive(_archive(), load(), encoder=ENCODER)

    assert {"called", "called-copy", "called-edited", "called-excerpt"} in _members(clusters)
    assert sum(len(cluster.members) for cluster in clusters) == len(_archive())
    assert len(clusters) == 4
    assert all(link.relation not in {"unrelated", "abstain"} for link in links)


def test_the_order_of_the_lines_does_not_matter() -> None:
    """Shuffled archives give the same links and clusters."""
    expected = link_archive(_archive(), load(), encoder=ENCODER)
    for seed in range(5):
        shuffled = _archive()
        random.Random(seed).shuffle(shuffled)
        assert link_archive(shuffled, load(), encoder=ENCODER) == expected


def test_stories_far_apart_in_time_are_no_candidates() -> None:
    """The window is 14 days; a copy of last month is another cluster."""
    early = replace(record("a", stories.STRIKE_CALLED), published_ms=1_700_000_000_000)
    late = replace(record("b", stories.STRIKE_CALLED), published_ms=1_700_000_000_000 + 15 * 86_400_000)

    assert len(link_archive([early, late], load(), encoder=ENCODER)[1]) == 2
    assert len(link_archive([early, replace(late, published_ms=None)], load())[1]) == 1


def test_a_promo_that_an_outlet_repeats_links_nothing() -> None:
    """Three short items of one outlet that share a long promo stay three, since it recurs."""
    texts = {
        "zoo": "Im Zoo von Quellheim sind zwei Otter geboren worden, sie heißen Mia und Bo.",
        "unfall": "Auf der Landstraße 17 bei Dorrach sind drei Radfahrer verletzt worden.",
        "rat": "Der Rat von Tiefenau hat den Haushalt mit 21 zu 14 Stimmen beschlossen.",
    }
    archive = [
        record(name, f"{text}\n{PROMO}\n{PROMO[::-1]}", title=text[:24], outlet="weserkurier.example")
        for name, text in texts.items()
    ]

    links, clusters = link_archive(archive, load(), encoder=ENCODER)

    assert len(clusters) == 3
    assert not links


def test_progress_is_told_to_the_end() -> None:
    """Both steps are announced with how many there are."""
    told: list[tuple[str, int, int]] = []

    link_archive(_archive(), load(), lambda step, done, total: told.append((step, done, total)), ENCODER)

    last = {step: (done, total) for step, done, total in told}
    assert last["reading"] == (7, 7)
    assert last["comparing"][0] == last["comparing"][1] > 0


def _seed_archive(folder: Path) -> list[StoryRecord]:
    """Each seed page with an edited copy (a paragraph dropped, words replaced, another headline) and its first third."""
    archive = []
    for path in sorted((folder / "seeds").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        paragraphs = [line for line in text.split("\n") if line.strip()]
        del paragraphs[len(paragraphs) // 2]
        words = "\n".join(["Kreml: Was gesagt wurde", *paragraphs[1:]]).split(" ")
        copy = " ".join("auch" if place % 23 == 7 else word for place, word in enumerate(words))
        for kind, version in (("page", text), ("edited", copy), ("excerpt", stories.first_third(text))):
            archive.append(
                from_line({"id": f"{path.stem} {kind}", "text": version, "outlet": f"{kind}.example"})
            )
    return archive


@pytest.mark.data
def test_the_five_seed_pages_stay_five_stories_and_gather_their_copies(eval_data: Path) -> None:
    """Same people, five news points: each page gathers its edited copy and its excerpt, and no other page."""
    archive = _seed_archive(eval_data)

    clusters = link_archive(archive, load(), encoder=ENCODER)[1]

    assert len(archive) == 15
    assert _members(clusters) == [
        {f"{seed} {kind}" for kind in ("page", "edited", "excerpt")}
        for seed in sorted({story.id.split()[0] for story in archive})
    ]
