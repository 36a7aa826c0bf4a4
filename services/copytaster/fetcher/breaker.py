"""The breaker of a host: when nobody there answers, all its feeds and pages wait for one probe.

Pure. Opens after failures of the connection alone, five in a row and of at least two feeds, for a minute that doubles up
to an hour (research/fetching.md, 6). The claim script keeps it: it holds members of an open host back and lets one probe
through when the time is over. A host whose web server answers, with whatever status, is not broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from copytaster.fetcher.outcomes import Failure

OPEN_AFTER: Final = 5
FIRST_OPEN_MS: Final = 60_000
LONGEST_OPEN_MS: Final = 3_600_000

FIELDS: Final = ("broken", "broken_by", "opened", "open_until", "probe_until")
"""Fields of the host's hash: failures in a row, the first feed among them or `*` for several, how often the breaker has
opened, until when it is open, until when a probe is on its way (server's ms)."""

UNREACHABLE: Final = frozenset({Failure.DNS, Failure.CONNECTION, Failure.TIMEOUT, Failure.TLS})


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is stored of a host's breaker; nothing for a host that answers."""

    broken: int = 0
    broken_by: str = ""
    opened: int = 0
    open_until_ms: int = 0

    @staticmethod
    def from_hash(fields: Mapping[str, bytes | None]) -> Breaker:
        """The breaker in the fields of the host's hash."""
        return Breaker(
            int(fields.get("broken") or 0),
            (fields.get("broken_by") or b"").decode(),
            int(fields.get("opened") or 0),
            int(fields.get("open_until") or 0),
        )


def after_failure(breaker: Breaker, feed_id: str, *, now_ms: int) -> dict[str, str | int]:
    """The fields to write after one more poll of the host that got no connection.

    `broken` itself is counted up in the step that writes them, so that polls that fail at once are all counted.
    """
    broken = breaker.broken + 1
    by = feed_id if breaker.broken_by in ("", feed_id) else "*"
    fields: dict[str, str | int] = {"broken_by": by}
    if breaker.opened and now_ms < breaker.open_until_ms:
        return fields  # it was on its way when the breaker opened
    if breaker.opened or (broken >= OPEN_AFTER and by == "*"):
        wait = min(FIRST_OPEN_MS * 2 ** min(breaker.opened, 10), LONGEST_OPEN_MS)
        fields |= {"opened": breaker.opened + 1, "open_until": now_ms + wait, "probe_until": 0}
    return fields
