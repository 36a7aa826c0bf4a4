"""One cluster of very many copies: what is said and kept of each does not grow with their number."""

from __future__ import annotations

import pytest

from copytaster.deduplicator import telling
from copytaster_schemas.identity import short_id
from tests.stack.deduplicator.desk import KEYS, Desk, make_story
from tests.stack.deduplicator.texts import THIRD

COPIES = 60
MAX_MEMBERS = 40


async def test_every_copy_of_many_costs_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three links a copy at most; a bounded event; one card and few pairs kept of each; all of them counted.

    `python -m benchmarks.linking_cost.copies` measures the same with two thousand.
    """
    monkeypatch.setattr(telling, "MAX_MEMBERS", MAX_MEMBERS)
    stories = [
        make_story(
            f"k{number}", THIRD, title="Meteorit geborgen", outlet=f"o{number}.example", minutes=number
        )
        for number in range(COPIES)
    ]
    await desk.publish(stories)
    await desk.pump()

    [members] = (await desk.clusters()).values()
    last = (await desk.changes())[-1]
    assert (last.counts.members, last.counts.outlets, last.counts.families) == (COPIES, COPIES, 1)
    assert (len(members), last.members_truncated) == (MAX_MEMBERS, True)
    assert all(len(said.links) <= 3 for said in await desk.comparisons())
    entries = await desk.redis.xrange(KEYS.stream("clusters"))
    assert max(len(fields[b"data"]) for _, fields in entries) < 64 * 1024
    kept = [await desk.redis.hlen(KEYS.key("pairs", short_id(story.uri))) for story in stories]
    assert sum(kept) <= 5 * COPIES
    assert max(kept) <= 16  # a head collects those that were head before it: a logarithm of the copies
    key = KEYS.key("cluster", short_id(last.cluster))
    assert await desk.redis.memory_usage(key, samples=0) <= 400 * COPIES
