"""The record of one story version: everything that a decision about it may see, and nothing else.

A record is what the store of record keeps beside the text's fingerprints, so `explain`, `verify` and `relink` decide from the
same facts as the service did. Building one reads no clock and asks nobody.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from copytaster.text.language import guess_language, primary_tag
from copytaster_schemas.story import Credit, Story

RECORD_FORMAT: Final = 2
"""First element of the stored JSON; a reader refuses a format that it does not know."""

WITHOUT_VECTORS: Final = 1
"""The format before there were sentence vectors; still read, since records live for weeks."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoryRecord:
    """One story version as the linker sees it; offsets are code points, end exclusive, into `text`.

    `vectors` are those of its first sentences in the short form of `vectors.Projection`, made by the `encoder` of that name.
    """

    id: str
    version: int
    title: str
    lead: str
    text: str
    language: str | None
    outlet: str
    family: str
    published_ms: int | None
    first_seen_ms: int
    url: str
    source_urls: tuple[str, ...] = ()
    credits: tuple[Credit, ...] = ()
    furniture: tuple[tuple[int, int], ...] = ()
    captions: tuple[str, ...] = ()
    vectors: bytes = b""
    encoder: str = ""

    @property
    def time_ms(self) -> int:
        """Publication, or first sight of an undated story, in milliseconds since 1970: what the window is measured with."""
        return self.first_seen_ms if self.published_ms is None else self.published_ms

    def with_furniture(self, spans: tuple[tuple[int, int], ...]) -> StoryRecord:
        """The same record with other furniture marks."""
        return replace(self, furniture=spans)


def from_story(story: Story) -> StoryRecord:
    """The record of a story event; `family` falls back to the outlet, the sources are the story's `cited_url` credits."""
    published = story.content_created
    return StoryRecord(
        id=story.uri,
        version=story.version,
        title=story.title,
        lead=story.lead or "",
        text=story.text,
        language=story.language,
        outlet=story.provider.outlet,
        family=story.provider.family or story.provider.outlet,
        published_ms=None if published is None else _milliseconds(published),
        first_seen_ms=_milliseconds(story.first_created),
        url=story.url,
        source_urls=_sources(story.credits),
        credits=tuple(story.credits),
        furniture=tuple((span.begin, span.end) for span in story.furniture),
        captions=tuple(story.captions),
    )


def from_line(line: Mapping[str, Any]) -> StoryRecord:
    """The record of a short line (id, text, title?, url?, outlet?, language?|lang?, published?) or of a full story's data.

    Raises ValueError with the reason when id or text is missing or a field has the wrong type; a text may be empty (then
    nothing can be said about the story). An unknown language is read from
    the text; credits are not looked for here (see `bulk.credited`).
    """
    if "uri" in line and "provider" in line:
        return from_story(Story.model_validate(line))
    if not isinstance(line.get("id"), str) or not line["id"].strip():
        raise ValueError("the field 'id' is missing, empty or not a string")
    if not isinstance(line.get("text"), str):
        raise ValueError("the field 'text' is missing or not a string")
    url = _optional(line, "url")
    outlet = _optional(line, "outlet") or (urlsplit(url).hostname or "" if url else "")
    published = _instant(_optional(line, "published"))
    text = line["text"]
    declared = _optional(line, "language") or _optional(line, "lang")
    return StoryRecord(
        id=line["id"],
        version=1,
        title=_optional(line, "title"),
        lead="",
        text=text,
        language=primary_tag(declared) or guess_language(text).code,
        outlet=outlet,
        family=outlet,
        published_ms=published,
        first_seen_ms=published or 0,
        url=url,
    )


def to_json(record: StoryRecord) -> str:
    """A compact JSON array for storing; `from_json` gives an equal record."""
    row = (
        RECORD_FORMAT,
        record.id,
        record.version,
        record.title,
        record.lead,
        record.text,
        record.language,
        record.outlet,
        record.family,
        record.published_ms,
        record.first_seen_ms,
        record.url,
        record.source_urls,
        [credit.to_dict() for credit in record.credits],
        record.furniture,
        record.captions,
        base64.b64encode(record.vectors).decode(),
        record.encoder,
    )
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def from_json(stored: str | bytes) -> StoryRecord:
    """The record that `to_json` wrote; ValueError when it is of another format."""
    row = json.loads(stored)
    if not isinstance(row, list) or not row or row[0] not in {WITHOUT_VECTORS, RECORD_FORMAT}:
        raise ValueError(f"a stored record of another format than {RECORD_FORMAT}")
    if row[0] == WITHOUT_VECTORS:
        row += ["", ""]
    (name, version, title, lead, text, language, outlet, family, published_ms, first_seen_ms, url) = row[1:12]
    sources, credit_rows, furniture, captions, vectors, encoder = row[12:]
    return StoryRecord(
        id=name,
        version=version,
        title=title,
        lead=lead,
        text=text,
        language=language,
        outlet=outlet,
        family=family,
        published_ms=published_ms,
        first_seen_ms=first_seen_ms,
        url=url,
        source_urls=tuple(sources),
        credits=tuple(Credit.model_validate(credit) for credit in credit_rows),
        furniture=tuple((begin, end) for begin, end in furniture),
        captions=tuple(captions),
        vectors=base64.b64decode(vectors),
        encoder=encoder,
    )


def _sources(credits: list[Credit]) -> tuple[str, ...]:
    return tuple(credit.quote for credit in credits if credit.role == "cited_url")


def _optional(line: Mapping[str, Any], name: str) -> str:
    value = line.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"the field {name!r} is not a string")
    return value


def _instant(written: str) -> int | None:
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"published is not an ISO 8601 time: {written[:40]!r}") from None
    return _milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
