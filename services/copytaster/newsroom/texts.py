"""How a copy is written down: as references to the paragraphs of its source, its own paragraphs, and edits.

A copy in `content/points/*.toml` says what a sub-editor did: which paragraphs were kept (`{2}`, `{1-3}`), what was
changed (`edits`), what was added. A paragraph of another article, `{article-id:5}`, is background repeated word for
word. Inline there are `{date}`, `{weekday}`, `{weekday+2}`, `{Weekday}` and `{url:article-id}`, filled in when a page
is rendered. Pure functions over strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from copytaster.newsroom import almanac

_BLOCK: Final = re.compile(r"\{(?:(?P<article>[a-z][a-z0-9.-]*):)?(?P<first>\d+)(?:-(?P<last>\d+))?\}")
_DAY: Final = re.compile(r"\{(?P<word>date|weekday|Weekday)(?P<shift>[+-]\d+)?\}")
_URL: Final = re.compile(r"\{url:(?P<article>[a-z][a-z0-9.-]*)\}")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; `background` says that it stands word for word in another news point too."""

    text: str
    background: bool = False


def split_paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text in which empty lines part them."""
    return tuple(block.strip() for block in re.split(r"\n\s*\n", text.strip()) if block.strip())


def expand(
    blocks: Sequence[str],
    source: Sequence[Paragraph],
    other: Callable[[str], Sequence[Paragraph]],
) -> tuple[Paragraph, ...]:
    """`blocks` with each reference replaced by what it names.

    `source` holds the paragraphs of the article this one derives from; `other(article_id)` those of any other article,
    whose paragraphs come back marked as background. Raises ValueError for a paragraph that is not there.
    """
    paragraphs: list[Paragraph] = []
    for block in blocks:
        reference = _BLOCK.fullmatch(block)
        if reference is None:
            paragraphs.append(Paragraph(block))
        elif reference["article"]:
            paragraphs += [Paragraph(one.text, True) for one in _cut(other(reference["article"]), reference)]
        else:
            paragraphs += _cut(source, reference)
    return tuple(paragraphs)


def _cut(paragraphs: Sequence[Paragraph], reference: re.Match[str]) -> Sequence[Paragraph]:
    first = int(reference["first"])
    last = int(reference["last"] or first)
    if not 1 <= first <= last <= len(paragraphs):
        raise ValueError(
            f"{reference[0]} names a paragraph that is not among the {len(paragraphs)} of its source"
        )
    return paragraphs[first - 1 : last]


def apply_edits(text: Sequence[str], edits: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """`text` after all (old, new) replacements; ValueError for an edit that finds nothing to change."""
    lines = list(text)
    for old, new in edits:
        if not any(old in line for line in lines):
            raise ValueError(f"an edit finds nothing to change: {old!r}")
        lines = [line.replace(old, new) for line in lines]
    return tuple(lines)


def fill_in(text: str, *, language: str, day: datetime, url_of: Callable[[str], str]) -> str:
    """`text` with its dates and addresses; `day` is the day of the news point in the zone its texts count in."""

    def date(found: re.Match[str]) -> str:
        moment = day + timedelta(days=int(found["shift"] or 0))
        if found["word"] == "date":
            return almanac.dateline(moment, language)
        name = almanac.weekday(moment, language)
        return name[0].upper() + name[1:] if found["word"] == "Weekday" else name

    return _URL.sub(lambda found: url_of(found["article"]), _DAY.sub(date, text))
