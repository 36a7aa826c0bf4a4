"""One full event of every type, of our own writing: the source of `schemas/examples` and of the contract tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from copytaster_schemas import (
    AlignedSpan,
    ArticleFetched,
    ClusterChanged,
    Counts,
    Credit,
    DecisionMade,
    EntryDied,
    EventModel,
    Evidence,
    FeedChanged,
    FeedItem,
    ItemDropped,
    Link,
    Member,
    Origin,
    Reason,
    Shared,
    Story,
    StoryCompared,
    StoryVersion,
)
from copytaster_schemas.identity import article_urn, feed_urn, story_urn
from copytaster_schemas.story import AltId, Body, Delta, Headline, InfoSource, Located, Provider

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT: Final = "KARSTADT (TASS) - Der Hafen von Karstadt bleibt nach Angaben der Behörde bis Freitag gesperrt."
STORY: Final = story_urn("nordpost.example/hafen")
COPY: Final = story_urn("suedblatt.example/hafen-gesperrt")
CLUSTER: Final = "urn:uuid:3c1f9d0e-8f43-4b6e-9a54-0f6a4f1f8f10"
CREDIT: Final = Credit(
    agency="TASS",
    role="originator",
    field="text",
    begin=10,
    end=14,
    quote="TASS",
    rule="dateline",
    confidence=0.98,
)

_STORY = Story(
    uri=STORY,
    version=1,
    headlines=[Headline(value="Hafen von Karstadt bleibt gesperrt")],
    bodies=[Body(char_count=len(TEXT), word_count=14, value=TEXT)],
    located=Located(name="Karstadt"),
    language="de",
    version_created=NOON,
    first_created=NOON,
    content_created=NOON,
    content_created_basis="jsonld",
    content_created_precision="second",
    info_sources=[InfoSource(name="TASS", role="originator", literal="TASS")],
    alt_ids=[AltId(role="url", value="https://nordpost.example/hafen")],
    credits=[CREDIT],
    provider=Provider(outlet="nordpost.example", name="Nordpost", feed=feed_urn("nordpost.example/feed.xml")),
    text_hash="1:6c0f4d1b",
)

_ITEM = FeedItem(
    feed=feed_urn("nordpost.example/feed.xml"),
    guid="hafen-1",
    url="https://nordpost.example/hafen",
    title="Hafen von Karstadt bleibt gesperrt",
    published=NOON,
    first_seen=NOON,
    revision_hash="9b2d",
)

_LINK = Link(
    id="5f0c1f0a5d3b5e0e9a570b8f6c3f2a11",
    a=StoryVersion(uri=COPY, version=1),
    b=StoryVersion(uri=STORY, version=1),
    relation="near_copy",
    merges=True,
    confidence=0.97,
    direction="a_from_b",
    direction_basis=["credit", "time"],
    evidence=Evidence(
        scores={"coverageA": 930, "coverageB": 910},
        spans=[AlignedSpan(a_begin=0, a_end=90, b_begin=2, b_end=92, kind="exact")],
        numbers=Shared(shared=["12"]),
        credits=[CREDIT],
    ),
    policy="sentences-2",
)

SAMPLES: Final[dict[str, EventModel]] = {
    "copytaster.article.fetched.v1": ArticleFetched(
        article=article_urn("nordpost.example/hafen"),
        sequence=1,
        item=_ITEM,
        requested_url="https://nordpost.example/hafen?utm_source=rss",
        final_url="https://nordpost.example/hafen",
        status=200,
        content_type="text/html; charset=utf-8",
        headers={"last-modified": "Sun, 01 Mar 2026 11:59:00 GMT"},
        fetched=NOON,
        dataref="page:3c1f9d0e8f434b6e9a540f6a4f1f8f10:1",
        byte_count=20480,
    ),
    "copytaster.story.published.v1": _STORY,
    "copytaster.story.revised.v1": _STORY.model_copy(
        update={
            "version": 2,
            "correction_note": "In einer früheren Fassung stand ein falscher Wochentag.",
            "delta": Delta(
                version=1,
                changed=["body"],
                numbers_added=["15"],
                numbers_removed=["14"],
                names_added=["Dienstag"],
                names_removed=["Montag"],
            ),
        }
    ),
    "copytaster.story.withdrawn.v1": _STORY.model_copy(
        update={
            "version": 3,
            "pub_status": "canceled",
            "bodies": [],
            "lead": None,
            "captions": [],
            "credits": [],
            "info_sources": [],
        }
    ),
    "copytaster.story.compared.v1": StoryCompared(
        story=StoryVersion(uri=COPY, version=1),
        revision=1,
        links=[_LINK],
        candidates=3,
        unrelated=2,
        policy="sentences-2",
    ),
    "copytaster.cluster.changed.v1": ClusterChanged(
        cluster=CLUSTER,
        revision=2,
        op="joined",
        state="open",
        reason=Reason(code="compared", story=COPY),
        added=[COPY],
        members=[
            Member(story=STORY, version=1, outlet="nordpost.example", language="de", family=STORY),
            Member(story=COPY, version=1, outlet="suedblatt.example", language="de", family=STORY),
        ],
        headline="Hafen von Karstadt bleibt gesperrt",
        origin=Origin(agency="TASS", seen=False, confidence=0.9, basis=["credit"]),
        counts=Counts(members=2, outlets=2, families=1, independent=1, languages=1),
        policy="sentences-2",
    ),
    "copytaster.decision.made.v1": DecisionMade(
        decision="urn:uuid:8a2b1f0a-5d3b-4e0e-9a57-0b8f6c3f2a11",
        revision=1,
        op="forbid",
        stories=[STORY, COPY],
        reason="Two different closures",
        actor="desk",
    ),
    "copytaster.feed.changed.v1": FeedChanged(
        feed=_ITEM.feed,
        revision=1,
        url="https://nordpost.example/feed.xml",
        change="failing",
        failures=5,
        next_poll=NOON,
    ),
    "copytaster.item.dropped.v1": ItemDropped(
        article=article_urn("nordpost.example/alt"),
        sequence=1,
        code="gone",
        stage="fetcher",
        feed=_ITEM.feed,
        url="https://nordpost.example/alt",
        status=404,
        first_seen=NOON,
    ),
    "copytaster.entry.died.v1": EntryDied(
        stream="copytaster:{main}:articles",
        group="extractor",
        entry_id="1772366400000-0",
        fields={"ce_id": "0123", "data": "base64://79"},
        code="undecodable",
        error="Quarantine: undecodable: missing fields: ce_type",
        failures=1,
    ),
}
