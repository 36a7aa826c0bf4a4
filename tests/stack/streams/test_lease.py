"""The lease of a role that only one process may play."""

from __future__ import annotations

from redis.asyncio import Redis

from copytaster.streams.commit import Outcome, commit
from copytaster.streams.effects import Effects
from copytaster.streams.lease import LEASE_SECONDS, Lease
from copytaster.streams.patience import Patience
from tests.stack.streams.builders import KEYS


async def test_one_holds_the_role_and_the_other_waits(redis_client: Redis) -> None:
    """The second process is refused while the first holds the lease, which has a bounded life."""
    first, second = Lease(redis_client, KEYS, "role", "one"), Lease(redis_client, KEYS, "role", "two")

    assert await first.held()
    assert not await second.held()
    assert 0 < await redis_client.pttl(KEYS.key("lease", "role")) <= LEASE_SECONDS * 1000


async def test_a_holder_whose_lease_ran_out_commits_nothing(redis_client: Redis) -> None:
    """The late owner's commit is a conflict, the new owner's takes effect."""
    first, second = Lease(redis_client, KEYS, "role", "one"), Lease(redis_client, KEYS, "role", "two")
    assert await first.held()
    await redis_client.delete(KEYS.key("lease", "role"))
    assert await second.held()

    late = Effects(checks=[first.check])
    late.op("HSET", KEYS.key("numbers"), "next", 1)

    assert await commit(redis_client, late) is Outcome.CONFLICT
    assert await redis_client.exists(KEYS.key("numbers")) == 0
    assert await commit(redis_client, Effects(checks=[second.check])) is Outcome.COMMITTED


async def test_a_stopped_holder_gives_the_role_back(redis_client: Redis) -> None:
    """A graceful stop leaves no vacancy to wait out; somebody else's lease is not touched."""
    patience = Patience()
    first, second = Lease(redis_client, KEYS, "role", "one"), Lease(redis_client, KEYS, "role", "two")
    assert await first.held()
    patience.stop()

    await second.keep(patience)
    assert not await second.held()
    await first.keep(patience)

    assert await second.held()
