"""Two linkers that get the two halves of the same pairs at the same instant: no pair is missed, no event is doubled."""

from __future__ import annotations

import asyncio
import random
from typing import Final

import pytest
from redis.asyncio import Redis

from copytaster.deduplicator.io.linker import GROUP
from copytaster.streams.engine import Engine
from copytaster.streams.groups import ensure_group
from copytaster_schemas import Story
from tests.stack.deduplicator.desk import KEYS, Desk, make_story

PAIRS: Final = 500
STORIES: Final = KEYS.stream("stories")
SYLLABLES: Final = [
    "bra",
    "dol",
    "fen",
    "gar",
    "hul",
    "jek",
    "kam",
    "lor",
    "mis",
    "nev",
    "pro",
    "rust",
    "sal",
    "tev",
    "wim",
    "zan",
]


def text_of(number: int) -> str:
    """A report like no other: three sentences of words of its own making, with names and numbers of its own."""
    dice = random.Random(number)

    def word() -> str:
        return "".join(dice.choices(SYLLABLES, k=dice.randint(2, 4)))

    sentences = []
    for _ in range(3):
        words = [word() for _ in range(dice.randint(8, 12))]
        words[0] = words[0].capitalize()
        words[3] = f"{word().capitalize()} {word().capitalize()}"
        words[5] = str(dice.randint(100, 99_999))
        sentences.append(" ".join(words) + ".")
    return " ".join(sentences)


def pair_of(number: int) -> tuple[Story, Story]:
    """A report and its copy at another outlet."""
    text = text_of(number)
    first = make_story(f"bericht-{number}", text, outlet="nordpost.example")
    return first, make_story(f"kopie-{number}", text, outlet="suedblatt.example", minutes=1)


async def given(engine: Engine, redis: Redis, count: int) -> list[tuple[str, dict[bytes, bytes]]]:
    """The next `count` entries, delivered to the engine's consumer and not yet begun."""
    reply = await redis.xreadgroup(engine.group, engine.consumer, {engine.stream: ">"}, count=count)
    return [(entry_id.decode(), fields) for _, entries in reply for entry_id, fields in entries]


@pytest.mark.timeout(600)
async def test_two_linkers_with_the_halves_of_500_pairs_link_each_pair_and_double_nothing(
    redis_client: Redis,
) -> None:
    """Each writes before it looks, so whoever looks later sees the other; every story is compared exactly once."""
    pairs = [pair_of(number) for number in range(PAIRS)]
    one, two = Desk(redis_client, "one"), Desk(redis_client, "two")
    await ensure_group(redis_client, STORIES, GROUP)
    halves = []
    for desk, half in ((one, 0), (two, 1)):
        await desk.publish([pair[half] for pair in pairs])
        halves.append(await given(desk.linker, redis_client, PAIRS))

    await asyncio.gather(one.linker.process(halves[0]), two.linker.process(halves[1]))

    said = await one.comparisons()
    linked = {frozenset((link.a.uri, link.b.uri)) for comparison in said for link in comparison.links}
    missing = [number for number, (a, b) in enumerate(pairs) if frozenset((a.uri, b.uri)) not in linked]
    compared = [comparison.story.uri for comparison in said]
    assert missing == []
    assert len(compared) == len(set(compared)) == 2 * PAIRS
    assert (await redis_client.xpending(STORIES, GROUP))["pending"] == 0
    assert await redis_client.xlen(KEYS.stream("dead")) == 0
