"""Who may take over which entry, as a rule without a server."""

from __future__ import annotations

import pytest

from copytaster.streams.claimable import DEAD_AFTER_KILLS, Pending, Verdict, judge
from copytaster.streams.consumers import gone
from copytaster.streams.failures import Failures

NOW_MS = 1_000_000_000
IDLE_MS = 60_000
NONE = Failures()

CASES = {
    "held by a living process": (5_000, 1, NONE, False, Verdict.LEAVE),
    "held by a process that is gone": (5_000, 1, NONE, True, Verdict.TAKE),
    "idle for too long, whoever holds it": (IDLE_MS, 1, NONE, False, Verdict.TAKE),
    "failed, within its back-off, the process gone": (
        90_000,
        1,
        Failures(1, 1, NOW_MS + 1),
        True,
        Verdict.LEAVE,
    ),
    "failed, its back-off over, the process alive": (9_000, 1, Failures(1, 1, NOW_MS), False, Verdict.TAKE),
    "failed once, tried again by a living process": (
        5_000,
        2,
        Failures(1, 1, NOW_MS - 8_000),
        False,
        Verdict.LEAVE,
    ),
    "killed its process twice": (IDLE_MS, 2, NONE, True, Verdict.TAKE),
    "killed its process three times": (IDLE_MS, 3, NONE, True, Verdict.TAKE_ALONE),
    "killed twice and failed twice": (IDLE_MS, 4, Failures(2, 2, 1), True, Verdict.TAKE),
    "killed its process too often": (IDLE_MS, DEAD_AFTER_KILLS, NONE, True, Verdict.GIVE_UP),
    "killed too often, but a living process tries it": (5_000, DEAD_AFTER_KILLS, NONE, False, Verdict.LEAVE),
}


@pytest.mark.parametrize(
    ("idle_ms", "deliveries", "failures", "holder_gone", "verdict"), CASES.values(), ids=CASES
)
def test_an_entry_is_judged_by_its_holder_its_failures_and_its_kills(
    idle_ms: int, deliveries: int, failures: Failures, holder_gone: bool, verdict: Verdict
) -> None:
    """Each rule of the module, at its boundary."""
    pending = Pending("1-0", "somebody", idle_ms, deliveries)

    judged = judge(pending, failures, now_ms=NOW_MS, holder_gone=holder_gone, idle_ms=IDLE_MS)

    assert judged is verdict


def test_a_silent_process_is_gone_unless_redis_was_away_meanwhile() -> None:
    """After an outage everybody has been silent, the living too."""
    rows = [{"name": b"silent", "idle": 30_000}, {"name": b"alive", "idle": 900}]

    assert gone(rows, silent_ms=30_000, steady=True) == {"silent"}
    assert gone(rows, silent_ms=30_000, steady=False) == frozenset()
