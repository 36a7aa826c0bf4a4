"""A news day of a minute inside the test suite; `make newsday` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.newsday.crew import SHORT_LEASES, Course
from tests.newsday.live import live
from tests.newsday.plan import Size

SHORT = Course(
    size=Size(
        feeds=160, hosts=32, seconds=32, items_a_feed=3, interval_seconds=6, spacing_seconds=1.0, seed=3
    ),
    fetcher=SHORT_LEASES,
    kills=(9.0, 21.0),
    restarts=(15.0,),
    calm_seconds=100,
    looks="20",
)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_item_is_missed_or_doubled_and_every_host_is_treated_politely(tmp_path: Path) -> None:
    """Three fetchers, two of them killed, Redis killed once: seen from the servers' side and from the streams."""
    outcome = live(tmp_path, SHORT)

    assert outcome.findings == []
    assert outcome.figures["expectedItems"] > 300
    assert outcome.figures["pagesNotModifiedAtALook"] > 50
    assert outcome.figures["shocks"] == 4
