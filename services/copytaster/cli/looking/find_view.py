"""What `copytaster find` says: for a person in sentences, for a program as one object. Pure; no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from copytaster.cli.looking.find_reading import (
    Found,
    FoundArticle,
    FoundCluster,
    FoundFeed,
    FoundLink,
    FoundStory,
)
from copytaster.cli.plain import clock, count, instant, one_line, short
from copytaster.fetcher.feedstate import FeedStatus
from copytaster_schemas.base import format_instant


def lines(found: Found) -> Iterator[str]:
    """The page for a person, a fact a line, details indented."""
    for feed in found.feeds:
        yield from _feed(feed)
    for article in found.articles:
        yield from _article(article)
    for story in found.stories:
        yield from _story(story)
    for cluster in found.clusters:
        yield from _cluster(cluster)


def _feed(feed: FoundFeed) -> Iterator[str]:
    state = feed.state
    yield one_line(f"Feed {short(state.urn)}: {state.title or '(no title)'}  {state.url}")
    yield f"  {state.status.value}; {_polled(feed)}"
    if state.failures:
        yield "  " + one_line(f"{count(state.failures, 'failure')} in a row, the last: {feed.last_failure}")
    if feed.due_ms is not None and state.status is FeedStatus.ACTIVE:
        yield f"  next poll {_moment(feed.due_ms)}"


def _polled(feed: FoundFeed) -> str:
    if feed.polled_ms is None:
        return "never polled so far"
    return one_line(f"last polled {_moment(feed.polled_ms)}: {feed.last_status}")


def _article(article: FoundArticle) -> Iterator[str]:
    yield one_line(f"Article {short(article.urn)}: {article.url or '(address no longer kept)'}")
    if article.first_seen_ms is not None:
        feed = f" in feed {article.feed}" if article.feed else ""
        yield f"  first seen {_moment(article.first_seen_ms)}{feed}"
    yield f"  {_stage(article)}"
    if article.drops:
        yield "  " + one_line(f"left out {_times(article.drops)}{_why(article)}")
    if article.story:
        yield f"  its story: {article.story}"


def _stage(article: FoundArticle) -> str:
    if article.wanted_ms is not None:
        tried = f", tried {_times(article.tries)} so far" if article.tries else ""
        return f"wanted: to be fetched {_moment(article.wanted_ms)}{tried}"
    if article.fetched > article.extracted:
        return f"fetched ({_times(article.fetched)}), waiting for the extractor"
    if article.fetched:
        return f"fetched {_times(article.fetched)}, extracted"
    return "not fetched"


def _why(article: FoundArticle) -> str:
    drop = article.last_drop
    if drop is None:
        return "; the stream no longer holds why"
    detail = f" ({drop.detail})" if drop.detail else ""
    return f", lastly by the {drop.stage}: {drop.code}{detail}"


def _story(story: FoundStory) -> Iterator[str]:
    record = story.record
    title = (
        f"{record.outlet} [{record.language or '?'}] {record.title}" if record else "(text no longer kept)"
    )
    yield one_line(f"Story {story.urn}: {title}")
    since = f", first of {one_line(story.first_created)}" if story.first_created else ""
    yield f"  version {story.version}{since}; compared {_times(story.compared)}"
    if record:
        basis = "published" if record.published_ms is not None else "undated, first seen"
        yield "  " + one_line(f"{basis} {_moment(record.time_ms)}  {record.url}")
        if record.version != story.version:
            yield f"  version {story.version} waits for the linker"
    yield f"  {count(len(story.links), 'link')}" + (":" if story.links else "")
    for link in story.links:
        yield f"    {one_line(_link(story.urn, link))}"


def _link(story: str, link: FoundLink) -> str:
    decision = link.pair.decision
    if decision.a != story:
        decision = decision.mirrored()
    way = {"a_from_b": "made from", "b_from_a": "source of"}.get(decision.direction, "and")
    record = link.card
    other = f"{record.outlet}: {record.title}" if record else "(text no longer kept)"
    return f"{decision.relation} {decision.confidence:.2f}, {way} {short(link.other)}  {other}"


def _cluster(cluster: FoundCluster) -> Iterator[str]:
    for ended, into in zip(cluster.chain, cluster.chain[1:], strict=False):
        yield f"Cluster {ended} was merged into {into}"
    outlets = len({card.outlet for card in cluster.members})
    yield (
        f"Cluster {cluster.urn}: {cluster.state}, revision {cluster.revision}, "
        f"{count(len(cluster.members), 'story')} of {count(outlets, 'outlet')}"
    )
    for card in cluster.members:
        named = f"{card.outlet} [{card.language or '?'}] {card.title}  {short(card.story)}"
        yield f"    {one_line(named)}"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _moment(milliseconds: int) -> str:
    return f"{clock(instant(milliseconds))} UTC"


def as_json(found: Found) -> dict[str, Any]:
    """The same as one object; what is not known is left out."""
    return {
        "asked": found.asked,
        "feeds": [_feed_json(feed) for feed in found.feeds],
        "articles": [_article_json(article) for article in found.articles],
        "stories": [_story_json(story) for story in found.stories],
        "clusters": [_cluster_json(cluster) for cluster in found.clusters],
    }


def _feed_json(feed: FoundFeed) -> dict[str, Any]:
    state = feed.state
    return _known(
        feed=state.urn,
        url=state.url,
        title=state.title,
        status=state.status.value,
        failures=state.failures,
        lastStatus=feed.last_status,
        lastFailure=feed.last_failure,
        polled=_iso(feed.polled_ms),
        nextPoll=_iso(feed.due_ms),
    )


def _article_json(article: FoundArticle) -> dict[str, Any]:
    drop = article.last_drop
    return _known(
        article=article.urn,
        url=article.url,
        feed=article.feed,
        firstSeen=_iso(article.first_seen_ms),
        wanted=_iso(article.wanted_ms),
        tries=article.tries,
        fetched=article.fetched,
        extracted=article.extracted,
        drops=article.drops,
        lastDrop=drop.to_dict() if drop else None,
        story=article.story,
    )


def _story_json(story: FoundStory) -> dict[str, Any]:
    record = story.record
    return _known(
        story=story.urn,
        version=story.version,
        firstCreated=story.first_created,
        compared=story.compared,
        kept=record is not None,
        outlet=record.outlet if record else None,
        language=record.language if record else None,
        title=record.title if record else None,
        url=record.url if record else None,
        published=_iso(record.published_ms) if record else None,
        links=[_link_json(story.urn, link) for link in story.links],
    )


def _link_json(story: str, link: FoundLink) -> dict[str, Any]:
    decision = link.pair.decision if link.pair.decision.a == story else link.pair.decision.mirrored()
    return _known(
        other=link.other,
        relation=decision.relation,
        merges=decision.merges,
        confidence=decision.confidence_milli / 1000,
        direction=decision.direction,
        title=link.card.title if link.card else None,
        outlet=link.card.outlet if link.card else None,
    )


def _cluster_json(cluster: FoundCluster) -> dict[str, Any]:
    return _known(
        cluster=cluster.urn,
        followed=list(cluster.chain[:-1]),
        state=cluster.state,
        revision=cluster.revision,
        members=[
            _known(
                story=card.story, outlet=card.outlet, language=card.language, title=card.title, url=card.url
            )
            for card in cluster.members
        ],
    )


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _iso(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else format_instant(instant(milliseconds))
