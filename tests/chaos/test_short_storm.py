"""A short storm inside the test suite; `make chaos` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.storm import Weather, findings, ride_out

SHORT = Weather(
    seconds=40,
    server_kills=2,
    freezes=2,
    kill_every_seconds=2.5,
    victims=("extractor-1", "extractor-2", "deduplicator-1", "deduplicator-2"),
    seed=20261122,
)


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_nothing_is_lost_or_doubled_in_a_short_storm(tmp_path: Path) -> None:
    """Services killed and frozen, the server killed twice: every story, link and cluster is told once, in order."""
    streams, damage = ride_out(tmp_path, SHORT, calm_seconds=150)

    assert findings(streams) == []
    assert damage.server_kills == 2
    assert damage.service_kills.total() >= 8
