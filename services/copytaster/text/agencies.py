"""Where a text names a news agency: the agency list, and every mention of its names with exact spans.

A mention is only a name; whether it is a credit, and in which role, is decided in `copytaster.text.credits`. The list
is data (`agencies.json`, described by `agencies.schema.json`).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final


@dataclass(frozen=True, slots=True)
class Agency:
    """One row of the agency list. `ambiguous` names also mean something else and never count alone."""

    key: str
    country: str
    kind: str
    domains: tuple[str, ...]
    aliases: tuple[str, ...]
    ambiguous: tuple[str, ...]
    wikidata: str | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A name of an agency at code points `begin` to `end`.

    `sure` is false for ambiguous or odd-cased names, `exact` for odd-cased ones (`App` for APP).
    """

    agency: str
    begin: int
    end: int
    sure: bool
    exact: bool = True


@lru_cache(maxsize=1)
def agencies() -> dict[str, Agency]:
    """The agency list by key, in file order."""
    raw = json.loads(files("copytaster.text").joinpath("agencies.json").read_text(encoding="utf-8"))
    rows = (
        Agency(
            **{
                **row,
                **{name: tuple(row[name]) for name in ("domains", "aliases", "ambiguous")},
            }
        )
        for row in raw["agencies"]
    )
    return {agency.key: agency for agency in rows}


def agency_of_domain(host: str) -> str | None:
    """The agency that publishes under `host` or a parent domain of it, or None."""
    by_domain = _domains()
    labels = host.lower().partition(":")[0].split(".")
    return next(
        (by_domain[d] for i in range(len(labels) - 1) if (d := ".".join(labels[i:])) in by_domain), None
    )


def may_name_agency(text: str) -> bool:
    """Whether `find_mentions` may find anything: a look at the set of words, a tenth of its cost."""
    return (
        not _index().keys().isdisjoint(map(str.casefold, _WORD.findall(text)))
        or _UNSPACED.search(text) is not None
    )


def find_mentions(text: str) -> list[Mention]:
    """All mentions in order of appearance, the longest where several begin at one place. Linear in the text."""
    found: list[Mention] = []
    index, done = _index(), 0
    if not may_name_agency(text):
        return []
    for word in _WORD.finditer(text):
        if word.start() < done:
            continue
        names = index.get(word[0].casefold())
        if names is None:
            continue
        starts = ((word.start() - name.article, name) for name in names)
        matches = [m for begin, name in starts if begin >= done and (m := _match(text, begin, name))]
        # `Tass` is listed beside `TASS`: of equally long names the one that is spelled as printed.
        mention = max(matches, key=lambda m: (m.end, m.sure, m.exact, -m.begin), default=None)
        if mention is not None:
            found.append(mention)
            done = mention.end
    # `AFP通信` is found both ways; the longer name counts.
    found += _unspaced_mentions(text)
    return _without_overlaps(found)


@dataclass(frozen=True, slots=True)
class _Name:
    """One spelling; `article` is how many characters of it stand before the word it is looked up by."""

    agency: str
    spelling: str
    sure: bool
    article: int


_UNSPACED_CHARS: Final = "\u0590-\u06ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_UNSPACED: Final = re.compile(f"[{_UNSPACED_CHARS}]")
"""Scripts that glue particles to a name or do not part words (Hebrew, Arabic, Kana, Han, Hangul): names in them are
matched as substrings, and their letters end a Latin name (`AFP通信`)."""
_WORD: Final = re.compile(rf"[^\W_{_UNSPACED_CHARS}]+")

_ARTICLE: Final = re.compile(r"(?:The|La|Die|L['’])\s*(?=\w)")
"""`The Associated Press` is looked up by its second word: every English line has a `the`."""

_ENDINGS: Final = ("у", "а", "ом", "е", "ы", "ою", "ів")
"""Case endings of Russian and Ukrainian names: «Интерфаксу», «Рейтером»."""


@lru_cache(maxsize=1)
def _index() -> dict[str, tuple[_Name, ...]]:
    by_first_word: dict[str, list[_Name]] = defaultdict(list)
    for agency in agencies().values():
        for spelling, sure in [(s, True) for s in agency.aliases] + [(s, False) for s in agency.ambiguous]:
            if _UNSPACED.search(spelling):
                continue
            for form in {spelling, *_inflected(spelling)}:
                article = _ARTICLE.match(form)
                first = _WORD.search(form, article.end() if article else 0)
                if first is not None:
                    by_first_word[first[0].casefold()].append(_Name(agency.key, form, sure, first.start()))
    return {word: tuple(names) for word, names in by_first_word.items()}


def _inflected(spelling: str) -> list[str]:
    declinable = re.fullmatch(r"[А-ЯІЇЄЁ][а-яіїєё]{4,}[а-яіїєё]|ИНТЕРФАКС", spelling)
    if declinable is None or spelling[-1] in "оиуэюі":
        return []
    stem = spelling.rstrip("ая")
    return [stem + ending for ending in _ENDINGS]


def _match(text: str, begin: int, name: _Name) -> Mention | None:
    end = begin + len(name.spelling)
    printed = text[begin:end]
    if printed.casefold() != name.spelling.casefold() or not _stands_alone(text, begin, end):
        return None
    # Long names are safe in any case; short ones are words of some language (`sana`, `sid`, `Apa`).
    as_listed = printed == name.spelling or (printed.isupper() and len(printed) > 3) or len(printed) > 9
    if (
        not as_listed
        and len(printed) <= 5
        and not (printed.islower() or printed.isupper() or printed.istitle())
    ):
        return None
    return Mention(name.agency, begin, end, name.sure and as_listed, as_listed)


def _stands_alone(text: str, begin: int, end: int) -> bool:
    before, after = text[max(0, begin - 2) : begin], text[end : end + 2]
    if before[-1:] in {"@", "#", "_", "-"} or re.fullmatch(r"\w\.", before):
        return False
    if (after[:1].isalnum() and not _UNSPACED.match(after)) or after[:1] in {"_", "@"}:
        return False
    if re.fullmatch(r"-\d", after):  # AP-7 is a motorway
        return False
    # `reuters.com`, `dpa.de` are addresses, not names; INTERFAX.RU is listed as a name.
    return re.fullmatch(r"\.[a-z]", after) is None


def _without_overlaps(found: list[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for mention in sorted(found, key=lambda m: (m.begin, -m.end)):
        if not kept or mention.begin >= kept[-1].end:
            kept.append(mention)
    return kept


def _unspaced_mentions(text: str) -> list[Mention]:
    if not _UNSPACED.search(text):
        return []
    pattern, keys = _unspaced_pattern()
    return [Mention(keys[m[0]], m.start(), m.end(), True) for m in pattern.finditer(text)]


@lru_cache(maxsize=1)
def _unspaced_pattern() -> tuple[re.Pattern[str], dict[str, str]]:
    keys = {s: a.key for a in agencies().values() for s in a.aliases if _UNSPACED.search(s)}
    return re.compile("|".join(map(re.escape, sorted(keys, key=len, reverse=True)))), keys


@lru_cache(maxsize=1)
def _domains() -> dict[str, str]:
    return {domain: agency.key for agency in agencies().values() for domain in agency.domains}
