"""What becomes of a fetched article, as effects: a story published or revised, nothing new, a drop. Pure.

All that it depends on comes in as values: the stored state of article and story, the extraction, the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from copytaster.errors import Discard
from copytaster.extractor.delta import Outline, delta, outline
from copytaster.extractor.extracted import Extracted, to_story
from copytaster.extractor.furniture import Learned, slice_of, table_name
from copytaster.extractor.versions import (
    PUBLISHED,
    REVISED,
    UNCHANGED,
    WITHDRAWN,
    StoryState,
    decide,
)
from copytaster.keys import FURNITURE_SECONDS, OUTLINE_SECONDS, RECORD_SECONDS, STATE_SECONDS, Keys
from copytaster.streams.effects import Cause, Check, Effects, Guard, Outbox
from copytaster.text.urls import site_of
from copytaster_schemas import ArticleFetched, ItemDropped, Story
from copytaster_schemas.identity import short_id, urn_of
from copytaster_schemas.registry import ITEM_DROPPED, STORY_PUBLISHED, STORY_REVISED, STORY_WITHDRAWN
from copytaster_schemas.story import AltId, Headline, Provider

MAX_BODY_BYTES: Final = 48 * 1024
"""A longer body lies behind `dataref`, so that no event passes the 64 KiB that CloudEvents calls safe (design 3)."""

MAX_DETAIL_CHARS: Final = 300

NOTHING_LEARNED: Final = Learned()


@dataclass(frozen=True, slots=True)
class Stored:
    """The stored state of an article and of the story on its page; `first_created` as ISO 8601, None if unknown."""

    extracted_sequence: int = 0
    dropped: int = 0
    story_id: str | None = None
    """Short id of the story that the article became."""
    story: StoryState | None = None
    first_created: str | None = None
    outline: Outline | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Where effects go: the keys of the desk and the outbox of the extractor."""

    keys: Keys
    outbox: Outbox


def superseded(desk: Desk, article: ArticleFetched) -> Effects:
    """A newer fetch of the article was processed before: nothing but its bytes goes."""
    effects = Effects(status="superseded", facts={"article": article.article, "sequence": article.sequence})
    effects.op("UNLINK", desk.keys.key(article.dataref))
    return effects


def told(
    desk: Desk,
    article: ArticleFetched,
    found: Extracted,
    stored: Stored,
    *,
    cause: Cause,
    now: datetime,
    learned: Learned = NOTHING_LEARNED,
) -> Effects:
    """Published, revised or unchanged: the story's event and state, and the end of the page's bytes.

    `learned` are the marks of the story's furniture, and what the table of its outlet learns from a new story.
    """
    verdict = decide(stored.story, found.text_hash)
    effects = _finished(desk, article, status=verdict)
    effects.facts = {"story_uri": found.uri, "outlet": found.site, "language": found.language}
    # The article's address may differ from the story's: this is how one is found from the other.
    effects.op("HSET", desk.keys.key("article", short_id(article.article)), "story", short_id(found.uri))
    version_key = desk.keys.key("version", short_id(found.uri))
    if verdict == UNCHANGED:
        effects.op("EXPIRE", version_key, STATE_SECONDS)
        return effects
    version = (stored.story.version if stored.story else 0) + 1
    after = outline(found, version)
    first = datetime.fromisoformat(stored.first_created) if stored.first_created else now
    story = to_story(
        found,
        version=version,
        recorded=now,
        first_recorded=first,
        feed=article.item.feed,
        outlet=None,
        alt_ids=_alt_ids(article),
        delta=delta(stored.outline, after) if verdict == REVISED else None,
        furniture=learned.spans,
    )
    story = _without_long_body(effects, desk.keys, story)
    event_type = STORY_PUBLISHED if verdict == PUBLISHED else STORY_REVISED
    effects.events.append(
        desk.outbox.event(
            event_type, found.uri, version, story, time=now, cause=cause, guard=Guard(version_key)
        )
    )
    row = {
        "text_hash": found.text_hash,
        "first_created": first.isoformat(),
        "scope": found.body_scope,
        "withdrawn": "",
    }
    effects.write_hash(version_key, row, lifetime_seconds=STATE_SECONDS)
    effects.op("SET", desk.keys.key("outline", short_id(found.uri)), after.to_bytes(), "EX", OUTLINE_SECONDS)
    if verdict == PUBLISHED and learned.rows:
        table = desk.keys.key("furniture", table_name(found.site), str(slice_of(now)))
        effects.write_hash(table, learned.rows, lifetime_seconds=FURNITURE_SECONDS)
    effects.facts["version"] = version
    return effects


def objection(article: ArticleFetched, found: Extracted, stored: Stored) -> str | None:
    """Why a later look at a page says nothing of its story; None when it may revise it.

    Nothing is published because of such a look: an address that leads to another story by now, or that shows less of
    this one than before (a metered paywall), leaves the story as it is.
    """
    if not article.refetch:
        return None
    if stored.story_id != short_id(found.uri):
        return "another_story"
    if stored.story is not None and stored.story.scope == "full" and found.body_scope == "teaser":
        return "teaser"
    return None


def left_alone(desk: Desk, article: ArticleFetched, reason: str) -> Effects:
    """A later look at a page that says nothing of the story, for `reason`: the story stays as it is."""
    effects = _finished(desk, article, status=UNCHANGED)
    effects.facts = {"article": article.article, "reason": reason}
    return effects


def withdrawn(desk: Desk, article: ArticleFetched, stored: Stored, *, cause: Cause, now: datetime) -> Effects:
    """The page is gone: its story is withdrawn, once; its text stays with those who have it."""
    if stored.story_id is None or stored.story is None or stored.story.withdrawn:
        return left_alone(desk, article, "no_story" if stored.story is None else "withdrawn_before")
    effects = _finished(desk, article, status=WITHDRAWN)
    uri, version, item = urn_of(stored.story_id), stored.story.version + 1, article.item
    ids = (("url", article.requested_url), *_alt_ids(article))
    story = Story(
        uri=uri,
        version=version,
        pub_status="canceled",
        headlines=[Headline(value=item.title)] if item.title else [],
        version_created=now,
        first_created=datetime.fromisoformat(stored.first_created) if stored.first_created else now,
        alt_ids=[AltId(role=role, value=value) for role, value in ids],
        provider=Provider(outlet=site_of(article.requested_url), name=item.outlet, feed=item.feed),
        text_hash=stored.story.text_hash,
    )
    version_key = desk.keys.key("version", stored.story_id)
    effects.events.append(
        desk.outbox.event(
            STORY_WITHDRAWN, uri, version, story, time=now, cause=cause, guard=Guard(version_key)
        )
    )
    effects.write_hash(version_key, {"withdrawn": "1"}, lifetime_seconds=STATE_SECONDS)
    effects.facts = {"story_uri": uri, "version": version, "http_status": article.status}
    return effects


def left_out(
    desk: Desk, article: ArticleFetched, reason: Discard, stored: Stored, *, cause: Cause, now: datetime
) -> Effects:
    """A drop with its code; the page's bytes go."""
    item = article.item
    effects = _finished(desk, article, status="dropped")
    data = ItemDropped(
        article=article.article,
        sequence=stored.dropped + 1,
        code=reason.code,
        detail=reason.detail[:MAX_DETAIL_CHARS] or None,
        stage="extractor",
        feed=item.feed,
        guid=item.guid,
        url=article.final_url,
        title=item.title,
        status=article.status,
        first_seen=item.first_seen,
    )
    guard = Guard(desk.keys.key("article", short_id(article.article)), "dropped")
    effects.events.append(
        desk.outbox.event(
            ITEM_DROPPED, article.article, stored.dropped + 1, data, time=now, cause=cause, guard=guard
        )
    )
    effects.facts = {"article": article.article, "code": reason.code}
    return effects


def _finished(desk: Desk, article: ArticleFetched, *, status: str) -> Effects:
    """The end of one fetch: its sequence is the article's latest, its bytes go."""
    key = desk.keys.key("article", short_id(article.article))
    effects = Effects(status=status, checks=[Check(key, "extracted", "below", article.sequence)])
    effects.write_hash(key, {"extracted": article.sequence}, lifetime_seconds=STATE_SECONDS)
    effects.op("UNLINK", desk.keys.key(article.dataref))
    return effects


def _alt_ids(article: ArticleFetched) -> tuple[tuple[str, str], ...]:
    ids = []
    if article.requested_url != article.final_url:
        ids.append(("requested", article.requested_url))
    if article.item.guid:
        ids.append(("guid", article.item.guid))
    return tuple(ids)


def _without_long_body(effects: Effects, keys: Keys, story: Story) -> Story:
    text = story.text
    if len(text.encode()) <= MAX_BODY_BYTES:
        return story
    dataref = f"body:{short_id(story.uri)}:{story.version}"
    effects.op("SET", keys.key(dataref), text, "EX", RECORD_SECONDS)
    bodies = [body.model_copy(update={"value": None}) for body in story.bodies]
    return story.model_copy(update={"bodies": bodies, "dataref": dataref})
