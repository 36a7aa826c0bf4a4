"""Linking a whole archive at once: the very decisions of the service, without Redis and without a clock.

Furniture is learned from all records before the first decision; every story is in the index before the first is looked up, so
the order of the lines does not matter. Memory grows with the archive (some 110 KiB of features a story).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from copytaster.deduplicator.candidates import MemoryIndex, index_keys, rank, together
from copytaster.deduplicator.decide import SILENT, PairDecision, compare
from copytaster.deduplicator.encoder import Encoder
from copytaster.deduplicator.encoding import encoded
from copytaster.deduplicator.features import Features, features
from copytaster.deduplicator.grouping import Grouping, group
from copytaster.deduplicator.origin import Lineage, lineage
from copytaster.deduplicator.partition import Pair, pair
from copytaster.deduplicator.policy import Policy
from copytaster.deduplicator.record import StoryRecord
from copytaster.text.credits import find_credits
from copytaster.text.furniture import learn, mark, merged
from copytaster_schemas.story import Credit

WINDOW_MS: Final = 14 * 24 * 3_600_000
"""Stories further apart are not looked at as candidates (design 5)."""

Progress = Callable[[str, int, int], None]
"""Told the step, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster of an archive; its name is the id of its earliest story, for an archive mints no ids."""

    name: str
    members: tuple[str, ...]
    lineage: Lineage

    def to_dict(self) -> dict[str, Any]:
        """As `clusters.jsonl` has it (design 7)."""
        return {
            "cluster": self.name,
            "members": list(self.members),
            "origin": self.lineage.origin.to_dict(),
            "counts": self.lineage.counts.to_dict(),
        }


def prepared(records: Sequence[StoryRecord]) -> list[StoryRecord]:
    """The records with credits found in their texts (where they bring none) and furniture learned from all of them marked."""
    marks = learn(records)
    ready = []
    for record in records:
        spans = merged((*record.furniture, *mark(record, marks)))
        ready.append(credited(record).with_furniture(spans))
    return ready


def credited(record: StoryRecord) -> StoryRecord:
    """The record with the credits that its text shows; one that brings credits is returned as it is."""
    if record.credits:
        return record
    found = [*find_credits(record.text), *find_credits(record.title, field="title")]
    credits = tuple(
        Credit(
            agency=credit.agency,
            role=credit.role,
            field=credit.field,
            begin=credit.begin,
            end=credit.end,
            quote=credit.quote,
            rule=credit.rule,
            confidence=credit.confidence,
        )
        for credit in found
    )
    sources = tuple(credit.quote for credit in credits if credit.role == "cited_url")
    return replace(record, credits=credits, source_urls=record.source_urls or sources)


def link_archive(
    records: Sequence[StoryRecord],
    policy: Policy,
    progress: Progress | None = None,
    encoder: Encoder | None = None,
) -> tuple[list[PairDecision], list[Cluster]]:
    """All links (other than unrelated and abstain, read from the derived story) and all clusters of an archive.

    Ids must be unique. Every record is in exactly one cluster; both lists have an order that depends on the records alone.
    """
    tell = progress or _silent
    ready = prepared(records)
    known = {}
    for done, record in enumerate(ready):
        known[record.id] = encoded(features(record, policy), encoder, policy)
        tell("reading", done + 1, len(ready))
    decisions = _decide(known, candidate_pairs(known, policy), policy, tell)
    grouping = group([known[name] for name in sorted(known)], decisions, policy)
    links = [
        decision.oriented() for decision in grouping.decisions.values() if decision.relation not in SILENT
    ]
    links.sort(key=lambda link: (not link.merges, -link.confidence_micro, link.a, link.b))
    return links, _clusters({name: story.record for name, story in known.items()}, grouping)


def pair_decision(
    a: StoryRecord,
    b: StoryRecord,
    policy: Policy,
    known: dict[str, Features],
    encoder: Encoder | None = None,
) -> PairDecision:
    """The decision about one named pair, with features kept in `known` for the next; no window, no candidate step."""
    for record in (a, b):
        if record.id not in known:
            known[record.id] = encoded(features(record, policy), encoder, policy)
    return compare(known[a.id], known[b.id], policy)


def _silent(step: str, done: int, total: int) -> None:
    """No progress wanted."""


def candidate_pairs(known: Mapping[str, Features], policy: Policy) -> list[Pair]:
    """The pairs worth comparing, in order: for every story the best that share a key with it, within the window."""
    words, meaning = MemoryIndex(), MemoryIndex()
    keys = {name: index_keys(story, policy) for name, story in known.items()}
    for name in sorted(known):
        words.add(name, keys[name].words)
        meaning.add(name, keys[name].meaning)
    wanted: set[Pair] = set()
    for name, story in known.items():
        near = {
            other: shared
            for other, shared in together(
                words.hits(name, keys[name].words), meaning.hits(name, keys[name].meaning)
            ).items()
            if _in_window(story.record, known[other].record)
        }
        wanted.update(pair(name, other) for other in rank(near))
    return sorted(wanted)


def _in_window(a: StoryRecord, b: StoryRecord) -> bool:
    """Whether two stories may be candidates; a story without a time is near to all."""
    if a.published_ms is None or b.published_ms is None:
        return True
    return abs(a.published_ms - b.published_ms) <= WINDOW_MS


def _decide(
    known: dict[str, Features], wanted: Sequence[Pair], policy: Policy, tell: Progress
) -> dict[Pair, PairDecision]:
    decisions = {}
    for done, both in enumerate(wanted):
        decisions[both] = compare(known[both[0]], known[both[1]], policy)
        tell("comparing", done + 1, len(wanted))
    return decisions


def _clusters(records: dict[str, StoryRecord], grouping: Grouping) -> list[Cluster]:
    found = []
    for part in grouping.parts:
        members = sorted((records[name] for name in part), key=lambda record: (record.time_ms, record.id))
        story_links = _inside(part, grouping)
        found.append(
            Cluster(members[0].id, tuple(record.id for record in members), lineage(members, story_links))
        )
    return sorted(found, key=lambda cluster: (-len(cluster.members), cluster.name))


def _inside(part: Iterable[str], grouping: Grouping) -> list[Any]:
    names = set(part)
    return [link for link in grouping.derivations if link.a in names and link.b in names]
