"""A feed document as JSON and back, for the way between the process that reads it and the one that polls. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from copytaster.fetcher.dates import FeedTime
from copytaster.fetcher.document import FeedDocument, FeedItem


def document_to_json(document: FeedDocument) -> str:
    """The document as one line of JSON."""
    return json.dumps(asdict(document), default=datetime.isoformat, ensure_ascii=False)


def document_from_json(text: str | bytes) -> FeedDocument:
    """The document that `document_to_json` made the text from."""
    values: dict[str, Any] = json.loads(text)
    items = tuple(_item(item) for item in values["items"])
    return FeedDocument(**{**values, "items": items, "children": tuple(values["children"])})


def _item(values: dict[str, Any]) -> FeedItem:
    return FeedItem(
        **{
            **values,
            "published": _time(values["published"]),
            "updated": _time(values["updated"]),
            "authors": tuple(values["authors"]),
            "categories": tuple(values["categories"]),
        }
    )


def _time(values: dict[str, Any] | None) -> FeedTime | None:
    if values is None:
        return None
    return FeedTime(datetime.fromisoformat(values["at"]), bool(values["has_time"]))
