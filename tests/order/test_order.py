"""Whatever the order, with duplicates, one to four linkers and deaths: one partition. The long form is `python -m tests.order`."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from copytaster.deduplicator.matcher import Matcher
from copytaster.deduplicator.policy import load
from tests.order.shuffling import partition_of, partition_of_processes, stories


@pytest.mark.timeout(180)
async def test_every_history_gives_the_same_partition(redis_client: Redis) -> None:
    """Thirty of the two hundred; every story is in exactly one cluster."""
    matcher = Matcher(load())

    found = {await partition_of(redis_client, seed, matcher) for seed in range(30)}

    assert len(found) == 1
    [partition] = found
    assert sorted(story for part in partition for story in part) == sorted({one.uri for one in stories()})
    assert len(partition) < len(stories())


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_real_processes_that_are_killed_come_to_the_same(redis_client: Redis, valkey_url: str) -> None:
    """Three services, two of them killed while stories come in."""
    expected = await partition_of(redis_client, 0, Matcher(load()))

    found = await partition_of_processes(redis_client, valkey_url, 1, processes=3, kills=2)

    assert found == expected
