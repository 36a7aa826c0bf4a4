"""Whose turn it is to be decided: at most so many at a time, and of one subject one after the other. Pure bookkeeping.

Nobody waits here: what has no turn yet has no task either, which is cheaper than a task and a lock for each entry.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Work by subject, begun in the order in which it came."""

    def __init__(self, at_once: int) -> None:
        """At most `at_once` have a turn at a time."""
        self._free = at_once
        self._ready: deque[T] = deque()
        self._behind: dict[bytes, deque[T]] = {}
        """For each subject in hand, what has to wait until the one before it has ended."""

    def enter(self, subject: bytes, work: T) -> None:
        """Line up behind all that came before; of the same subject, until it has ended."""
        behind = self._behind.get(subject)
        if behind is None:
            self._behind[subject] = deque()
            self._ready.append(work)
        else:
            behind.append(work)

    def take(self) -> T | None:
        """What has its turn now, to be ended by `leave`; None while nothing may begin."""
        if not self._free or not self._ready:
            return None
        self._free -= 1
        return self._ready.popleft()

    def leave(self, subject: bytes) -> None:
        """Note that the work of this subject which had its turn has ended."""
        self._free += 1
        behind = self._behind[subject]
        if behind:
            self._ready.append(behind.popleft())
        else:
            del self._behind[subject]
