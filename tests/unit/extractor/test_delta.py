"""What is remembered of a version, and what a revision is said to have changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copytaster.extractor.delta import MAX_TOLD, Outline, delta, outline
from copytaster.extractor.extracted import Extracted
from copytaster.extractor.story import extract_page

TEXT = (
    "Die Fähre nach Olpenitz fährt ab Montag wieder, teilte die Reederei Nordlicht mit. "
    "Kapitänin Ylva Brodersen sagte, man habe 14 Pfähle ersetzt. Im Sommer nutzen 1.900 Gäste die Verbindung."
)


def story(text: str = TEXT, title: str = "Fähre fährt wieder") -> Extracted:
    """A story with this text."""
    html = f"<html lang='de'><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text}</p></article></body></html>"
    found = extract_page(html.encode(), url="https://nordpost.example/a", content_type="text/html")
    return replace(found, text=text)


def changed(after: Extracted) -> list[str]:
    """The parts that changed from the first story to `after`."""
    found = delta(outline(story(), 1), outline(after, 2))
    assert found is not None
    return found.changed


def test_an_outline_survives_its_way_through_redis_and_is_small() -> None:
    """Some hundred bytes a story, for three days."""
    kept = outline(story(), 3)

    assert Outline.from_bytes(kept.to_bytes()) == kept
    assert len(kept.to_bytes()) < 400


@pytest.mark.parametrize("raw", [None, b"", b"x", b"\x78\x9c"], ids=["none", "empty", "foreign", "cut"])
def test_without_an_outline_there_is_no_delta(raw: bytes | None) -> None:
    """A revision after three days says only that it is one."""
    assert Outline.from_bytes(raw) is None
    assert delta(Outline.from_bytes(raw), outline(story(), 2)) is None


def test_each_part_is_told_apart() -> None:
    """Punctuation and case do not count, as in the decision whether there is a revision at all."""
    assert changed(story(title="FÄHRE fährt wieder!")) == []
    assert changed(story(title="Fähre fährt nicht")) == ["headline"]
    assert changed(story(TEXT.replace("Montag", "Dienstag"))) == ["body"]
    assert changed(replace(story(), lead="Nach drei Wochen.")) == ["lead"]


def test_numbers_are_compared_by_value_and_names_as_printed() -> None:
    """A corrected figure and a corrected name, and nothing that merely is written otherwise."""
    after = story(TEXT.replace("1.900", "1 900").replace("14", "15").replace("Brodersen", "Carstensen"))

    found = delta(outline(story(), 1), outline(after, 2))

    assert found is not None
    assert (found.numbers_added, found.numbers_removed) == (["15"], ["14"])
    assert (found.names_added, found.names_removed) == (["Carstensen"], ["Brodersen"])


def test_a_rewritten_text_has_a_bounded_delta() -> None:
    """The event stays small."""
    found = delta(outline(story(), 1), outline(story(" ".join(f"Es sind {n} Gäste." for n in range(300))), 2))

    assert found is not None
    assert len(found.numbers_added) == MAX_TOLD
