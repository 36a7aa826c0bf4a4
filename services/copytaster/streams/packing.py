"""Commands packed by hiredis: the asyncio side of redis-py packs in Python and leaves hiredis to the answers alone.

A commit has about fifty arguments; packing them in Python is the largest single cost of a commit on the client
(measured, `make bench-delivery`). The synchronous side of redis-py does the same by itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.exceptions import DataError


class _HiredisPacking:
    """Goes before a connection class of redis-py and replaces how it packs one command."""

    def pack_command(self, *args: Any) -> list[bytes]:
        """The command in the Redis protocol; raises DataError for an argument that is no str, bytes or number."""
        name = args[0]
        words = name.encode().split() if isinstance(name, str) else name.split()
        try:
            return [hiredis.pack_command((*words, *args[1:]))]
        except TypeError as error:
            raise DataError(str(error)) from error


@cache
def _packed(connection_class: type) -> type:
    return type(f"Hiredis{connection_class.__name__}", (_HiredisPacking, connection_class), {})


def pack_with_hiredis(redis: Redis) -> Redis:
    """The same client, whose connections opened from now on pack with hiredis."""
    pool = redis.connection_pool
    pool.connection_class = _packed(pool.connection_class)
    return redis
