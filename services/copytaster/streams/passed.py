"""Subscribers' groups that trimming passed over: who, on which stream, and which entries they lost.

The hash `passed` has a field for each stream and group, and every subscriber may read it; a group that keeps up again stays in it, marked,
so that its people find it. A change is logged once, whoever trims.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from redis.asyncio import Redis

from copytaster.keys import STATE_SECONDS, Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.backlog import Backlog

KEY: Final = "passed"


@dataclass(frozen=True, slots=True)
class Loss:
    """A group that is passed over, with the first and last entry that it loses now; None where it loses none."""

    group: str
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """What stands of a group: the range it lost, and whether it keeps up again."""

    stream: str
    group: str
    first: str
    last: str
    caught_up: bool = False


async def passed_groups(redis: Redis, keys: Keys) -> list[Passed]:
    """All groups that were passed over, by stream and group; a field of another form is left out."""
    found = []
    for field, value in sorted((await redis.hgetall(keys.key(KEY))).items()):
        stream, _, group = field.decode("utf-8", "replace").partition(" ")
        try:
            told: dict[str, Any] = json.loads(value)
            caught_up = bool(told.get("caught_up"))
            found.append(Passed(stream, group, str(told["first"]), str(told["last"]), caught_up))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


async def note_losses(
    redis: Redis, keys: Keys, stream: str, losses: Sequence[Loss], groups: Iterable[Backlog]
) -> None:
    """Write down what the groups of a stream are about to lose, and which of them keep up again."""
    known = {one.group: one for one in await passed_groups(redis, keys) if one.stream == stream}
    for loss in losses:
        await _note(redis, keys, stream, loss, known.get(loss.group))
    behind, present = {loss.group for loss in losses}, {one.group for one in groups}
    for group, one in known.items():
        if group not in present:
            await redis.hdel(keys.key(KEY), f"{stream} {group}")
        elif group not in behind and not one.caught_up:
            await _write(redis, keys, replace(one, caught_up=True))
            _say(one, "caught_up")


async def _note(redis: Redis, keys: Keys, stream: str, loss: Loss, known: Passed | None) -> None:
    if loss.first is None or loss.last is None:
        return
    if known is not None and not known.caught_up:
        await _write(redis, keys, replace(known, last=loss.last))
        return
    fresh = Passed(stream, loss.group, loss.first, loss.last)
    await _write(redis, keys, fresh)
    _say(fresh, "passed_over")


async def _write(redis: Redis, keys: Keys, one: Passed) -> None:
    told = {name: value for name, value in asdict(one).items() if name not in ("stream", "group")}
    async with redis.pipeline(transaction=True) as pipe:
        pipe.hset(keys.key(KEY), f"{one.stream} {one.group}", json.dumps(told))
        pipe.expire(keys.key(KEY), STATE_SECONDS)
        await pipe.execute()


def _say(one: Passed, status: str) -> None:
    get_logger().warning(
        Log.GROUP_PASSED, status=status, stream=one.stream, group=one.group, first=one.first, last=one.last
    )
