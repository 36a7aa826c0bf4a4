"""Which event type carries which model and belongs on which stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from copytaster_schemas.article import ArticleFetched
from copytaster_schemas.base import EventModel
from copytaster_schemas.cluster import ClusterChanged
from copytaster_schemas.link import StoryCompared
from copytaster_schemas.notices import DecisionMade, EntryDied, FeedChanged, ItemDropped
from copytaster_schemas.story import Story


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type: its name on the wire, its data model, its stream."""

    name: str
    model: type[EventModel]
    stream: str


ARTICLE_FETCHED: Final = EventType("copytaster.article.fetched.v1", ArticleFetched, "articles")
STORY_PUBLISHED: Final = EventType("copytaster.story.published.v1", Story, "stories")
STORY_REVISED: Final = EventType("copytaster.story.revised.v1", Story, "stories")
STORY_WITHDRAWN: Final = EventType("copytaster.story.withdrawn.v1", Story, "stories")
STORY_COMPARED: Final = EventType("copytaster.story.compared.v1", StoryCompared, "links")
CLUSTER_CHANGED: Final = EventType("copytaster.cluster.changed.v1", ClusterChanged, "clusters")
DECISION_MADE: Final = EventType("copytaster.decision.made.v1", DecisionMade, "decisions")
FEED_CHANGED: Final = EventType("copytaster.feed.changed.v1", FeedChanged, "feeds")
ITEM_DROPPED: Final = EventType("copytaster.item.dropped.v1", ItemDropped, "drops")
ENTRY_DIED: Final = EventType("copytaster.entry.died.v1", EntryDied, "dead")

EVENT_TYPES: Final = {
    event.name: event
    for event in (
        ARTICLE_FETCHED,
        STORY_PUBLISHED,
        STORY_REVISED,
        STORY_WITHDRAWN,
        STORY_COMPARED,
        CLUSTER_CHANGED,
        DECISION_MADE,
        FEED_CHANGED,
        ITEM_DROPPED,
        ENTRY_DIED,
    )
}
