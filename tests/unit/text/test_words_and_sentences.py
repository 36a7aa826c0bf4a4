"""Cutting a text: words with their places, folded forms, sentences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytaster.text.normalise import fold, latin, squash, stem, tokens
from copytaster.text.scripts import is_unspaced, unspaced_share_milli
from copytaster.text.sentences import MAX_SENTENCE_CHARS, sentences

TOKENS = {
    "plain words": ("Der Rat tagt.", ["Der", "Rat", "tagt"]),
    "a number with its decimals": ("um 2,1 Prozent", ["um", "2,1", "Prozent"]),
    "digits grouped by thin spaces": ("10\u202f606\u202f877 Stimmen", ["10\u202f606\u202f877", "Stimmen"]),
    "a year after a number is another number": ("am 3 2024 Menschen", ["am", "3", "2024", "Menschen"]),
    "Chinese one by one": ("市长辞职", ["市", "长", "辞", "职"]),
    "mixed scripts": ("在Wien开会", ["在", "Wien", "开", "会"]),
    "a time": ("um 8:24 Uhr", ["um", "8:24", "Uhr"]),
}

SENTENCES = {
    "two sentences": ("Erster Satz. Zweiter Satz!", ["Erster Satz.", "Zweiter Satz!"]),
    "a day is no end": ("Am 12. Februar kam er.", ["Am 12. Februar kam er."]),
    "a year is an end": ("Das war 2024. Danach kam er.", ["Das war 2024.", "Danach kam er."]),
    "an initial is no end": ("Präsident D. Oster kam. Er blieb.", ["Präsident D. Oster kam.", "Er blieb."]),
    "an abbreviation is no end": ("Kosten von ca. Drei Mrd. Euro.", ["Kosten von ca. Drei Mrd. Euro."]),
    "a quotation keeps its mark": ("„Nein.“ Er ging.", ["„Nein.“", "Er ging."]),
    "lines part sentences": ("Überschrift ohne Punkt\nText.", ["Überschrift ohne Punkt", "Text."]),
    "Chinese stops need no space": ("他走了。她来了。", ["他走了。", "她来了。"]),
    "a small letter goes on": ("Sie sagte z. B. nichts.", ["Sie sagte z. B. nichts."]),
    "nothing": (" \n ", []),
}


@pytest.mark.parametrize(("text", "words"), TOKENS.values(), ids=TOKENS.keys())
def test_a_text_is_cut_into_words(text: str, words: list[str]) -> None:
    """Words, numbers and unspaced characters, each where it stands."""
    found = tokens(text)

    assert [token.word for token in found] == words
    assert [text[token.begin : token.end] for token in found] == words


@pytest.mark.parametrize(("text", "expected"), SENTENCES.values(), ids=SENTENCES.keys())
def test_a_text_is_cut_into_sentences(text: str, expected: list[str]) -> None:
    """News prose is cut at its stops and lines, not at days, initials and abbreviations."""
    assert [text[begin:end] for begin, end in sentences(text)] == expected


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
@settings(max_examples=150, deadline=None)
def test_sentences_lie_in_order_and_hold_all_that_is_not_space(text: str) -> None:
    """Whatever the text, spans rise, do not overlap, and lose nothing but white space."""
    spans = sentences(text)

    ends = [0, *(end for _, end in spans)]
    assert all(before <= begin < end for before, (begin, end) in zip(ends, spans, strict=False))
    assert "".join("".join(text[begin:end].split()) for begin, end in spans) == "".join(text.split())


def test_an_endless_line_is_cut_at_spaces() -> None:
    """A list read as one line does not count as one statement."""
    spans = sentences("wort " * 400)

    assert len(spans) > 2
    assert all(end - begin <= MAX_SENTENCE_CHARS for begin, end in spans)


def test_forms_that_look_alike_fold_alike() -> None:
    """Case and compatibility forms fold; scripts are spelled in Latin letters; a stem is the beginning."""
    assert fold("ＳＴＲＡẞE") == "strasse"
    assert latin("Зеленский") == "zelenskiy"
    assert stem("Verhandlungen") == stem("Verhandlung") == "verhan"
    assert squash(" Ein \n  TEXT ") == "ein text"


def test_scripts_without_spaces_are_known() -> None:
    """Chinese and Thai are, Korean and Russian are not."""
    assert is_unspaced("ข่าว")
    assert not is_unspaced("뉴스 новости")
    assert unspaced_share_milli("市长ab") == 500
    assert unspaced_share_milli("") == 0
