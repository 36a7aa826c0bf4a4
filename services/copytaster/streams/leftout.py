"""Makes the `drops` entry of an input entry that its handler left out on purpose without saying more of it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from copytaster.errors import Discard
from copytaster.streams.effects import Effects, Outbox
from copytaster.streams.entries import Entry
from copytaster.streams.ledger.counting import Fate, Place, count
from copytaster_schemas import ItemDropped
from copytaster_schemas.identity import short_id
from copytaster_schemas.registry import ITEM_DROPPED


def drop_of(entry: Entry, reason: Discard, *, outbox: Outbox) -> Effects:
    """What tells of the drop; its subject is the entry, so that it is told once. Services that know the item tell more of it."""
    data = ItemDropped(
        article=getattr(entry.data, "article", entry.envelope.subject),
        sequence=getattr(entry.data, "sequence", 1),
        code=reason.code,
        detail=reason.detail or None,
        stage=outbox.service,
    )
    now = datetime.now(UTC)
    subject = f"{entry.envelope.id}/{outbox.service}"
    event = outbox.event(ITEM_DROPPED, subject, 1, data, time=now, cause=entry.cause, guard=None)
    effects = Effects(status="dropped", events=[event], facts={"code": reason.code})
    hour, item = getattr(entry.data, "ledger_hour", None), getattr(entry.data, "item", None)
    if hour and item:
        place = Place(short_id(item.feed), hour)
        count(effects, outbox.keys, place, Fate.DROPPED, reason.code, now_ms=int(now.timestamp() * 1000))
    return effects
