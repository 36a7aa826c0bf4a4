from __future__ import annotations

import json
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from copytaster.text.agencies import agencies, agency_of_domain, find_mentions


def read(name: str) -> dict[str, object]:
    """A data file of the package."""
    value: dict[str, object] = json.loads(files("copytaster.text").joinpath(name).read_text(encoding="utf-8"))
    return value


def test_the_list_keeps_its_schema() -> None:
    """Contributors' lines are checked against the schema beside the list."""
    Draft202012Validator(read("agencies.schema.json")).validate(read("agencies.json"))


def test_no_two_agencies_share_a_key_or_a_name() -> None:
    """A spelling leads to one agency, or a credit would be a coin toss."""
    names = [name for agency in agencies().values() for name in (*agency.aliases, *agency.ambiguous)]
    rows = read("agencies.json")["agencies"]

    assert len(set(names)) == len(names)
    assert len(agencies()) == len(rows)  # type: ignore[arg-type]


MENTIONS = {
    "plain": ("Das meldete Reuters.", ["Reuters"]),
    "the longest name wins": ("dpa-AFX meldete", ["dpa-AFX"]),
    "Ukrainian sister": ("повідомляє Інтерфакс-Україна", ["Interfax-Ukraine"]),
    "case endings": ("сказал он Интерфаксу", ["Interfax"]),
    "Turkish suffix": ("AFP'ye göre", ["AFP"]),
    "German compound": ("mit dpa-Material", ["dpa"]),
    "Chinese": ("据路透社报道", ["Reuters"]),
    "Japanese with Latin letters": ("AFP通信によると", ["AFP"]),
    "Arabic": ("قالت رويترز", ["Reuters"]),
    "capitals": ("REUTERS", ["Reuters"]),
    "an address is no name": ("www.reuters.com und dpa.de", []),
    "a mail address is no name": ("desk@reuters.example", []),
    "part of a word is no name": ("Adpact und APfel", []),
    "a motorway is no name": ("auf der AP-7", []),
    "a hashtag is no name": ("#AFP", []),
}


@pytest.mark.parametrize(("text", "keys"), MENTIONS.values(), ids=MENTIONS.keys())
def test_names_are_found_in_all_scripts_and_nothing_else(text: str, keys: list[str]) -> None:
    """Names stand alone, inflected or in any script; parts of words and addresses do not count."""
    assert [mention.agency for mention in find_mentions(text)] == keys


def test_spans_are_code_points() -> None:
    """Offsets count code points, also behind an astral character."""
    text = "😀 Reuters"
    mention = find_mentions(text)[0]

    assert text[mention.begin : mention.end] == "Reuters"


def test_ambiguous_names_are_not_sure() -> None:
    """AP, PA and SID are also other words."""
    assert [m.sure for m in find_mentions("AP PA SID Reuters")] == [False, False, False, True]


@pytest.mark.parametrize(
    ("host", "key"),
    [("www.reuters.com", "Reuters"), ("tass.ru:443", "TASS"), ("notreuters.com", None), ("com", None)],
)
def test_a_domain_leads_to_its_agency(host: str, key: str | None) -> None:
    """Subdomains count, look-alikes do not."""
    assert agency_of_domain(host) == key
