"""When a feed that is redirected has really moved: proof first, for a maintenance page redirects, too.

Pure. A move is proven by three polls in a row over at least a day, each redirected to the same place by permanent
redirects alone, where a feed stands that lists an item we know (research/fetching.md, 6).
"""

from __future__ import annotations

from typing import Final

from copytaster.fetcher.feedstate import FeedState
from copytaster.text.urls import BadUrl, url_key
from copytaster_schemas.identity import feed_urn, short_id

PROOF_POLLS: Final = 3
PROOF_MS: Final = 86_400_000

NO_MOVE: Final = {"moved_to": "", "moved_since_ms": "", "moved_polls": "", "moved_proven": ""}
"""The fields of a feed that is not redirected."""


def move_fields(state: FeedState, target: str | None, *, proven: bool, now_ms: int) -> dict[str, str]:
    """The fields of the proof after a poll that answered.

    `target` is where permanent redirects led, None without; `proven`: a feed with a known item stood there.
    """
    if target is None or target == state.url:
        return dict(NO_MOVE) if state.moved_to else {}
    same = target == state.moved_to
    since = state.moved_since_ms if same and state.moved_since_ms is not None else now_ms
    return {
        "moved_to": target,
        "moved_since_ms": str(since),
        "moved_polls": str(state.moved_polls + 1 if same else 1),
        "moved_proven": "1" if proven or (same and state.moved_proven) else "",
    }


def has_moved(fields: dict[str, str], now_ms: int) -> bool:
    """Whether the fields of `move_fields` are proof enough."""
    return (
        bool(fields.get("moved_proven"))
        and int(fields["moved_polls"]) >= PROOF_POLLS
        and now_ms - int(fields["moved_since_ms"]) >= PROOF_MS
    )


def wants_body(state: FeedState) -> bool:
    """Whether the proof lacks nothing but a look at the document, so that the poll has to go without validators."""
    return state.moved_polls >= PROOF_POLLS - 1 and not state.moved_proven


def feed_id_of(url: str) -> str | None:
    """The id that a feed added under this address has; None for no address."""
    try:
        return short_id(feed_urn(url_key(url)))
    except BadUrl:
        return None
