"""The desk of the tests of the commands for looking."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from tests.stack.cli.looking import FIRE, FIRE_COPY, SALE, Looking
from tests.stack.deduplicator.desk import Desk


@pytest.fixture
async def empty(redis_client: Redis, valkey_url: str) -> Looking:
    """The command line over an empty desk."""
    return Looking(Desk(redis_client), valkey_url)


@pytest.fixture
async def looking(empty: Looking) -> Looking:
    """The command line over a desk with a cluster of two copies and one of a stranger."""
    await empty.tell(FIRE, FIRE_COPY, SALE)
    return empty
