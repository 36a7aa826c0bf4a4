"""What is computed once of a story: its sentences with their terms, its passages and its fingerprints.

Everything later (candidates, pair evidence, decision) works on these features. Furniture is taken out first, so nothing that
recurs over an outlet's pages can speak for a link. Offsets are code points of the record's `text`. No I/O, no floats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from xxhash import xxh3_64_intdigest

from copytaster.deduplicator.policy import Policy, Rarity, term_key
from copytaster.deduplicator.record import StoryRecord
from copytaster.deduplicator.vectors import SentenceVectors, unpack
from copytaster.text.furniture import chrome, merged
from copytaster.text.names import is_capitalised, skeleton
from copytaster.text.normalise import Token, fold, stem, tokens
from copytaster.text.numbers import dates, number_key, weekday_of
from copytaster.text.scripts import UNSPACED_RANGES, unspaced_share_milli
from copytaster.text.sentences import sentences
from copytaster.text.states import state_of

SHINGLE_WORDS: Final = 5
"""Words of a passage shingle: the measure by which `copies_and_traps` was found (data README); 3 joins stock phrases."""

SHINGLE_CHARS: Final = 9
"""Characters of a shingle in scripts without spaces: about five words of Chinese."""

WINNOW_WINDOW: Final = 4
"""One fingerprint out of every 4 neighbouring shingles (winnowing, Schleimer et al. 2003): a shared passage of 8 words or more
always shares one."""

OPENING_SENTENCES: Final = 2
"""Sentences of the body that, with headline and standfirst, tell the news point; the rest is background (design 1, words)."""

MIN_OPENING_WORDS: Final = 5
"""A shorter first sentence is a dateline, a label or a credit, not a lede."""

MAX_VECTORS: Final = 24
"""Sentences of a story that get a vector: 1.5 KiB; with 16 the links between long texts suffer, with 32 nothing is won (0029)."""

MAX_WORDS: Final = 6_000
"""Words read of a text: ten times a long report. Beyond lie transcripts and lists, and the cost has to stay bounded."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of headline, standfirst or body with the keys of its terms."""

    field: str
    begin: int
    end: int
    words: int
    stems: frozenset[int]
    forms: frozenset[int]
    days: frozenset[str]
    weekdays: frozenset[int]
    states: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """A record with all that comparing needs; `weights` holds the rarity of every key in use."""

    record: StoryRecord
    sentences: tuple[Sentence, ...]
    opening: tuple[int, ...]
    passages: tuple[tuple[int, int, int], ...]
    content_words: int
    fingerprints: tuple[int, ...]
    names: dict[int, str]
    numbers: dict[int, str]
    weights: dict[int, int]
    known_language: bool
    shingle_keys: frozenset[int]
    vectors: SentenceVectors | None


def features(record: StoryRecord, policy: Policy) -> Features:
    """The features of a record under a policy; equal records give equal features on any machine."""
    furniture = merged((*record.furniture, *chrome(record.text)))
    reader = _Reader(policy.rarity)
    found = [*reader.read("title", record.title, ()), *reader.read("lead", record.lead, ())]
    found += reader.read("text", record.text, furniture)
    unspaced = unspaced_share_milli(record.text) > 300
    passages = _passages(reader.words["text"], unspaced)
    standfirst = _passages(reader.words["lead"], unspaced)
    return Features(
        record=record,
        sentences=tuple(found),
        opening=_opening(found),
        passages=tuple(passages),
        content_words=len(reader.words["text"]),
        fingerprints=winnow([key for key, _, _ in passages]),
        names=reader.names,
        numbers=reader.numbers,
        weights=reader.weights,
        known_language=record.language in policy.languages,
        shingle_keys=frozenset(key for key, _, _ in (*passages, *standfirst)),
        vectors=_vectors(record, len(found), policy),
    )


def with_record(story: Features, record: StoryRecord, policy: Policy) -> Features:
    """The features of the same text after its record got sentence vectors."""
    return replace(story, record=record, vectors=_vectors(record, len(story.sentences), policy))


def _vectors(record: StoryRecord, sentences: int, policy: Policy) -> SentenceVectors | None:
    """The record's vectors, or None when they are of another encoder or of sentences that are cut differently today."""
    if not record.vectors or record.encoder != policy.projection.encoder:
        return None
    found = unpack(record.vectors)
    return found if len(found) == min(sentences, MAX_VECTORS) else None


class _Reader:
    """Reads the fields of one record and gathers words, names, numbers and the rarity of every key met."""

    def __init__(self, rarity: Rarity) -> None:
        self._rarity = rarity
        self.words: dict[str, list[Token]] = {"title": [], "lead": [], "text": []}
        self.names: dict[int, str] = {}
        self.numbers: dict[int, str] = {}
        self.weights: dict[int, int] = {}

    def read(self, field: str, text: str, furniture: Sequence[tuple[int, int]]) -> list[Sentence]:
        found = []
        for begin, end in sentences(text):
            if len(self.words[field]) > MAX_WORDS:
                break
            if not _is_covered(begin, end, furniture):
                sentence = self._sentence(field, text, begin, end)
                if sentence is not None:
                    found.append(sentence)
        return found

    def _sentence(self, field: str, text: str, begin: int, end: int) -> Sentence | None:
        words = tokens(text, begin, end)
        if not words:
            return None
        stems: set[int] = set()
        forms: set[int] = set()
        previous = ""
        for place, token in enumerate(words):
            if token.word[0].isdecimal():
                key = self._number(token.word)
                stems.add(key)
                forms.add(key)
            elif _is_unspaced_char(token.word):
                if previous:
                    stems.add(self._weigh(_stem_key(previous + token.word)))
                previous = token.word
                continue
            else:
                self._word(token.word, place, stems, forms)
            previous = ""
        self.words[field] += words
        weekdays = {day for token in words if (day := weekday_of(token.word)) is not None}
        return Sentence(
            field,
            begin,
            end,
            len(words),
            frozenset(stems),
            frozenset(forms),
            frozenset(dates(words)),
            frozenset(weekdays),
            frozenset(state for token in words if (state := state_of(token.word)) is not None),
        )

    def _word(self, word: str, place: int, stems: set[int], forms: set[int]) -> None:
        stem_key, form_key = _word_keys(word)
        stems.add(self._weigh(stem_key))
        if form_key:
            forms.add(self._weigh(form_key))
            if is_capitalised(word) and (place or not word[1:].islower()):
                self.names.setdefault(form_key, word)

    def _number(self, written: str) -> int:
        number, key = _number_keys(written)
        self.numbers.setdefault(key, number)
        return self._weigh(key)

    def _weigh(self, key: int) -> int:
        if key not in self.weights:
            self.weights[key] = self._rarity.of(key)
        return key


@lru_cache(maxsize=1 << 17)
def _word_keys(word: str) -> tuple[int, int]:
    form = skeleton(word) if len(word) >= 4 or word.isupper() else ""
    return _stem_key(word), term_key("n", form) if form else 0


@lru_cache(maxsize=1 << 17)
def _stem_key(word: str) -> int:
    return term_key("s", stem(word) or fold(word))


@lru_cache(maxsize=1 << 14)
def _number_keys(written: str) -> tuple[str, int]:
    number = number_key(written)
    return number, term_key("d", number)


def _is_unspaced_char(word: str) -> bool:
    return len(word) == 1 and any(first <= ord(word) <= last for first, last in UNSPACED_RANGES)


def _is_covered(begin: int, end: int, furniture: Sequence[tuple[int, int]]) -> bool:
    covered = sum(max(0, min(end, last) - max(begin, first)) for first, last in furniture)
    return 2 * covered > end - begin


def _opening(found: Sequence[Sentence]) -> tuple[int, ...]:
    """Places of headline, standfirst and lede; a body that starts with a short line has that line as its headline."""
    heads = [place for place, sentence in enumerate(found) if sentence.field != "text"]
    body = [place for place, sentence in enumerate(found) if sentence.field == "text"]
    wanted = OPENING_SENTENCES if heads else OPENING_SENTENCES + 1
    lede = [place for place in body if found[place].words >= MIN_OPENING_WORDS][:wanted]
    return tuple(heads[:3] + (lede or body[:wanted]))


def _passages(words: Sequence[Token], unspaced: bool) -> list[tuple[int, int, int]]:
    """Hash, begin and end (code points) of every run of `SHINGLE_WORDS` words; of the whole when the text is shorter."""
    size = SHINGLE_CHARS if unspaced else SHINGLE_WORDS
    folded = [fold(token.word).encode() for token in words]
    if 0 < len(folded) < size:
        size = len(folded)
    return [
        (
            xxh3_64_intdigest(b" ".join(folded[at : at + size])),
            words[at].begin,
            words[at + size - 1].end,
        )
        for at in range(len(folded) - size + 1 if folded else 0)
    ]


def winnow(hashes: Sequence[int]) -> tuple[int, ...]:
    """The least hash of every window of `WINNOW_WINDOW` neighbours, without repeats, in order of place."""
    kept: dict[int, None] = {}
    for at in range(max(1, len(hashes) - WINNOW_WINDOW + 1)):
        window = hashes[at : at + WINNOW_WINDOW]
        if window:
            kept[min(window)] = None
    return tuple(kept)


def total_weight(keys: Iterable[int], weights: dict[int, int]) -> int:
    """The sum of the rarities of the keys."""
    return sum(weights[key] for key in keys)
