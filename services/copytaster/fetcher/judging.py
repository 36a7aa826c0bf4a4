"""What a document's items are to a feed that remembers others: first which are candidates, then what becomes of each.

Pure, and in two halves, since what is stored of the candidates' articles has to be looked up in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from copytaster.fetcher.document import FeedDocument
from copytaster.fetcher.findings import Findings, findings_of
from copytaster.fetcher.identity import Keyed, Level, keyed, lasting_level
from copytaster.fetcher.items import Candidate, Judged, KnownArticle, candidates, judge
from copytaster.fetcher.memory import Memory
from copytaster.fetcher.revisions import within_budget
from copytaster.keys import DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Sighted:
    """The items of a document with their keys, and those among them that the feed does not know as they are."""

    items: Sequence[Keyed]
    level: Level
    memory: Memory
    candidates: Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts, what to write to and to remove from the feed's memory, and what the items say of the feed."""

    judged: Sequence[Judged] = ()
    seen: Mapping[str, str] = field(default_factory=dict)
    forgotten: Sequence[str] = ()
    findings: Findings = field(default_factory=Findings)
    renamed: Level | None = None
    """What names the feed's items from now on, where it has just proved that what named them does not last."""


def sight(feed_id: str, document: FeedDocument, memory: Memory) -> Sighted:
    """The document's items by the level of identity that lasts."""
    items = keyed(document.items, memory.level, memory.entries)
    level = lasting_level(items, memory.level, memory.entries)
    if level is not memory.level:
        items = keyed(document.items, level, memory.entries)
    return Sighted(items, level, memory, candidates(feed_id, items, memory.held(items, level)))


def conclude(feed_id: str, sighted: Sighted, known: Mapping[str, KnownArticle], now_ms: int) -> Judgement:
    """The verdicts, given what is stored of the candidates' articles."""
    memory, items = sighted.memory, sighted.items
    verdicts = judge(feed_id, sighted.candidates, known)
    judged, account = within_budget(verdicts, memory.account, now_ms)
    today = now_ms // (DAY_SECONDS * 1000)
    return Judgement(
        judged,
        memory.updates(items, today, level=sighted.level, account=account),
        memory.forgotten(items, today),
        findings_of(items, judged, remembers=bool(memory.entries), now_ms=now_ms),
        sighted.level if sighted.level is not memory.level else None,
    )
