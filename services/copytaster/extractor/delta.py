"""What a revision changed: which parts, and which numbers and names came and went. Pure.

The text before is not kept for it. An outline of it is: digests of the parts, and the numbers and names as printed, for
three days (`keys.OUTLINE_SECONDS`). A revision that comes later has no delta.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from copytaster.extractor.extracted import Extracted
from copytaster.extractor.versions import folded
from copytaster.text.names import is_capitalised
from copytaster.text.normalise import tokens
from copytaster.text.numbers import number_key
from copytaster.text.sentences import sentences
from copytaster_schemas.story import Delta

MAX_TOLD: Final = 40
"""Numbers or names of a kind in one event; a rewritten text has a delta that nobody reads to its end."""

MAX_KEPT: Final = 400
"""Numbers or names of one text in an outline: a text of 30,000 characters has about that many."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What is remembered of a version; numbers and names sorted, each once."""

    version: int
    headline: str
    lead: str
    body: str
    credits: tuple[str, ...]
    numbers: tuple[str, ...]
    names: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """The outline as it is stored: about 300 bytes for a text of 3,000 characters."""
        return zlib.compress(json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode(), 9)

    @staticmethod
    def from_bytes(raw: bytes | None) -> Outline | None:
        """The stored outline; None where there is none, or one of another form."""
        try:
            stored: dict[str, Any] = json.loads(zlib.decompress(raw or b""))
            return Outline(
                version=stored["version"],
                headline=stored["headline"],
                lead=stored["lead"],
                body=stored["body"],
                credits=tuple(stored["credits"]),
                numbers=tuple(stored["numbers"]),
                names=tuple(stored["names"]),
            )
        except (zlib.error, ValueError, TypeError, KeyError):
            return None


def outline(found: Extracted, version: int) -> Outline:
    """The outline of a text as its version `version`."""
    everything = "\n".join(filter(None, (found.title, found.lead, found.text)))
    words = tokens(everything)
    numbers = (number_key(token.word) for token in words if token.word[0].isdigit())
    return Outline(
        version=version,
        headline=_digest(found.title),
        lead=_digest(found.lead),
        body=_digest(found.text),
        credits=_kept(f"{credit.agency or credit.quote} {credit.role}" for credit in found.credits),
        numbers=_kept(numbers),
        names=_kept(_names(everything)),
    )


def delta(before: Outline | None, after: Outline) -> Delta | None:
    """What changed from `before` to `after`; None where nothing is remembered."""
    if before is None:
        return None
    parts = ("headline", "lead", "body", "credits")
    return Delta(
        version=before.version,
        changed=[part for part in parts if getattr(before, part) != getattr(after, part)],
        numbers_added=_only(after.numbers, before.numbers),
        numbers_removed=_only(before.numbers, after.numbers),
        names_added=_only(after.names, before.names),
        names_removed=_only(before.names, after.names),
    )


def _names(text: str) -> Iterable[str]:
    """The words written with a capital, other than at the beginning of a sentence."""
    starts = {begin for begin, _ in sentences(text)}
    for token in tokens(text):
        if token.begin not in starts and token.word[0].isalpha() and is_capitalised(token.word):
            yield token.word


def _kept(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values))[:MAX_KEPT])


def _only(values: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    return sorted(set(values) - set(others))[:MAX_TOLD]


def _digest(text: str | None) -> str:
    return hashlib.blake2b(folded(text or "").encode(), digest_size=6).hexdigest()
