"""The census of the feeds that are polled: how many there are of each class of rate and bounds (see `pace`).

Pure. Every poll moves its feed from one class to another in the step that stores the feed's state, so that the census is
right at any moment, without a leader and without a look at all feeds.
"""

from __future__ import annotations

from copytaster.keys import Keys
from copytaster.streams.effects import Effects


def census_key(keys: Keys) -> str:
    """The key of the census: a hash from class to number of feeds."""
    return keys.key("feeds", "census")


def recount(step: Effects, keys: Keys, before: str | None, after: str | None) -> None:
    """Let `step` count a feed in the class `after` that was in the class `before`; None is no class."""
    if before == after:
        return
    if before is not None:
        step.op("HINCRBY", census_key(keys), before, -1)
    if after is not None:
        step.op("HINCRBY", census_key(keys), after, 1)
