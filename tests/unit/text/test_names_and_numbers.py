"""Names across spellings and scripts, numbers and days in one form."""

from __future__ import annotations

import pytest

from copytaster.text.names import is_capitalised, skeleton
from copytaster.text.normalise import tokens
from copytaster.text.numbers import dates, month_of, number_key, weekday_of

SAME_NAME = {
    "Kyiv's president": ("Selenskyj", "Zelensky", "Зеленский", "Zełenski"),
    "a city": ("Grosny", "Grozny", "Грозный", "Grozni"),
    "a spokesman": ("Peskow", "Peskov", "Песков"),
    "sibilants": ("Lukaschenko", "Lukashenko", "Лукашенко"),
    "inflected": ("Mstislawski", "Mstislavsky", "Мстиславского"),
}

NUMBERS = {
    "grouped by points": ("81.500", "81500"),
    "grouped by commas": ("1,976", "1976"),
    "grouped by spaces": ("10 606 877", "10606877"),
    "decimals with a comma": ("50,89", "50.89"),
    "decimals with a point": ("50.89", "50.89"),
    "decimals that are nought": ("8,00", "8"),
    "leading noughts": ("007", "7"),
    "a time": ("8:24", "8:24"),
    "a version with two points": ("1.2.3", "12.3"),
}

DAYS = {
    "German": ("am 28. Dezember in Wien", ["12-28"]),
    "English, month first": ("on Dec. 28 in Vienna", ["12-28"]),
    "Russian, inflected": ("28 декабря в Вене", ["12-28"]),
    "Polish": ("12 lutego w Warszawie", ["02-12"]),
    "Turkish": ("25 Aralık'ta Bakü'de", ["12-25"]),
    "Vietnamese": ("ngày 28/12 tại Viên", ["12-28"]),
    "written in figures": ("am 28.12.2024 in Wien", ["12-28"]),
    "no month": ("28 Menschen in Wien", []),
    "no such day": ("45 Mai", []),
}


@pytest.mark.parametrize("spellings", SAME_NAME.values(), ids=SAME_NAME.keys())
def test_one_name_has_one_skeleton(spellings: tuple[str, ...]) -> None:
    """However an outlet spells it, the consonants agree."""
    assert len({skeleton(name) for name in spellings}) == 1


def test_other_names_have_other_skeletons() -> None:
    """Trump is not Putin; a name with two consonants has none."""
    assert skeleton("Trump") != skeleton("Putin")
    assert skeleton("Rom") == ""
    assert skeleton("特朗普") != ""
    assert skeleton("…") == ""


def test_capitals_are_seen_in_scripts_that_have_them() -> None:
    """A single letter is an initial, no name."""
    assert is_capitalised("Зеленский")
    assert not is_capitalised("zoo")
    assert not is_capitalised("W")


@pytest.mark.parametrize(("written", "key"), NUMBERS.values(), ids=NUMBERS.keys())
def test_a_number_has_one_form(written: str, key: str) -> None:
    """Grouping goes, decimals stay."""
    assert number_key(written) == key


@pytest.mark.parametrize(("text", "days"), DAYS.values(), ids=DAYS.keys())
def test_days_are_found_in_many_languages(text: str, days: list[str]) -> None:
    """A day beside a month's name, or day and month in figures."""
    assert dates(tokens(text)) == days


def test_months_and_weekdays_are_known_by_their_beginnings() -> None:
    """Inflected and shortened names count; words that merely begin alike do not."""
    assert (month_of("września"), month_of("août"), month_of("Sept")) == (9, 8, 9)
    assert month_of("Maschinenfabrik") is None
    assert (weekday_of("среду"), weekday_of("Donnerstagabend"), weekday_of("vendredi")) == (2, 3, 4)
    assert weekday_of("Friedrich") is None
