"""One active holder of a role at a desk: a lease in Redis that its holder renews, checked again inside every commit.

A holder that was frozen for longer than the lease finds its commits refused by the check, so two never act at once.
"""

from __future__ import annotations

import time
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from copytaster.keys import Keys
from copytaster.logs import Log, get_logger
from copytaster.streams.effects import Check
from copytaster.streams.patience import Patience

LEASE_SECONDS: Final = 10.0
"""How long the role stays vacant after its holder was killed; design: the lease is fenced, so short is safe."""

_TAKE: Final = """
local holder = redis.call('HGET', KEYS[1], 'holder')
if holder and holder ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'holder', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return holder and 1 or 2
"""

_GIVE_BACK: Final = """
if redis.call('HGET', KEYS[1], 'holder') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Lease:
    """The wish of one process for a role; `held` asks for it or renews it as needed."""

    def __init__(self, redis: Redis, keys: Keys, role: str, holder: str) -> None:
        """`holder` has to be unique per process."""
        self._redis = redis
        self._key = keys.key("lease", role)
        self._role = role
        self._holder = holder
        self._until = 0.0

    @property
    def check(self) -> Check:
        """The fence: a commit with this check is refused once the role is somebody else's."""
        return Check(self._key, "holder", "equals", self._holder)

    async def held(self) -> bool:
        """Whether this process has the role now; takes it when it is vacant, renews it past half of its life."""
        if time.monotonic() < self._until - LEASE_SECONDS / 2:
            return True
        asked_at = time.monotonic()
        answer = int(await self._redis.eval(_TAKE, 1, self._key, self._holder, int(LEASE_SECONDS * 1000)))
        if answer == 2:
            get_logger().info(Log.LEASE_TAKEN, status="taken", role=self._role)
        if answer == 0 and self._until:
            get_logger().warning(Log.LEASE_LOST, status="lost", role=self._role)
        self._until = asked_at + LEASE_SECONDS if answer else 0.0
        return bool(answer)

    async def keep(self, patience: Patience) -> None:
        """Renew the lease while the process works on something long; give it back when the process stops."""
        while not await patience.sleep(LEASE_SECONDS / 4):
            if self._until:
                await patience.until_redis_answers(self.held)
        try:
            await self._redis.eval(_GIVE_BACK, 1, self._key, self._holder)
        except RedisError:
            return  # it runs out by itself
