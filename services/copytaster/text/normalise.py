"""Words of a text with their places, and the folded forms in which two texts are compared.

Places are code points of the text as it was given: nothing is changed before it is cut, so every span found later can be shown
in the story. This module does not know sentences, names or numbers; it cuts and folds.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from anyascii import anyascii

from copytaster.text.scripts import UNSPACED_CLASS

# A folded word keeps this many letters as its stem: German, Russian and Turkish endings fall away, most stems stay whole
# (the six letters of the first prototype, research/linking.md).
STEM_CHARS = 6

# A number with its inner separators; digits grouped by thin or plain spaces count as one only in groups of three.
_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,:/]\d+)*"
_TOKEN = re.compile(rf"{_NUMBER}|[{UNSPACED_CLASS}]|[^\W\d_{UNSPACED_CLASS}]+")

_SPACES = re.compile(r"\s+")


class Token(NamedTuple):
    """A word, a number, or one character of a script without spaces."""

    begin: int
    end: int
    word: str


def tokens(text: str, begin: int = 0, end: int | None = None) -> list[Token]:
    """The words, numbers and unspaced characters of `text[begin:end]` in order, placed in code points of the whole text."""
    stop = len(text) if end is None else end
    return [Token(match.start(), match.end(), match.group()) for match in _TOKEN.finditer(text, begin, stop)]


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """The word in one spelling: compatibility forms unified, case folded (marks stay, for `resume` is not `résumé`)."""
    return unicodedata.normalize("NFKC", word).casefold()


@lru_cache(maxsize=1 << 16)
def latin(word: str) -> str:
    """The word in lower-case Latin letters and digits, whatever its script; empty when nothing of it can be spelled so."""
    folded = word.casefold()
    spelled = folded if folded.isascii() else anyascii(folded).lower()
    return "".join(char for char in spelled if char.isalnum())


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The first letters of the word's Latin spelling (`STEM_CHARS` of them): what its inflected forms have in common."""
    return latin(word)[:STEM_CHARS]


def squash(text: str) -> str:
    """The text with folded letters and single spaces: two texts are the same to a reader when these are equal."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()
