"""Twins: stories with the very same words. One of them, the head, stands for all when pairs are scored and groups are formed.

Two thousand reprints of one report are one text: scoring every two of them would say the same two million times. The head is the
twin with the least hash of its id, so it seldom changes, whatever the order in which the twins come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from xxhash import xxh3_64_hexdigest

from copytaster.deduplicator.candidates import bucket_order
from copytaster.deduplicator.record import StoryRecord

LEAST_WORDS: Final = 40
"""A shorter text may be a form letter (a page of error, a table of numbers) and is compared as any other. The length is that of a
short agency report; nothing but speed depends on it."""


def text_key(record: StoryRecord) -> str:
    """16 hexadecimal digits that are equal for equal words in title, lead and text; empty for a text that is too short."""
    marked = sorted(record.furniture)
    words = f"{record.lead} {_without(record.text, marked)}".casefold().split()
    if len(words) < LEAST_WORDS:
        return ""
    headline = " ".join(record.title.casefold().split())
    return xxh3_64_hexdigest("\n".join((record.language or "", headline, " ".join(words))).encode())


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text without its furniture, which differs from outlet to outlet."""
    parts, at = [], 0
    for begin, end in spans:
        parts.append(text[at:begin])
        at = max(at, end)
    return " ".join((*parts, text[at:]))


def heads(keys: Mapping[str, str]) -> dict[str, str]:
    """The head of every story, given the text key of each; a story without a twin, or without a key, is its own."""
    best: dict[str, str] = {}
    for story, key in keys.items():
        if key and (key not in best or bucket_order(story) < bucket_order(best[key])):
            best[key] = story
    return {story: best.get(key, story) for story, key in keys.items()}


@dataclass(frozen=True, slots=True)
class Twins:
    """The twins of a neighbourhood: `head_of` names the head of every story that is not one."""

    head_of: Mapping[str, str]

    def head(self, story: str) -> str:
        """The story that stands for `story`."""
        return self.head_of.get(story, story)

    def spread(self, parts: Iterable[frozenset[str]]) -> list[frozenset[str]]:
        """The parts with the twins of every head in them, in the order of their least names."""
        followers: dict[str, set[str]] = {}
        for story, head in self.head_of.items():
            followers.setdefault(head, set()).add(story)
        grown = [part.union(*(followers.get(story, ()) for story in part)) for part in parts]
        return sorted(grown, key=min)
