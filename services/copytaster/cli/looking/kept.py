"""Reads what the deduplicator keeps of all stories, for the commands that decide anew. Reads only."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterable, Sequence

from redis.asyncio import Redis

from copytaster.cli.deciding.making import all_decisions
from copytaster.deduplicator.decisions import in_force
from copytaster.deduplicator.io.clusters import state_of, stored_cards
from copytaster.deduplicator.io.index import Index
from copytaster.deduplicator.pairs import KeptPair, unpack
from copytaster.deduplicator.rearrange import Neighbourhood
from copytaster.deduplicator.record import StoryRecord
from copytaster.errors import CopytasterError
from copytaster.keys import Keys
from copytaster_schemas.identity import short_id, urn_of

PAGE = 500


async def all_stories(redis: Redis, keys: Keys) -> list[str]:
    """The urns of all stories of which anything is kept, sorted."""
    start = keys.key("story", "")
    found = [raw.decode().removeprefix(start) async for raw in redis.scan_iter(match=f"{start}*", count=1000)]
    return sorted(urn_of(short) for short in found)


async def records(redis: Redis, keys: Keys, stories: Sequence[str]) -> dict[str, StoryRecord]:
    """The stored records of `stories`; those whose text is gone are missing.

    Raises CopytasterError for a record of a format that this version does not know.
    """
    index, found = Index(redis, keys), {}
    try:
        for begin in range(0, len(stories), PAGE):
            found.update(await index.records(stories[begin : begin + PAGE]))
    except (ValueError, zlib.error) as error:
        raise CopytasterError(f"a stored record cannot be read by this version: {error}") from error
    return found


async def pairs(redis: Redis, keys: Keys, stories: Iterable[str]) -> AsyncIterator[KeptPair]:
    """Every kept pair of `stories`, once."""
    seen: set[tuple[str, str]] = set()
    ordered = sorted(stories)
    for begin in range(0, len(ordered), PAGE):
        page = ordered[begin : begin + PAGE]
        async with redis.pipeline(transaction=False) as pipe:
            for story in page:
                pipe.hgetall(keys.key("pairs", short_id(story)))
            rows = await pipe.execute()
        for story, row in zip(page, rows, strict=True):
            for other, packed in row.items():
                pair = unpack(story, urn_of(other.decode()), packed)
                if pair.key not in seen:
                    seen.add(pair.key)
                    yield pair


async def clusters(redis: Redis, keys: Keys) -> Neighbourhood:
    """All clusters with members, open and closed, their cards, and the operators' decisions in force."""
    start = keys.key("cluster", "")
    names = [raw async for raw in redis.scan_iter(match=f"{start}*", count=1000)]
    found = Neighbourhood()
    for begin in range(0, len(names), PAGE):
        page = names[begin : begin + PAGE]
        async with redis.pipeline(transaction=False) as pipe:
            for name in page:
                pipe.hgetall(name)
            rows = await pipe.execute()
        for name, row in zip(page, rows, strict=True):
            cards = stored_cards(row)
            if cards:
                found.clusters[urn_of(name.decode().removeprefix(start))] = state_of(row, cards)
                found.cards.update(cards)
    standing = in_force(await all_decisions(redis, keys))
    found.constraints = {constraint.decision: constraint for constraint in standing}
    return found
