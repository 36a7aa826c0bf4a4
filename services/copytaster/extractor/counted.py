"""What a fetched article's outcome is in the ledger. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from copytaster.keys import Keys
from copytaster.streams.effects import Effects
from copytaster.streams.ledger.counting import Fate, Place, Tally, hour_of
from copytaster_schemas import ArticleFetched
from copytaster_schemas.identity import short_id

_FATES: Final = {
    "published": Fate.PUBLISHED,
    "revised": Fate.REVISED,
    "withdrawn": Fate.WITHDRAWN,
    "unchanged": Fate.UNCHANGED,
    "dropped": Fate.DROPPED,
    "superseded": Fate.DROPPED,
}
"""By the status of the effects; KeyError for another one, so that none is forgotten."""

_TOLD: Final = frozenset({"published", "revised", "withdrawn", "dropped"})
"""Statuses that put an event on a stream."""


def count_fate(effects: Effects, keys: Keys, article: ArticleFetched, *, now: datetime) -> None:
    """Let `effects` count the end of the item that the article was fetched for, in the hour that travelled with it.

    A page that was fetched again without any item asking for it is an item of its own only where it brings something: then it
    is seen and ended at once, in the present hour. Nothing new on it, and nothing is counted.
    """
    now_ms = int(now.timestamp() * 1000)
    fate = _FATES[effects.status]
    feed_id = short_id(article.item.feed)
    tally = Tally()
    if article.ledger_hour is None:
        if effects.status not in _TOLD:
            return
        tally.add(Place(feed_id, hour_of(now_ms)), Fate.SEEN)
    place = Place(feed_id, article.ledger_hour or hour_of(now_ms))
    code = str(effects.facts.get("code", effects.status)) if fate is Fate.DROPPED else ""
    tally.add(place, fate, code)
    tally.write(effects, keys, now_ms=now_ms)
