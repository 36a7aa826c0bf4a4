"""Versions of a story: what makes two fetches the same text, and what is said of the story after another fetch. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

HASH_VERSION: Final = "1"
"""Stands first in every hash. A change of the normalisation below needs a new one, and makes every story `revised` once."""

PUBLISHED: Final = "published"
REVISED: Final = "revised"
UNCHANGED: Final = "unchanged"
WITHDRAWN: Final = "withdrawn"


@dataclass(frozen=True, slots=True)
class StoryState:
    """What is kept of a story's latest version; `withdrawn` after a 404 or 410 on a later fetch."""

    text_hash: str
    version: int
    withdrawn: bool = False
    scope: str = ""
    """`full` or `teaser`; empty where it was not kept."""


def text_hash(title: str | None, lead: str | None, text: str) -> str:
    """`1-` and 32 hexadecimal digits over headline, lead and body.

    Letters and digits count, and paragraphs; case, punctuation, spaces and soft hyphens do not, nor do captions, authors,
    dates, credits outside the text and all metadata: they change without the news changing.
    """
    parts = (title or "", lead or "", *text.split("\n"))
    text_only = "\n".join(filter(None, map(folded, parts)))
    return f"{HASH_VERSION}-{hashlib.blake2b(text_only.encode(), digest_size=16).hexdigest()}"


def decide(previous: StoryState | None, new_hash: str) -> str:
    """`published` for a new story, `revised` where the text changed or a withdrawn story is back, else `unchanged`."""
    if previous is None:
        return PUBLISHED
    return UNCHANGED if previous.text_hash == new_hash and not previous.withdrawn else REVISED


def folded(text: str) -> str:
    """The letters and digits of `text` in one case, words parted by single spaces."""
    return (
        re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).replace("\u00ad", "")).casefold().strip()
    )
