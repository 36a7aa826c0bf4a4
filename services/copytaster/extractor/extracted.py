"""The result of an extraction: frozen plain values that pickle, and the forms in which it is given out.

Used by the service, by `copytaster extract` and by the benchmark alike. Knows no page and no tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from copytaster.extractor.dates import Dated
from copytaster.text.credits import Credit
from copytaster_schemas.story import (
    AltId,
    Association,
    Body,
    Delta,
    FurnitureSpan,
    Headline,
    InfoSource,
    Located,
    Provider,
    Story,
    Subject,
)
from copytaster_schemas.story import Credit as StoryCredit


@dataclass(frozen=True, slots=True)
class Extracted:
    """One page, read. `key` names the story (`copytaster_schemas.identity.story_urn`), `url` is the final address.

    `text` has a line per paragraph, subheadings and list items in, without title, lead and captions. `published` and
    `modified` are None where nothing states them.
    """

    uri: str
    key: str
    url: str
    canonical_url: str | None
    title: str | None
    lead: str | None
    text: str
    captions: tuple[str, ...]
    byline: str
    authors: tuple[str, ...]
    published: Dated | None
    modified: Dated | None
    language: str | None
    site: str
    outlet: str
    section: str | None
    keywords: tuple[str, ...]
    image_url: str | None
    usage_terms: str | None
    is_accessible_for_free: bool | None
    body_scope: str
    located: str | None
    correction_note: str | None
    live_ticker: bool
    credits: tuple[Credit, ...]
    text_hash: str
    charset: str
    escalated: bool
    text_from: str | None = None
    """`feed` where the text is the feed's; `url` is empty where there is no page at all."""


def flat(extracted: Extracted) -> dict[str, Any]:
    """The fixed form of `copytaster extract --flat`; absent values are left out, lists may be empty."""
    values: dict[str, Any] = {
        "title": extracted.title,
        "lead": extracted.lead,
        "text": extracted.text,
        "authors": list(extracted.authors),
        "published": extracted.published.iso() if extracted.published else None,
        "updated": extracted.modified.iso() if extracted.modified else None,
        "language": extracted.language,
        "canonicalUrl": extracted.canonical_url or extracted.url,
        "site": extracted.outlet,
        "captions": list(extracted.captions),
        "credits": [credit_dict(credit) for credit in extracted.credits],
    }
    return {name: value for name, value in values.items() if value is not None}


def credit_dict(credit: Credit) -> dict[str, Any]:
    """A credit in the fixed form of `copytaster credits`; `agency` is null for a bare address, offsets may be absent."""
    values: dict[str, Any] = {
        "agency": credit.agency,
        "role": credit.role,
        "field": credit.field,
        "begin": credit.begin,
        "end": credit.end,
        "quote": credit.quote,
        "rule": credit.rule,
        "confidence": credit.confidence,
    }
    return {name: value for name, value in values.items() if value is not None or name == "agency"}


def to_story(
    extracted: Extracted,
    *,
    version: int,
    recorded: datetime,
    first_recorded: datetime,
    feed: str | None = None,
    outlet: str | None = None,
    alt_ids: tuple[tuple[str, str], ...] = (),
    delta: Delta | None = None,
    furniture: tuple[FurnitureSpan, ...] = (),
) -> Story:
    """The story as published: `version` and the two times of record are the caller's; `outlet` is the feed list's name."""
    ids = [
        *([("url", extracted.url)] if extracted.url else []),
        *([("canonical", extracted.canonical_url)] if extracted.canonical_url else []),
        *alt_ids,
    ]
    return Story(
        uri=extracted.uri,
        version=version,
        headlines=[Headline(value=extracted.title)] if extracted.title else [],
        bodies=[_body(extracted.text)],
        lead=extracted.lead,
        captions=list(extracted.captions),
        by=extracted.byline or None,
        authors=list(extracted.authors),
        located=Located(name=extracted.located) if extracted.located else None,
        language=extracted.language,
        version_created=recorded,
        first_created=first_recorded,
        content_created=extracted.published.at if extracted.published else None,
        content_created_basis=extracted.published.basis if extracted.published else None,
        content_created_precision=extracted.published.precision if extracted.published else None,
        content_modified=extracted.modified.at if extracted.modified else None,
        info_sources=_info_sources(extracted.credits),
        alt_ids=[AltId(role=role, value=value) for role, value in ids],
        subjects=_subjects(extracted),
        associations=_associations(extracted),
        usage_terms=extracted.usage_terms,
        is_accessible_for_free=extracted.is_accessible_for_free,
        body_scope=extracted.body_scope,
        text_from=extracted.text_from,
        correction_note=extracted.correction_note,
        live_ticker=extracted.live_ticker or None,
        credits=[_story_credit(credit) for credit in extracted.credits],
        furniture=list(furniture),
        provider=Provider(outlet=extracted.site, name=outlet or extracted.outlet, feed=feed),
        delta=delta,
        text_hash=extracted.text_hash,
    )


def _body(text: str) -> Body:
    return Body(char_count=len(text), word_count=len(text.split()), value=text)


def _info_sources(credits: tuple[Credit, ...]) -> list[InfoSource]:
    return [
        InfoSource(name=credit.agency or credit.quote, role=credit.role, literal=credit.quote)
        for credit in credits
        if credit.role != "photo"
    ]


def _subjects(extracted: Extracted) -> list[Subject]:
    section = [Subject(name=extracted.section, creator="section")] if extracted.section else []
    return section + [Subject(name=word, creator="keyword") for word in extracted.keywords]


def _associations(extracted: Extracted) -> list[Association]:
    photos = [c.quote for c in extracted.credits if c.role == "photo"]
    main = (
        [Association(name="main", uri=extracted.image_url, credit_line=photos[0] if photos else None)]
        if extracted.image_url
        else []
    )
    return main + [
        Association(name=f"picture{number}", description_text=caption)
        for number, caption in enumerate(extracted.captions, start=1)
    ]


def _story_credit(credit: Credit) -> StoryCredit:
    return StoryCredit(
        agency=credit.agency,
        role=credit.role,
        field=credit.field,
        begin=credit.begin,
        end=credit.end,
        quote=credit.quote,
        rule=credit.rule,
        confidence=credit.confidence,
    )
