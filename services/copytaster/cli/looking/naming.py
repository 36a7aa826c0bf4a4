"""What a person types for a story or a cluster, a urn, the start of one or an address, turned into the one urn meant."""

from __future__ import annotations

import re
from typing import Final

from redis.asyncio import Redis

from copytaster.errors import CopytasterError
from copytaster.keys import Keys
from copytaster.text.urls import BadUrl, url_key
from copytaster_schemas.identity import article_urn, short_id, story_urn, urn_of

LEAST_DIGITS: Final = 4
"""Fewer digits fit dozens of names even at a small desk."""

_DIGITS: Final = re.compile(r"[0-9a-f]{1,32}")
_SHORT: Final = re.compile(r"[0-9a-f]{32}")

SCAN_COUNT: Final = 1000


def digits_of(text: str) -> str | None:
    """The hexadecimal digits of a urn or the start of one, without dashes; None for anything else."""
    digits = text.strip().lower().removeprefix("urn:uuid:").replace("-", "")
    return digits if _DIGITS.fullmatch(digits) else None


async def named(redis: Redis, keys: Keys, text: str, kinds: tuple[str, ...]) -> list[str]:
    """The urns that `text` may mean: those whose digits start so and that have a key of one of the `kinds`, sorted.

    A whole urn is taken as it is. Raises CopytasterError for too few digits. The look-up of a start walks over all keys.
    """
    digits = digits_of(text)
    if digits is None:
        return []
    if _SHORT.fullmatch(digits):
        return [urn_of(digits)]
    if len(digits) < LEAST_DIGITS:
        raise CopytasterError(f"{text}: give at least {LEAST_DIGITS} digits of the urn")
    found: set[str] = set()
    for kind in kinds:
        start = keys.key(kind, "")
        async for raw in redis.scan_iter(match=f"{start}{digits}*", count=SCAN_COUNT):
            tail = raw.decode().removeprefix(start)
            if _SHORT.fullmatch(tail):
                found.add(urn_of(tail))
    return sorted(found)


async def story_named(redis: Redis, keys: Keys, text: str) -> str:
    """The urn of the one story that `text` (urn, start of one, address) means.

    Raises CopytasterError when it fits none or several. A whole urn is not looked up.
    """
    if digits_of(text) is None:
        return await _story_at(redis, keys, text)
    found = await named(redis, keys, text, ("story", "version"))
    return _only(text, found, "story")


async def cluster_named(redis: Redis, keys: Keys, text: str) -> str:
    """The urn of the one cluster that `text` (urn or the start of one) means; CopytasterError when none or several."""
    found = await named(redis, keys, text, ("cluster",))
    if len(found) == 1 and not await redis.exists(keys.key("cluster", short_id(found[0]))):
        found = []
    return _only(text, found, "cluster")


def _only(text: str, found: list[str], kind: str) -> str:
    if not found:
        raise CopytasterError(f"no {kind} {text}; `copytaster {_LISTS[kind]}` names them all")
    if len(found) > 1:
        raise CopytasterError(f"{text} fits {len(found)} names, give more of it: {', '.join(found[:5])}")
    return found[0]


_LISTS: Final = {
    "story": "tail stories --since 0 --no-follow --json",
    "cluster": "clusters list --json",
}


async def _story_at(redis: Redis, keys: Keys, address: str) -> str:
    try:
        key = url_key(address)
    except BadUrl as error:
        raise CopytasterError(f"{address}: neither a urn nor an address: {error}") from error
    urn = story_urn(key)
    if await redis.exists(keys.key("story", short_id(urn)), keys.key("version", short_id(urn))):
        return urn
    via_article = await redis.hget(keys.key("article", short_id(article_urn(key))), "story")
    if via_article:
        return urn_of(via_article.decode())
    raise CopytasterError(f"no story at {address}; `copytaster find {address}` tells what became of it")


async def successor(redis: Redis, keys: Keys, cluster: str) -> list[str]:
    """The cluster and those it was merged into one after the other; the last one goes on.

    An id that ended resolves for ever, from the cluster's own key, whatever the stream still holds.
    """
    chain = [cluster]
    while True:
        into = await redis.hget(keys.key("cluster", short_id(chain[-1])), "merged_into")
        if not into or into.decode() in chain:
            return chain
        chain.append(into.decode())
