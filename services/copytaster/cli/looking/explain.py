"""Decides a pair of stored stories anew, as the linker does, for `copytaster clusters explain`. Reads; decides by the matcher.

Nothing but the two stored records and the policy goes into the decision (design 5), so what is shown is what the service would
say of the two versions now. What it said when it compared them lies beside it.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from redis.asyncio import Redis

from copytaster.cli.looking.naming import successor
from copytaster.cli.plain import short
from copytaster.deduplicator.comparisons import link_of
from copytaster.deduplicator.decide import SILENT, PairDecision, contributions
from copytaster.deduplicator.evidence import measure
from copytaster.deduplicator.io.index import Index, in_window
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.pairs import KeptPair, unpack
from copytaster.deduplicator.policy import load
from copytaster.deduplicator.record import StoryRecord
from copytaster.deduplicator.showing import evidence_of
from copytaster.errors import CopytasterError
from copytaster.keys import RECORD_SECONDS, Keys
from copytaster_schemas import Link
from copytaster_schemas.identity import short_id, urn_of


@dataclass(frozen=True, slots=True)
class Explained:
    """Two stories, what is decided of them now (read from a), what was kept of them, and where they are."""

    a: StoryRecord
    b: StoryRecord
    link: Link
    kept: KeptPair | None
    clusters: tuple[str | None, str | None]
    in_window: bool

    @property
    def together(self) -> bool:
        """Whether both are in one cluster."""
        return self.clusters[0] is not None and self.clusters[0] == self.clusters[1]


async def explain(redis: Redis, keys: Keys, a: str, b: str) -> Explained:
    """The explanation of the pair of stories `a` and `b` (urns).

    Raises CopytasterError when one is unknown, its record has expired, or both are the same.
    """
    if a == b:
        raise CopytasterError("both names mean the same story; give two")
    first, second = await stored(redis, keys, (a, b))
    link = decide(first, second)
    packed = await redis.hget(keys.key("pairs", short_id(a)), short_id(b))
    return Explained(
        a=first,
        b=second,
        link=link,
        kept=unpack(a, b, packed) if packed else None,
        clusters=(await cluster_of(redis, keys, a), await cluster_of(redis, keys, b)),
        in_window=in_window(first, second),
    )


def decide(a: StoryRecord, b: StoryRecord) -> Link:
    """What the linker says of two records; for a pair that it would pass over in silence with the evidence, too."""
    matcher = Matcher(load())
    decision = matcher.decide(a, [b])[0]
    return link_of(
        _with_evidence(decision, matcher, a, b), {a.id: a.version, b.id: b.version}, matcher.policy.version
    )


def _with_evidence(decision: PairDecision, matcher: Matcher, a: StoryRecord, b: StoryRecord) -> PairDecision:
    if decision.relation not in SILENT:
        return decision
    ours, theirs = matcher.features_of(a), matcher.features_of(b)
    evidence = measure(ours, theirs)
    shown = evidence_of(ours, theirs, evidence, decision.vetoes, contributions(evidence, matcher.policy))
    return replace(decision, evidence=shown)


async def stored(redis: Redis, keys: Keys, stories: Sequence[str]) -> list[StoryRecord]:
    """The stored records of `stories` (urns), in their order; CopytasterError naming the first that is not there."""
    try:
        records = await Index(redis, keys).records(stories)
    except (ValueError, zlib.error) as error:
        raise CopytasterError(f"a stored record cannot be read by this version: {error}") from error
    for story in stories:
        if story not in records:
            raise CopytasterError(await _why_missing(redis, keys, story))
    return [records[story] for story in stories]


async def _why_missing(redis: Redis, keys: Keys, story: str) -> str:
    if not await redis.exists(keys.key("version", short_id(story)), keys.key("story", short_id(story))):
        return f"no story {story}; `copytaster tail stories --since 0 --no-follow` shows those there are"
    days = RECORD_SECONDS // 86_400
    return (
        f"the record of {short(story)} has expired: texts are kept for {days} days; "
        f"`copytaster find {story}` tells what is still known"
    )


async def cluster_of(redis: Redis, keys: Keys, story: str) -> str | None:
    """The cluster that a story is in now, following merges; None when that is not known (any more)."""
    named = await redis.hget(keys.key("story", short_id(story)), "cluster")
    return (await successor(redis, keys, urn_of(named.decode())))[-1] if named else None
