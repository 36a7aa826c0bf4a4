"""Stories out of a made-up language of news: originals, and what outlets make of them. Deterministic; nothing in them is anybody's.

Words, names and numbers are drawn with the frequencies of Zipf's law, so that rare and common ones are mixed as in real texts. Three of
ten stories are made from another one: word for word, edited, or an excerpt.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

SYLLABLES: Final = [
    "ba",
    "de",
    "fi",
    "go",
    "hu",
    "ka",
    "le",
    "mi",
    "no",
    "pu",
    "ra",
    "se",
    "ti",
    "vo",
    "wu",
    "za",
    "bre",
    "dro",
    "fle",
    "gri",
    "klo",
    "pra",
    "sta",
    "tru",
]
WORDS: Final = 6_000
NAMES: Final = 4_000
SENTENCES: Final = (9, 22)
"""Sentences of a story: 150 to 450 words, as agencies write."""

DERIVED_SHARE: Final = 0.3
"""Stories made from another one, of all: the share of reprints that research/linking.md expects of a mixed list of feeds."""

WINDOW_MS: Final = 14 * 86_400_000
START_MS: Final = 1_767_225_600_000
"""2026-01-01T00:00Z, when the first story of the window appears."""


@dataclass(frozen=True, slots=True)
class Text:
    """One story: `source` is the number of the one it was made from, `kind` original, verbatim, edited or excerpt."""

    number: int
    title: str
    text: str
    outlet: str
    published_ms: int
    kind: str = "original"
    source: int | None = None


class Language:
    """A vocabulary from one seed, and the sentences drawn from it."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        self._words = [_word(draw, 1, 3) for _ in range(WORDS)]
        self._names = [_word(draw, 2, 4).capitalize() for _ in range(NAMES)]
        self._word_weights = list(accumulate(1 / (rank + 3) for rank in range(WORDS)))
        self._name_weights = list(accumulate(1 / (rank + 30) for rank in range(NAMES)))

    def stories(self, count: int, seed: int, *, first: int = 0) -> Iterator[Text]:
        """`count` stories in the order of their publication, spread over the window."""
        draw = random.Random(seed)
        told: list[Text] = []
        for number in range(first, first + count):
            moment = START_MS + (number - first) * WINDOW_MS // count
            outlet = f"outlet{draw.randrange(500)}.example"
            if told and draw.random() < DERIVED_SHARE:
                source = told[-1 - draw.randrange(min(len(told), 400))]
                text = _derived(source, number, outlet, moment, draw)
            else:
                cast = draw.choices(self._names, cum_weights=self._name_weights, k=7)
                sentences = [self._sentence(draw, cast) for _ in range(draw.randint(*SENTENCES))]
                title = self._sentence(draw, cast).rstrip(".")
                text = Text(number, title, _paragraphs(sentences), outlet, moment)
            told.append(text)
            yield text

    def _sentence(self, draw: random.Random, cast: list[str]) -> str:
        words = draw.choices(self._words, cum_weights=self._word_weights, k=draw.randint(9, 22))
        for _ in range(2):
            words[draw.randrange(1, len(words))] = draw.choice(cast)
        if draw.random() < 0.3:
            words[draw.randrange(1, len(words))] = str(draw.randint(2, 4_000))
        return " ".join(words).capitalize() + "."


def _word(draw: random.Random, least: int, most: int) -> str:
    return "".join(draw.choices(SYLLABLES, k=draw.randint(least, most)))


def _paragraphs(sentences: list[str]) -> str:
    return "\n".join(" ".join(sentences[at : at + 3]) for at in range(0, len(sentences), 3))


def _derived(source: Text, number: int, outlet: str, moment: int, draw: random.Random) -> Text:
    kind = draw.choice(("verbatim", "edited", "excerpt"))
    sentences = [part.strip() + "." for part in source.text.replace("\n", " ").split(".") if part.strip()]
    if kind == "edited":
        kept = [sentence for sentence in sentences if draw.random() > 0.15] or sentences
        sentences = [_edited(sentence, draw) for sentence in kept]
    elif kind == "excerpt":
        sentences = sentences[: max(3, len(sentences) // 3)]
    text = source.text if kind == "verbatim" else _paragraphs(sentences)
    return Text(number, source.title, text, outlet, moment, kind, source.number)


def _edited(sentence: str, draw: random.Random) -> str:
    words = sentence.split()
    if len(words) > 4 and draw.random() < 0.4:
        del words[draw.randrange(1, len(words) - 1)]
    return " ".join(words)
