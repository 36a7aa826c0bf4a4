"""Decides stored links anew from the stored records, for `copytaster verify`. Reads; decides by the matcher of the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from redis.asyncio import Redis

from copytaster.cli.looking import kept
from copytaster.cli.looking.streams_view import backwards
from copytaster.deduplicator.comparisons import link_of
from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.pairs import KeptPair
from copytaster.deduplicator.record import StoryRecord
from copytaster.keys import Keys
from copytaster_schemas import Link, StoryCompared

VERIFIED: Final = "verified"
DIFFERS: Final = "differs"
GONE: Final = "gone"
OTHER_POLICY: Final = "other_policy"

STATES: Final = {
    VERIFIED: "decided anew, it says the same to the last score and span",
    DIFFERS: "decided anew, it says something else",
    GONE: "a text that it compares is no longer kept in that version",
    OTHER_POLICY: "it was decided under a policy that is not the one in use",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one stored link: `source` is where it is stored (links or pairs), `fields` what is not the same."""

    source: str
    a: str
    b: str
    state: str
    fields: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For a line of output."""
        return {
            "source": self.source,
            "a": self.a,
            "b": self.b,
            "state": self.state,
            "fields": list(self.fields),
        }


async def verify(
    redis: Redis, keys: Keys, stories: Iterable[str], matcher: Matcher
) -> AsyncIterator[Checked]:
    """Every stored link of `stories`: those of the latest comparison of each on the stream, and every kept pair."""
    wanted = set(stories)
    said = [one async for one in _latest(redis, keys, wanted)]
    published = [link for one in said for link in one.links]
    foreign = {one.story.uri for one in said if one.policy != matcher.policy.version}
    pairs = [pair async for pair in kept.pairs(redis, keys, wanted)]
    named = {link.a.uri for link in published} | {link.b.uri for link in published}
    named |= {name for pair in pairs for name in pair.key}
    records = await kept.records(redis, keys, sorted(named))
    for link in published:
        yield _check_link(link, records, matcher)
    for pair in pairs:
        checked = _check_pair(pair, records, matcher)
        # A kept pair does not say under which policy it was decided; the comparison of its stories does.
        is_foreign = checked.state == DIFFERS and not foreign.isdisjoint(pair.key)
        yield replace(checked, state=OTHER_POLICY, fields=()) if is_foreign else checked


async def _latest(redis: Redis, keys: Keys, wanted: set[str]) -> AsyncIterator[StoryCompared]:
    """The latest comparison of every story that the stream still holds."""
    seen: set[str] = set()
    async for one in backwards(redis, keys.stream("links")):
        said = one.event
        if isinstance(said, StoryCompared) and said.story.uri in wanted and said.story.uri not in seen:
            seen.add(said.story.uri)
            yield said


def _are_kept(versions: Mapping[str, int], records: Mapping[str, StoryRecord]) -> bool:
    return all(name in records and records[name].version == version for name, version in versions.items())


def _check_link(link: Link, records: Mapping[str, StoryRecord], matcher: Matcher) -> Checked:
    versions = {link.a.uri: link.a.version, link.b.uri: link.b.version}
    if link.policy != matcher.policy.version:
        return Checked("links", link.a.uri, link.b.uri, OTHER_POLICY)
    if not _are_kept(versions, records):
        return Checked("links", link.a.uri, link.b.uri, GONE)
    [decision] = matcher.decide(records[link.a.uri], [records[link.b.uri]])
    anew, stored = link_of(decision, versions, matcher.policy.version).to_dict(), link.to_dict()
    if anew["a"] != stored["a"]:
        return Checked("links", link.a.uri, link.b.uri, DIFFERS, ("direction",))
    evidence = [
        (f"evidence.{name}", anew["evidence"].get(name), stored["evidence"].get(name))
        for name in sorted({*anew["evidence"], *stored["evidence"]})
    ]
    plain = [
        (name, anew.get(name), stored.get(name)) for name in sorted({*anew, *stored} - {"evidence", "id"})
    ]
    fields = tuple(name for name, one, other in [*plain, *evidence] if one != other)
    return Checked("links", link.a.uri, link.b.uri, DIFFERS if fields else VERIFIED, fields)


def _check_pair(pair: KeptPair, records: Mapping[str, StoryRecord], matcher: Matcher) -> Checked:
    a, b = pair.key
    if not _are_kept(dict(zip(pair.key, pair.versions, strict=True)), records):
        return Checked("pairs", a, b, GONE)
    [anew] = matcher.decide(records[a], [records[b]])
    told = {
        "relation": (anew.relation, pair.decision.relation),
        "confidence": (anew.confidence_milli, pair.decision.confidence_milli),
        "direction": (anew.direction, pair.decision.direction),
    }
    fields = tuple(name for name, (one, other) in told.items() if one != other)
    return Checked("pairs", a, b, DIFFERS if fields else VERIFIED, fields)
