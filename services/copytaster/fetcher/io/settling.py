"""Commits the end of one claimed article, made again from its counters as they stand until it holds or has no effect."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from copytaster.fetcher.io.store import ArticleState, Store
from copytaster.streams.commit import Outcome
from copytaster.streams.effects import Effects
from copytaster.streams.patience import Patience

MAX_ROUNDS: Final = 10
"""Commits made again because the article's counters moved meanwhile; more means a bug."""


async def settle(
    store: Store,
    patience: Patience,
    article_id: str,
    fence: int,
    build: Callable[[ArticleState], Effects],
) -> bool:
    """Whether what `build` makes of the article's counters took effect; False when the claim `fence` was overtaken."""
    for _ in range(MAX_ROUNDS):
        state = await patience.until_redis_answers(partial(store.article, article_id))
        if state.done_fence == fence:
            return True
        if state.fence != fence:
            break
        outcome = await patience.until_redis_answers(partial(store.commit, build(state)))
        if outcome is Outcome.COMMITTED:
            return True
    return False
