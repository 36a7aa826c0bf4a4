"""Later looks at published pages: when the next one is due, and what is kept for it.

Pure. Corrections often change the page and not the feed. So a fresh page is asked for again, conditionally, some times
after its item was first seen; the answer "not modified" costs a request and nothing else. Times are milliseconds since 1970.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from copytaster.fetcher.polling import usable_validator
from copytaster.fetcher.wanted import Page, Wanted
from copytaster_schemas import FeedItem
from copytaster_schemas.identity import urn_of

PROOFS: Final = 2
"""Answers 404 or 410 in a row before a story is withdrawn: one may be a slip of the content system."""


@dataclass(frozen=True, slots=True)
class PageMemory:
    """What is kept of a page between two looks: the item, as far as a later event needs it, and how to ask."""

    item: FeedItem
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    missing: int = 0
    """Answers 404 or 410 in a row."""

    def to_json(self) -> str:
        """The memory as it is stored: about 600 bytes, for a day."""
        rest = {
            "etag": self.etag,
            "modified": self.last_modified,
            "hash": self.body_hash,
            "missing": self.missing,
        }
        kept = {name: value for name, value in rest.items() if value}
        return json.dumps(
            {"item": json.loads(self.item.to_json()), **kept}, ensure_ascii=False, separators=(",", ":")
        )

    @staticmethod
    def from_json(raw: bytes) -> PageMemory:
        """The stored memory; ValueError (pydantic's too), KeyError or TypeError when it is broken."""
        stored = json.loads(raw)
        return PageMemory(
            FeedItem.model_validate_json(json.dumps(stored["item"])),
            str(stored.get("etag", "")),
            str(stored.get("modified", "")),
            str(stored.get("hash", "")),
            int(stored.get("missing", 0)),
        )

    @property
    def conditions(self) -> dict[str, str]:
        """The request headers that ask for the page only if it changed: both validators, byte for byte as served."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Look:
    """One claimed later look; `wanted` is the article as its steps know it, with the slim item and no ledger hour."""

    wanted: Wanted
    memory: PageMemory

    @staticmethod
    def from_hash(article_id: str, fields: Mapping[bytes, bytes]) -> Look:
        """The look in an `item` hash; ValueError, KeyError or TypeError when it is broken."""
        memory = PageMemory.from_json(fields[b"page"])
        wanted = Wanted(
            article_id=article_id,
            feed_id=fields[b"feed"].decode(),
            url=fields[b"url"].decode(),
            host=fields[b"host"].decode(),
            item=memory.item,
            revision=fields[b"revision"].decode(),
            correlation_id=fields[b"correlation_id"].decode(),
            tries=0,
            fence=int(fields[b"fence"]),
        )
        return Look(wanted, memory)

    @property
    def urn(self) -> str:
        """The urn of the article."""
        return urn_of(self.wanted.article_id)


def next_look_ms(item: FeedItem, now_ms: int, offsets: Sequence[float]) -> int | None:
    """When the page of `item` is looked at next; None when it has had all its looks, or was old when it came.

    `offsets` are seconds after the item was first seen. A look that was missed is not made up for.
    """
    seen_ms = int(item.first_seen.timestamp() * 1000)
    if not offsets or not _is_fresh(item, max(offsets)):
        return None
    due = (seen_ms + int(offset * 1000) for offset in sorted(offsets))
    return next((at for at in due if at > now_ms), None)


def _is_fresh(item: FeedItem, seconds: float) -> bool:
    """Whether the item was news when it was first seen: a new feed's older items are corrected no more."""
    if item.published is None:
        return True
    return (item.first_seen - item.published).total_seconds() < seconds


def proof_ms(now_ms: int, offsets: Sequence[float]) -> int:
    """When a page that was missing is asked for once more: after the shortest wait between two looks."""
    return now_ms + int(min(offsets) * 1000)


def memory_of(wanted: Wanted, page: Page, body_hash: str) -> PageMemory:
    """What is kept of a page just fetched; the texts of the item and its long lists are not needed again."""
    slim = wanted.item.model_copy(
        update={"summary": None, "content": None, "content_truncated": None, "categories": []}
    )
    return PageMemory(slim, *_validators(page.headers), body_hash)


def refreshed(memory: PageMemory, headers: Mapping[str, str]) -> PageMemory:
    """The memory after an answer without a new text: the validators of this answer, where it has any (RFC 9110, 15.4.5)."""
    etag, modified = _validators(headers)
    if not etag and not modified:
        return replace(memory, missing=0)
    return replace(memory, etag=etag, last_modified=modified, missing=0)


def _validators(headers: Mapping[str, str]) -> tuple[str, str]:
    return (
        usable_validator(headers.get("etag")) or "",
        usable_validator(headers.get("last-modified")) or "",
    )
