"""The desk that the deduplicator's tests share."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from tests.stack.deduplicator.desk import Desk


@pytest.fixture
async def desk(redis_client: Redis) -> Desk:
    """A deduplicator on an empty server."""
    return Desk(redis_client)
