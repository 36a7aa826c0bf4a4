"""The benchmark's small sister: at equal polls the product's schedule sees items sooner than a fixed interval does."""

from __future__ import annotations

import random

from benchmarks.scheduling.arrivals import DAY, sources
from benchmarks.scheduling.policies import Fixed, Ours
from benchmarks.scheduling.simulation import matched, simulate

FEEDS = 30
BUDGET = FEEDS / 3600


def test_the_budget_is_met_and_items_are_seen_a_quarter_sooner_than_by_a_fixed_interval() -> None:
    """Thirty feeds with exponential gaps over four days, the first two of which teach the rates."""
    rng = random.Random(3)
    made = sources([[rng.expovariate(1) for _ in range(40)]], feeds=FEEDS, days=4, seed=5)
    ours = simulate(made, Ours(BUDGET), warm_up_days=2, days=2)
    _, fixed = matched(
        lambda knob: simulate(made, Fixed(knob), warm_up_days=2, days=2), ours.polls, 3000, 4300, rises=False
    )

    assert 0.9 <= ours.polls / (BUDGET * 2 * DAY) <= 1.1
    assert abs(fixed.polls - ours.polls) <= 0.01 * ours.polls
    assert ours.mean < 0.75 * fixed.mean
