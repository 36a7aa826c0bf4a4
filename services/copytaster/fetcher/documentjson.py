"""A feed document as lines of JSON and back, for the way between the process that reads it and the one that polls.

Pure. The first line is the document without its items, then a line an item; a value has its place, not a name. Many short
lines, so that the reader of a hostile answer never decodes for long without a pause.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from copytaster.fetcher.dates import FeedTime
from copytaster.fetcher.document import FeedDocument, FeedItem

_ITEM_FIELDS: Final = tuple(field.name for field in fields(FeedItem))
_TIMES: Final = tuple(_ITEM_FIELDS.index(name) for name in ("published", "updated"))
_LISTS: Final = tuple(_ITEM_FIELDS.index(name) for name in ("authors", "categories"))


def document_to_lines(document: FeedDocument) -> list[str]:
    """The lines of a document, without line ends."""
    head = {
        field.name: getattr(document, field.name) for field in fields(FeedDocument) if field.name != "items"
    }
    return [_dump(head), *(_dump(_values(item)) for item in document.items)]


def document_from_lines(lines: Sequence[str | bytes]) -> FeedDocument:
    """The document that `document_to_lines` made the lines from."""
    head: dict[str, Any] = json.loads(lines[0])
    head["children"] = tuple(head["children"])
    return FeedDocument(**head, items=tuple(_item(json.loads(line)) for line in lines[1:]))


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _values(item: FeedItem) -> list[Any]:
    values = [getattr(item, name) for name in _ITEM_FIELDS]
    for place in _TIMES:
        time: FeedTime | None = values[place]
        values[place] = None if time is None else [time.at.isoformat(), time.has_time]
    return values


def _item(values: list[Any]) -> FeedItem:
    for place in _TIMES:
        if (time := values[place]) is not None:
            values[place] = FeedTime(datetime.fromisoformat(time[0]), time[1])
    for place in _LISTS:
        values[place] = tuple(values[place])
    return FeedItem(*values)
