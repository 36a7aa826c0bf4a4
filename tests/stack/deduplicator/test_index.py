"""The candidate index on a real server: it grows with its slice, finds what shares keys, and bounds what one key holds."""

from __future__ import annotations

import random
from dataclasses import replace

from redis.asyncio import Redis

from copytaster.deduplicator.candidates import BUCKET_LIMIT, IndexKeys
from copytaster.deduplicator.io.index import Index
from copytaster.deduplicator.record import from_story
from copytaster_schemas.identity import story_urn
from tests.stack.deduplicator.desk import KEYS, make_story

RECORD = from_story(make_story("hafen", "Der Hafen bleibt zu."))


def named(number: int) -> str:
    """The urn of a story."""
    return story_urn(f"nordpost.example/{number}")


async def test_every_shared_key_is_found_however_much_the_buckets_have_grown(redis_client: Redis) -> None:
    """Each of 400 stories with 40 keys of its own and one of a neighbour's: the buckets split some 190 times."""
    index, draw = Index(redis_client, KEYS), random.Random(7)
    own = {number: [draw.getrandbits(64) for _ in range(40)] for number in range(400)}
    for number, keys in own.items():
        await index.write(
            replace(RECORD, id=named(number)), IndexKeys((*keys, own[(number + 1) % 400][0]), ())
        )

    for number in (0, 17, 399):
        hits = await index.search(replace(RECORD, id=named(number)), IndexKeys(tuple(own[number]), ()))
        assert hits == {named((number - 1) % 400): 1}
    sizes = [await redis_client.zcard(key) async for key in redis_client.scan_iter(KEYS.key("index", "*"))]
    assert len(sizes) > 200
    assert sum(sizes) == 400 * 41
    assert max(sizes) <= 128  # what the server keeps in its compact encoding


async def test_a_full_key_keeps_the_least_ids_whatever_came_first(redis_client: Redis) -> None:
    """Two orders of arrival, the same stories found, no more than the limit."""
    index, names = Index(redis_client, KEYS), sorted(map(named, range(BUCKET_LIMIT + 40)))
    found = []
    for seed in range(2):
        await redis_client.flushdb()
        random.Random(seed).shuffle(names)
        for name in names:
            await index.write(replace(RECORD, id=name), IndexKeys((99,), ()))
        found.append(await index.search(RECORD, IndexKeys((99,), ())))

    assert found[0] == found[1] == dict.fromkeys(sorted(names)[:BUCKET_LIMIT], 1)
