"""The same stories again and again in other orders, with duplicates, several linkers and deaths: the member sets must not differ.

`partition_of` runs one such history inside this process, `partition_of_processes` with services that are killed for certain.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

from redis.asyncio import Redis

from copytaster.deduplicator.io import clusterer
from copytaster.deduplicator.matcher import Matcher
from copytaster.streams.effects import Cause, Outbox
from copytaster.streams.engine import Engine
from copytaster.streams.groups import ensure_group
from copytaster_schemas import Story
from copytaster_schemas.registry import STORY_PUBLISHED
from tests.stack.deduplicator.desk import KEYS, NOON, Desk, make_story, partition_digest
from tests.stack.deduplicator.texts import COPY, EXCERPT, HARBOUR, OTHER, THIRD

Partition = frozenset[frozenset[str]]

DEATHS: Final = 0.15
"""How often a linker dies with a batch in hand, instead of working it off."""


def stories() -> list[Story]:
    """Copies, twins, excerpts and strangers of three news points, and an article that is corrected into another one."""
    return [
        make_story("hafen", HARBOUR, title="Hafen gesperrt"),
        make_story("brand", COPY, title="Hafen bleibt zu", outlet="suedblatt.example", minutes=5),
        make_story("kurz", EXCERPT, title="Hafen gesperrt", outlet="kurier.example", minutes=9),
        make_story("zwilling", HARBOUR, title="Hafen gesperrt", outlet="ostpost.example", minutes=7),
        make_story("drilling", HARBOUR, title="Hafen gesperrt", outlet="westpost.example", minutes=8),
        make_story("bahn", OTHER, title="Nordau verkauft die Bahn", minutes=20),
        make_story("zug", OTHER, title="Bahn wird verkauft", outlet="suedblatt.example", minutes=33),
        make_story("stein", THIRD, title="Meteorit geborgen", minutes=40),
        make_story("irrtum", COPY, title="Hafen zu", outlet="eilpost.example", minutes=50),
        make_story("irrtum", THIRD, title="Meteorit", outlet="eilpost.example", minutes=50, version=2),
    ]


async def publish(redis: Redis, told: Sequence[Story]) -> None:
    """Put stories on their stream in this order, the versions of one, too."""
    outbox = Outbox(KEYS, "extractor")
    for story in told:
        event = outbox.event(
            STORY_PUBLISHED, story.uri, story.version, story, time=NOON, cause=Cause(story.uri), guard=None
        )
        await redis.xadd(event.stream, dict(event.fields))


async def partition_of(redis: Redis, seed: int, matcher: Matcher) -> Partition:
    """The member sets after one random history on an emptied server."""
    await redis.flushall()
    draw = random.Random(seed)
    told = stories()
    told += draw.sample(told, 3)  # duplicates on the wire
    draw.shuffle(told)
    desks = [Desk(redis, f"d{seed}-{number}", matcher) for number in range(draw.randint(1, 4))]
    waiting = list(told)
    while waiting:
        count = draw.randint(1, 4)
        await publish(redis, waiting[:count])
        del waiting[:count]
        for _ in range(draw.randrange(4)):
            await _something(desks, draw)
    for desk in desks:  # what the dead held is taken over
        for engine in (desks[0].linker, desks[0].clusterer):
            await _take_over(redis, engine, desk.linker.consumer)
        await desks[0].pump()
    return partition_digest(await desks[0].clusters())


async def _something(desks: Sequence[Desk], draw: random.Random) -> None:
    desk = draw.choice(desks)
    if draw.random() < DEATHS:
        await _read_and_die(desk.linker)
    elif draw.random() < 0.6:
        await desk.step(desk.linker, count=draw.randint(1, 3))
    else:  # the role stays with the first: another process would be refused
        await desks[0].step(desks[0].clusterer, count=draw.randint(1, 3))


async def _read_and_die(engine: Engine) -> None:
    await ensure_group(engine.redis, engine.stream, engine.group)
    await engine.redis.xreadgroup(engine.group, engine.consumer, {engine.stream: ">"}, count=2)


async def _take_over(redis: Redis, engine: Engine, dead: str) -> None:
    await ensure_group(redis, engine.stream, engine.group)
    pending = await redis.xpending_range(engine.stream, engine.group, "-", "+", 100, consumername=dead)
    ids = [one["message_id"] for one in pending]
    if ids:
        claimed = await redis.xclaim(engine.stream, engine.group, engine.consumer, 0, ids)
        await engine.process([(entry_id.decode(), fields) for entry_id, fields in claimed])


async def partition_of_processes(
    redis: Redis, url: str, seed: int, *, processes: int, kills: int
) -> Partition:
    """The member sets that `processes` real services come to, `kills` of which are killed while the stories come in."""
    await redis.flushall()
    draw = random.Random(seed)
    told = stories()
    draw.shuffle(told)
    fleet = [_start(url) for _ in range(processes)]
    try:
        for number, story in enumerate(told):
            await publish(redis, [story])
            if number in draw.sample(range(len(told)), kills):
                victim = fleet.pop(draw.randrange(len(fleet)))
                victim.send_signal(signal.SIGKILL)
                victim.wait(timeout=20)
                fleet.append(_start(url))
            await asyncio.sleep(draw.random())  # a pace of its own: the processes are the clock here
        await _until_quiet(redis)
        reader = Desk(redis, "reader")
        return partition_digest(await reader.clusters())
    finally:
        for process in fleet:
            process.kill()
        for process in fleet:
            process.wait(timeout=20)


def _start(url: str) -> subprocess.Popen[bytes]:
    env = {
        **os.environ,
        "COPYTASTER_REDIS_URL": url,
        "COPYTASTER_DESK": KEYS.desk,
        "COPYTASTER_HEALTH_PORT": "0",
        "COPYTASTER_CLAIM_IDLE_SECONDS": "2",
    }
    command = [sys.executable, "-m", "copytaster.cli.main", "serve", "deduplicator"]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def _until_quiet(redis: Redis, *, seconds: float = 120) -> None:
    deadline, quiet = time.monotonic() + seconds, 0
    while quiet < 3:
        assert time.monotonic() < deadline, "the services did not finish in time"
        left = 0
        for stream, group in (("stories", "linker"), ("links", clusterer.GROUP)):
            key = KEYS.stream(stream)
            rows = await redis.xinfo_groups(key) if await redis.exists(key) else []
            groups = {row["name"].decode(): row for row in rows}
            left += int(groups[group]["pending"]) + int(groups[group]["lag"] or 0) if group in groups else 1
        quiet = 0 if left else quiet + 1
        await asyncio.sleep(0.5)
