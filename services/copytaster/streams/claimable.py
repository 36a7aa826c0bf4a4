"""Decides about an entry that somebody holds: leave it, take it over, run it alone, or give it up. Pure.

The rules, in this order:
- A failed entry waits until its back-off is over; then anybody may take it, for nobody works on it.
- An entry of a living process is left alone until it has given no sign for the idle time.
- An entry of a process that is gone may be taken at once.
- An entry whose deliveries ended `ALONE_AFTER_KILLS` times without any outcome is under suspicion of killing its process: it runs
  alone, so that it takes no others along. At `DEAD_AFTER_KILLS` it goes to `dead`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from copytaster.streams.failures import Failures

ALONE_AFTER_KILLS: Final = 3
DEAD_AFTER_KILLS: Final = 20
"""Choices: two kills may be bad luck (a deployment, a full host). Alone it harms nobody, so it gets many more chances, and a person is
told only when no luck explains it."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One row of XPENDING."""

    entry_id: str
    consumer: str
    idle_ms: int
    deliveries: int


class Verdict(Enum):
    """What is to be done about an entry."""

    LEAVE = auto()
    TAKE = auto()
    TAKE_ALONE = auto()
    GIVE_UP = auto()


def kills(pending: Pending, failures: Failures) -> int:
    """How many deliveries ended without an outcome: its process was killed, or lost the entry to another."""
    return max(pending.deliveries - failures.handled, 0)


def judge(pending: Pending, failures: Failures, *, now_ms: int, holder_gone: bool, idle_ms: int) -> Verdict:
    """What is to be done about an entry that this process does not work on; `now_ms` is the server's clock."""
    failed_since_delivery = failures.due_ms > now_ms - pending.idle_ms
    if failed_since_delivery:
        if now_ms < failures.due_ms:
            return Verdict.LEAVE
    elif not holder_gone and pending.idle_ms < idle_ms:
        return Verdict.LEAVE
    without_outcome = kills(pending, failures)
    if without_outcome >= DEAD_AFTER_KILLS:
        return Verdict.GIVE_UP
    return Verdict.TAKE_ALONE if without_outcome >= ALONE_AFTER_KILLS else Verdict.TAKE
