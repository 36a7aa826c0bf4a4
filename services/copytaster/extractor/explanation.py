"""The values of an explanation, apart from the code that makes it: who only shows one need not load the extraction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BODY: Final = "body"
LEFT: Final = "left"
"""`verdict` of what stands in no field of the story."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A block of the page: its text, where it went (`body`, `headline`, `lead`, `caption`, `left`), and why."""

    text: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`facts` name what decided for the page as a whole; `dropped` is the code and detail if it is no story."""

    facts: dict[str, str]
    verdicts: tuple[Verdict, ...]
    dropped: tuple[str, str] | None
