"""What recurs over the pages of one outlet, learned as its pages come in: which sentences of a story are furniture. Pure.

The table of an outlet knows each sentence by a hash, and of a new sentence the headings of the articles that showed it. Once
`text.furniture.MIN_PAGES` articles with different headings have shown it, it is furniture. `copytaster link` learns the same from
a whole file at once (`text.furniture.learn`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Final

from copytaster.text.furniture import MIN_PAGES, chrome, heading_words, keyed_sentences, merged
from copytaster_schemas.story import FurnitureSpan

SLICE_DAYS: Final = 7
"""A table is for one week, and the one of the week before is read, too: what an outlet no longer prints is forgotten."""

MAX_TABLE_SENTENCES: Final = 20_000
"""New sentences are no longer added to a fuller table: about a thousand articles, some 1.5 MB. What recurs is in by then."""

MAX_SENTENCES: Final = 400
"""Of one story; a longer one is a transcript, and its furniture stands at its ends anyway."""

KNOWN: Final = b"\x00"
"""The value of a sentence that is furniture; else its headings, each a length and so many two-byte hashes of words."""

MAX_HEADING_WORDS: Final = 12

Words = frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Memory:
    """What the tables hold of a story's sentences, this week's table first; `full` if it takes no new ones."""

    this_week: Mapping[bytes, bytes]
    last_week: Mapping[bytes, bytes]
    full: bool = False


@dataclass(frozen=True, slots=True)
class Learned:
    """`spans` of the story's text that are furniture, and the `rows` to be written to this week's table."""

    spans: tuple[FurnitureSpan, ...] = ()
    rows: Mapping[bytes, bytes] = field(default_factory=dict)


def slice_of(now: datetime) -> int:
    """The number of the week since 1970."""
    return int(now.timestamp()) // (SLICE_DAYS * 86_400)


def table_name(site: str) -> str:
    """The outlet's part of a table's key: its site, or a hash of it where it is no plain host."""
    plain = site.isascii() and len(site) <= 80 and all(char.isalnum() or char in ".-" for char in site)
    return site if plain and site else blake2b(site.encode(), digest_size=8).hexdigest()


def sentence_keys(text: str) -> list[tuple[int, int, bytes]]:
    """The first and last sentences of a text: begin, end, key."""
    found = keyed_sentences(text)
    half = MAX_SENTENCES // 2
    return found if len(found) <= MAX_SENTENCES else found[:half] + found[-half:]


def learn_story(
    text: str, title: str | None, keyed: Sequence[tuple[int, int, bytes]], memory: Memory
) -> Learned:
    """The marks of one story, and what its outlet's table learns from it."""
    heading = _heading(title or "", text)
    known: set[bytes] = set()
    rows: dict[bytes, bytes] = {}
    for _, _, key in keyed:
        value = memory.this_week.get(key)
        before = value if value is not None else memory.last_week.get(key)
        after = _shown(before, heading)
        if after == KNOWN:
            known.add(key)
        if after != value and (value is not None or not memory.full or after == KNOWN):
            rows[key] = after
    return Learned(tuple(_spans(text, keyed, known)), rows)


def _shown(before: bytes | None, heading: Words) -> bytes:
    """A sentence's row after an article with `heading` has shown it."""
    if before == KNOWN:
        return KNOWN
    headings = _unpacked(before or b"")
    # An article and its update have most words of their headings in common.
    if all(2 * len(heading & other) <= max(len(heading), 1) for other in headings):
        headings.append(heading)
    return KNOWN if len(headings) >= MIN_PAGES else b"".join(map(_packed, headings))


def _spans(text: str, keyed: Sequence[tuple[int, int, bytes]], known: set[bytes]) -> Iterator[FurnitureSpan]:
    recurring = [(begin, end) for begin, end, key in keyed if key in known]
    by_words = set(chrome(text))
    for begin, end in merged([*recurring, *by_words]):
        kind = "recurring" if any(begin <= first < end for first, _ in recurring) else "page"
        yield FurnitureSpan(begin=begin, end=end, kind=kind)


def _heading(title: str, text: str) -> Words:
    words = sorted(heading_words(title, text))[:MAX_HEADING_WORDS]
    return frozenset(blake2b(word.encode(), digest_size=2).digest() for word in words)


def _packed(heading: Words) -> bytes:
    return bytes([len(heading)]) + b"".join(sorted(heading))


def _unpacked(row: bytes) -> list[Words]:
    headings: list[Words] = []
    place = 0
    while place < len(row):
        end = place + 1 + 2 * row[place]
        headings.append(frozenset(row[at : at + 2] for at in range(place + 1, end, 2)))
        place = end
    return headings
