"""How our client of Redis differs from redis-py's: packed by hiredis, away from a demoted master, counting replicas.

The asyncio side of redis-py packs commands in Python and leaves hiredis to the answers alone. A commit has about fifty
arguments; packing them in Python is the largest single cost of a commit on the client (`make bench-delivery`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import DataError, ReadOnlyError


class NotReplicated(RedisConnectionError):  # type: ignore[misc]
    """The master has the commit, but fewer replicas than were asked for have confirmed it in time."""


class Client(Redis):  # type: ignore[misc]
    """A client whose commits count as done once `replicas` replicas have them; 0 = the master's word is enough."""

    replicas: int = 0

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Close the connections, those to the Sentinels too."""
        await super().aclose(close_connection_pool)
        sentinels = getattr(self.connection_pool, "sentinel_manager", None)
        if sentinels is not None:
            await sentinels.aclose()


class _OurConnection:
    """Goes before a connection class of redis-py."""

    def pack_command(self, *args: Any) -> list[bytes]:
        """The command in the Redis protocol; raises DataError for an argument that is no str, bytes or number."""
        name = args[0]
        words = name.encode().split() if isinstance(name, str) else name.split()
        try:
            return [hiredis.pack_command((*words, *args[1:]))]
        except TypeError as error:
            raise DataError(str(error)) from error

    async def read_response(self, *args: Any, **options: Any) -> Any:
        """The answer; a server that is read-only is left, so that the next attempt looks up the address again."""
        try:
            return await super().read_response(*args, **options)  # type: ignore[misc]
        except ReadOnlyError as error:
            await self.disconnect()  # type: ignore[attr-defined]
            raise RedisConnectionError(f"the server takes no writes any more: {error}") from error


@cache
def _ours(connection_class: type) -> type:
    return type(f"Our{connection_class.__name__}", (_OurConnection, connection_class), {})


def with_our_connections(client: Client) -> Client:
    """The same client; the connections that it opens from now on are ours."""
    pool = client.connection_pool
    pool.connection_class = _ours(pool.connection_class)
    return client
