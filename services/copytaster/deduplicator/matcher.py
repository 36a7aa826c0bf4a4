"""Decides one story against many: features once a version, then every pair. Pure but for a bounded memory of features."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from copytaster.deduplicator.decide import PairDecision, compare
from copytaster.deduplicator.encoder import Encoder
from copytaster.deduplicator.encoding import encoded
from copytaster.deduplicator.features import Features, features
from copytaster.deduplicator.policy import Policy
from copytaster.deduplicator.record import StoryRecord

REMEMBERED: Final = 1_000
"""Features kept in memory: about 108 KiB each (measured), so about 100 MiB at most."""


class Matcher:
    """Pair decisions under one policy; what it remembers changes the speed only, never a decision."""

    def __init__(self, policy: Policy, encoder: Encoder | None = None) -> None:
        """`encoder` gives new records their sentence vectors; without one they stay without."""
        self.policy = policy
        self._encoder = encoder
        self._known: OrderedDict[StoryRecord, Features] = OrderedDict()

    def features_of(self, record: StoryRecord) -> Features:
        """The features of a record, computed at most once while it is remembered."""
        found = self._known.get(record)
        if found is None:
            found = self._known[record] = features(record, self.policy)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(record)
        return found

    def encoded(self, record: StoryRecord) -> StoryRecord:
        """The record with its sentence vectors, if there is an encoder; raises RetryLater when that fails."""
        story = encoded(self.features_of(record), self._encoder, self.policy)
        if story.record is not record:
            self._known.pop(record, None)
            self._known[story.record] = story
        return story.record

    def decide(self, record: StoryRecord, others: Iterable[StoryRecord]) -> list[PairDecision]:
        """The decisions of `record` (as a) with each of `others` (as b), in their order."""
        mine = self.features_of(record)
        return [compare(mine, self.features_of(other), self.policy) for other in others]
