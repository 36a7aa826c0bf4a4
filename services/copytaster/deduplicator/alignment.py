"""Which sentences and passages of two stories say the same, word for word or nearly.

Order does not count: editors move paragraphs. A sentence's partner is the one of the other story that shares most of its weighted
terms. Everything is counted in integers; ties go to the earlier sentence. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from copytaster.deduplicator.features import Features, Sentence


@dataclass(frozen=True, slots=True)
class Match:
    """The best partner of one sentence: its place in the other story (-1: none) and the share of the terms found there."""

    partner: int
    share_milli: int
    weight: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch that both texts have word for word, code points into the two bodies."""

    a_begin: int
    a_end: int
    b_begin: int
    b_end: int


def best_matches(a: Features, b: Features, *, cross: bool) -> list[Match]:
    """For every sentence of a its best partner in b.

    Within one language stems and numbers are compared, across languages the forms that survive translation. The share is
    measured against the sentence of a, so a long partner does not lower it; `weight` is what the sentence has to say.
    """
    holders: dict[int, list[int]] = {}
    for place, sentence in enumerate(b.sentences):
        for key in _terms(sentence, cross):
            holders.setdefault(key, []).append(place)
    return [_best(_terms(sentence, cross), holders, a.weights) for sentence in a.sentences]


def _terms(sentence: Sentence, cross: bool) -> frozenset[int]:
    return sentence.forms if cross else sentence.stems


def _best(terms: frozenset[int], holders: dict[int, list[int]], weights: dict[int, int]) -> Match:
    total = 0
    shared: dict[int, int] = {}
    for key in terms:
        weight = weights[key]
        total += weight
        for place in holders.get(key, ()):
            shared[place] = shared.get(place, 0) + weight
    if not shared or not total:
        return Match(-1, 0, total)
    partner = min(shared, key=lambda place: (-shared[place], place))
    return Match(partner, 1000 * shared[partner] // total, total)


def covered_milli(a: Features, b: Features) -> int:
    """Thousandths of a's body (by its passage shingles) that b has word for word."""
    if not a.passages:
        return 0
    reach = b.shingle_keys
    covered = 0
    upto = 0
    total = 0
    seen = 0
    for key, begin, end in a.passages:
        total += end - max(begin, seen)
        seen = end
        if key in reach:
            covered += end - max(begin, upto) if end > upto else 0
            upto = end
    return 1000 * covered // total if total else 0


def passages(a: Features, b: Features) -> list[Passage]:
    """The stretches that both bodies have word for word, in a's order, joined where they continue in both."""
    places: dict[int, tuple[int, int]] = {}
    for key, begin, end in b.passages:
        places.setdefault(key, (begin, end))
    found: list[Passage] = []
    for key, begin, end in a.passages:
        other = places.get(key)
        if other is None:
            continue
        last = found[-1] if found else None
        if last and last.a_begin <= begin <= last.a_end and last.b_begin <= other[0] <= last.b_end:
            found[-1] = Passage(last.a_begin, end, last.b_begin, max(last.b_end, other[1]))
        else:
            found.append(Passage(begin, end, *other))
    return found


def share_of(places: Sequence[int], matches: Sequence[Match]) -> int:
    """The weighted mean, in thousandths, of how much of the sentences at these places the other story has."""
    total = sum(matches[place].weight for place in places)
    return (
        sum(matches[place].share_milli * matches[place].weight for place in places) // total if total else 0
    )
