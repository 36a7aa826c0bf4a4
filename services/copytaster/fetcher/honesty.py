"""Whether a server's validators tell the truth: an occasional poll without them, and what its answer proves.

Pure. Some servers send the same ETag or Last-Modified for a document that has changed, and answer 304 to whoever sends it
back (research/fetching.md, 0.7). Such a validator hides items for ever, so it is put away for a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from copytaster.fetcher.feedstate import FeedState

FIRST_PROBE: Final = 50
"""At first one poll in so many is made without validators (research/fetching.md, 6) ..."""

LAST_PROBE: Final = 500
"""... and in the end one in so many: each probe that was passed adds FIRST_PROBE."""

DISTRUST_MS: Final = 30 * 86_400_000
"""How long a validator that hid items is not sent (research/fetching.md, 6)."""


def trusts(state: FeedState, *, now_ms: int) -> bool:
    """Whether there are validators, and they have not been put away."""
    if state.etag is None and state.last_modified is None:
        return False
    return state.distrust_until_ms is None or now_ms >= state.distrust_until_ms


def asks_plainly(state: FeedState, *, now_ms: int, chance: float) -> bool:
    """Whether this poll goes without validators; `chance` is a random number in [0, 1)."""
    if not trusts(state, now_ms=now_ms):
        return True
    return chance < 1 / min(FIRST_PROBE * (1 + state.honest_probes), LAST_PROBE)


def validator_lied(state: FeedState, headers: Mapping[str, str], *, arrived: int) -> bool:
    """Whether an answer to a plain poll shows that the stored validators would have hidden its `arrived` items.

    It does when it carries the very validator that a conditional poll would have sent: the ETag, and Last-Modified
    only without one, for it is not looked at beside an ETag (RFC 9110, 13.1.3).
    """
    if not arrived:
        return False
    etag = headers.get("etag")
    if state.etag is not None or etag is not None:
        return state.etag == etag
    return state.last_modified is not None and state.last_modified == headers.get("last-modified")
