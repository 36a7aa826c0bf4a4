"""From a page's bytes to a story's values: the one entry of the extractor's core. No I/O, no clock."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from copytaster.errors import Discard
from copytaster.extractor.body import Body, page_body
from copytaster.extractor.bylines import Byline, signature
from copytaster.extractor.captions import page_captions
from copytaster.extractor.dates import selected
from copytaster.extractor.decode import Decoded, decode
from copytaster.extractor.dom_credits import dom_credits
from copytaster.extractor.extracted import Extracted, flat, to_story
from copytaster.extractor.jsonld import article_node, string
from copytaster.extractor.lead import page_lead
from copytaster.extractor.metadata import Metadata, page_metadata
from copytaster.extractor.overrides import (
    NONE,
    Overrides,
    SiteRules,
    body_lines,
    selected_texts,
    stated_date,
)
from copytaster.extractor.page import Page, parse_page, text_of
from copytaster.extractor.titles import fold
from copytaster.extractor.versions import text_hash
from copytaster.extractor.walls import is_teaser, refuse_wall
from copytaster.text.credits import Credit, collect_credits, find_dateline, settle_roles
from copytaster.text.credits.model import CITED_URL, ORIGINATOR
from copytaster.text.language import guess_language
from copytaster.text.urls import BadUrl, fetch_url, url_key
from copytaster_schemas.article import FeedItem
from copytaster_schemas.identity import story_urn

__all__ = ["Extracted", "Reading", "extract_page", "flat", "read_page", "to_story"]

MIN_SIGNED_PARAGRAPHS: Final = 3
"""In a shorter text the last line may be a heading."""

_CORRECTION: Final = re.compile(
    r"^\W*(?:(?:corrections?|clarification|berichtigung|korrektur|richtigstellung|rectificatif|correctif|corrección|rectificación|errata|"
    r"correzione|rettifica|sprostowanie|исправление|уточнение|виправлення|уточнення|düzeltme|đính chính)\b|"
    r"\((?:corrects|berichtigt|korrigiert|corrige)\b)",
    re.IGNORECASE,
)


def extract_page(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    feed_item: FeedItem | None = None,
    overrides: Overrides = NONE,
) -> Extracted:
    """The story on a page fetched from `url` (after redirects).

    `content_type` is the HTTP header's value. What the page leaves out (title, authors, times) is taken from the feed
    item; `overrides` are the operator's own selectors. Raises `Discard` with the code for what is left out: bad_url, empty_body, body_too_large, not_html, too_complex, and the
    walls of `walls.refuse_wall`.
    """
    reading = read_page(body, url=url, content_type=content_type, feed_item=feed_item, overrides=overrides)
    refuse_wall(
        reading.page,
        reading.decoded.html,
        title=reading.metadata.title or "",
        text=reading.content.text,
        lead=reading.lead,
    )
    return _assembled(reading)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read on a page, before anyone asks whether it is a story; `captions` are those of pictures and of the text."""

    decoded: Decoded
    page: Page
    metadata: Metadata
    content: Body
    lead: str | None
    captions: tuple[str, ...]
    stated_credits: tuple[str, ...] = ()
    """The texts that an operator's selector names as credits."""


def read_page(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    feed_item: FeedItem | None = None,
    overrides: Overrides = NONE,
) -> Reading:
    """The parts of a page, walls too. Raises `Discard` for what is no page: see `extract_page`."""
    try:
        final_url = fetch_url(url)
        decoded = decode(body, content_type)
        page = parse_page(decoded.html, url=final_url)
        metadata = page_metadata(page, feed_item)
    except BadUrl as error:
        raise Discard(error.code, str(error)) from None
    figure_captions = page_captions(page)
    article = article_node(page.jsonld)
    content = page_body(
        page,
        article,
        titles=_titles(page, metadata),
        captions=figure_captions,
        authors=frozenset(map(fold, metadata.byline.authors)),
    )
    content, metadata = _signed(content, metadata)
    rules = overrides.for_url(page.url)
    stated_credits: tuple[str, ...] = ()
    if rules is not None:
        content, metadata = _overridden(rules, page, content, metadata)
        stated_credits = tuple(selected_texts(rules.credit, page.tree)) if rules.credit is not None else ()
    lead = page_lead(
        page,
        _descriptions(page, metadata),
        title=metadata.title or "",
        paragraphs=content.paragraphs,
        captions=figure_captions,
    )
    captions = tuple(dict.fromkeys((*figure_captions, *content.captions)))
    return Reading(decoded, page, metadata, content, lead, captions, stated_credits)


def _overridden(rules: SiteRules, page: Page, content: Body, metadata: Metadata) -> tuple[Body, Metadata]:
    """Body and date as an operator's selectors find them; what they do not find is left as it was."""
    lines = body_lines(rules.body, page.tree) if rules.body is not None else []
    if lines:
        content = Body(tuple(lines), (), (), escalated=False)
    at = selected(stated_date(rules.date, page.tree), page.url) if rules.date is not None else None
    return content, replace(metadata, published=at) if at is not None else metadata


def _assembled(reading: Reading) -> Extracted:
    page, metadata, content, lead = reading.page, reading.metadata, reading.content, reading.lead
    key = _identity(page.url, metadata.canonical_url)
    dateline = find_dateline(content.text)
    teaser = is_teaser(content.text, accessible_for_free=metadata.is_accessible_for_free)
    sample = "\n".join(filter(None, (content.text, lead, metadata.title)))
    return Extracted(
        uri=story_urn(key),
        key=key,
        url=page.url,
        canonical_url=metadata.canonical_url,
        title=metadata.title,
        lead=lead,
        text=content.text,
        captions=reading.captions,
        byline=metadata.byline.printed,
        authors=metadata.byline.authors,
        published=metadata.published,
        modified=metadata.modified,
        language=guess_language(sample, declared=metadata.declared_language).code,
        site=metadata.outlet.site,
        outlet=metadata.outlet.name,
        section=metadata.section,
        keywords=metadata.keywords,
        image_url=metadata.image_url,
        usage_terms=metadata.usage_terms,
        is_accessible_for_free=False if teaser else metadata.is_accessible_for_free,
        body_scope="teaser" if teaser else "full",
        located=dateline.place if dateline else None,
        correction_note=next((line for line in content.paragraphs if _CORRECTION.match(line)), None),
        live_ticker=metadata.live,
        credits=_credits(reading),
        text_hash=text_hash(metadata.title, lead, content.text),
        charset=reading.decoded.charset,
        escalated=content.escalated,
    )


def _signed(content: Body, metadata: Metadata) -> tuple[Body, Metadata]:
    """Body and metadata with the author who signs at the end, where the page names none elsewhere."""
    if metadata.byline.authors or len(content.paragraphs) < MIN_SIGNED_PARAGRAPHS:
        return content, metadata
    author, alone = signature(content.paragraphs[-1])
    if author is None:
        return content, metadata
    byline = Byline((author,), metadata.byline.printed or content.paragraphs[-1])
    paragraphs = content.paragraphs[:-1] if alone else content.paragraphs
    return replace(content, paragraphs=paragraphs), replace(metadata, byline=byline)


def _identity(url: str, canonical: str | None) -> str:
    """The key of the story: the canonical address on the same site, unless it is the front page of a deeper one."""
    if canonical is None or (len(urlsplit(canonical).path) <= 1 and len(urlsplit(url).path) > 1):
        return url_key(url)
    return url_key(canonical)


def _titles(page: Page, metadata: Metadata) -> frozenset[str]:
    """Folded forms of the headline as it may be repeated in the body."""
    stated = [metadata.title, page.meta.get("og:title"), string(article_node(page.jsonld).get("headline"))]
    headings = [text_of(heading) for heading in page.tree.iter("h1")]
    return frozenset(filter(None, (fold(text or "") for text in (*stated, *headings))))


def _descriptions(page: Page, metadata: Metadata) -> tuple[str, ...]:
    stated = (
        metadata.description,
        page.meta.get("og:description"),
        page.meta.get("description"),
        page.meta.get("twitter:description"),
    )
    return tuple(dict.fromkeys(text for text in stated if text))


def _credits(reading: Reading) -> tuple[Credit, ...]:
    """The credits of all fields, settled together: text first, for its spans."""
    page, metadata, content, lead = reading.page, reading.metadata, reading.content, reading.lead
    found = collect_credits(content.text)
    found += collect_credits(lead or "", field="lead")
    found += collect_credits(metadata.byline.printed, field="byline")
    for caption in reading.captions:
        # Offsets into one of several captions would be ambiguous.
        found += [
            Credit(c.agency, c.role, c.field, None, None, c.quote, c.rule, c.confidence)
            for c in collect_credits(caption, field="caption")
        ]
    for line in (removed.line for removed in content.removed):
        found += [
            Credit(c.agency, c.role, "dom", None, None, c.quote, c.rule, c.confidence)
            for c in collect_credits(line)
            if c.role in {ORIGINATOR, CITED_URL}
        ]
    for text in reading.stated_credits:
        found += [
            Credit(c.agency, c.role, "dom", None, None, c.quote, "override", c.confidence)
            for c in collect_credits(text, field="byline")
        ]
    found += dom_credits(page, foreign_canonical=metadata.foreign_canonical)
    return tuple(settle_roles(found, len(content.text)))
