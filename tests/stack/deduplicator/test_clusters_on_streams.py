"""Stories in, comparisons and clusters out, on a real server."""

from __future__ import annotations

import random

import pytest
from redis.asyncio import Redis

from copytaster.newsroom.catalogue import load_catalogue
from copytaster_schemas import Story
from tests.stack.deduplicator.desk import KEYS, Desk, make_story, partition_digest, story_of
from tests.stack.deduplicator.texts import COPY, EXCERPT, HARBOUR, OTHER, THIRD


async def test_a_copy_and_an_excerpt_join_and_a_stranger_stays_alone(desk: Desk) -> None:
    """One cluster of three with its counts and credited origin, one of one; all told as events."""
    stories = [
        make_story("hafen", HARBOUR, title="Hafen von Karstadt gesperrt"),
        make_story(
            "brand", COPY, title="Nach Brand: Hafen bleibt zu", outlet="suedblatt.example", minutes=40
        ),
        make_story("kurz", EXCERPT, title="Hafen Karstadt gesperrt", outlet="kurier.example", minutes=60),
        make_story("bahn", OTHER, title="Nordau verkauft die Bahn", minutes=90),
    ]

    await desk.publish(stories)
    await desk.pump()

    assert partition_digest(await desk.clusters()) == {
        frozenset(story.uri for story in stories[:3]),
        frozenset([stories[3].uri]),
    }
    last = [change for change in await desk.changes() if len(change.members) == 3][-1]
    assert (last.counts.members, last.counts.outlets, last.counts.independent) == (3, 3, 1)
    assert (last.origin.agency, last.origin.seen) == ("TASS", False)


async def test_every_link_tells_its_evidence_in_both_texts(desk: Desk) -> None:
    """The aligned spans point at equal passages of the two named versions."""
    first = make_story("hafen", HARBOUR)
    second = make_story("brand", COPY, outlet="suedblatt.example", minutes=5)
    texts = {first.uri: first.text, second.uri: second.text}
    await desk.publish([first, second])
    await desk.pump()

    [link] = [link for said in await desk.comparisons() for link in said.links][-1:]

    assert link.merges
    exact = [span for span in link.evidence.spans if span.kind == "exact"]
    assert exact
    for span in exact:
        ours = texts[link.a.uri][span.a_begin : span.a_end].split()
        theirs = texts[link.b.uri][span.b_begin : span.b_end].split()
        assert ours == theirs


async def test_a_link_reads_from_the_text_that_was_made_from_the_other(desk: Desk) -> None:
    """The excerpt is a, whichever of the two came in last, and the direction says so."""
    whole = make_story("hafen", HARBOUR, outlet="nordpost.example")
    part = make_story("kurz", EXCERPT, outlet="kurier.example", minutes=60)
    for story in (part, whole):
        await desk.publish([story])
        await desk.pump()

    [link] = [link for said in await desk.comparisons() for link in said.links]

    assert (link.relation, link.direction) == ("excerpt_of", "a_from_b")
    assert (link.a.uri, link.b.uri) == (part.uri, whole.uri)


async def test_a_revision_that_tells_something_else_leaves_its_cluster(desk: Desk) -> None:
    """A corrected article may leave; the old cluster goes on with the others under its id."""
    first = make_story("hafen", HARBOUR)
    second = make_story("brand", COPY, outlet="suedblatt.example", minutes=5)
    await desk.publish([first, second])
    await desk.pump()
    [(cluster, members)] = (await desk.clusters()).items()
    assert members == {first.uri, second.uri}

    await desk.publish([make_story("brand", OTHER, outlet="suedblatt.example", minutes=5, version=2)])
    await desk.pump()

    clusters = await desk.clusters()
    assert clusters[cluster] == {first.uri}
    assert partition_digest(clusters) == {frozenset([first.uri]), frozenset([second.uri])}


async def test_revisions_of_a_cluster_follow_one_another_without_a_gap(desk: Desk) -> None:
    """Within one cluster the events say 1, 2, 3 … in the order of the stream."""
    stories = [
        make_story(f"n{number}", HARBOUR, outlet=f"o{number}.example", minutes=number) for number in range(6)
    ]
    for story in stories:
        await desk.publish([story])
        await desk.pump()

    assert [change.op for change in await desk.changes()] == ["created", *["joined"] * 5]
    told: dict[str, list[int]] = {}
    for change in await desk.changes():
        told.setdefault(change.cluster, []).append(change.revision)

    assert all(revisions == list(range(1, len(revisions) + 1)) for revisions in told.values())


async def test_two_linkers_with_the_halves_of_pairs_find_every_pair(redis_client: Redis) -> None:
    """Written before it is queried: whoever comes later finds the other, with two processes at once."""
    one, two = Desk(redis_client, "one"), Desk(redis_client, "two")
    texts = [HARBOUR, OTHER, THIRD]
    for number, text in enumerate(texts):
        await one.publish(
            [
                make_story(f"a{number}", text, outlet="nordpost.example"),
                make_story(f"b{number}", text, outlet="suedblatt.example"),
            ]
        )

    await one.pump()
    await two.pump()

    linked = {frozenset((link.a.uri, link.b.uri)) for said in await one.comparisons() for link in said.links}
    for number in range(3):
        pair = {
            make_story(f"{side}{number}", "x", outlet=outlet).uri
            for side, outlet in (("a", "nordpost.example"), ("b", "suedblatt.example"))
        }
        assert frozenset(pair) in linked


def newsroom_stories() -> list[Story]:
    """All articles of the demo newsroom as a perfect extractor would give them."""
    return [story_of(article) for article in load_catalogue().articles.values()]


@pytest.mark.timeout(240)
async def test_the_newsrooms_copies_join_and_its_look_alikes_do_not(desk: Desk) -> None:
    """No cluster holds two news points; every verbatim, edited and excerpt is with its source."""
    articles = list(load_catalogue().articles.values())
    point = {story_of(article).uri: article.point for article in articles}
    await desk.publish(newsroom_stories())
    await desk.pump()
    clusters = await desk.clusters()
    home = {story: name for name, members in clusters.items() for story in members}

    mixed = [sorted({point[story] for story in members}) for members in clusters.values()]
    by_id = {article.id: story_of(article).uri for article in articles}
    apart = [
        article.id
        for article in articles
        if article.kind in {"verbatim", "edited", "excerpt"}
        and article.derived_from
        and home[by_id[article.id]] != home[by_id[article.derived_from]]
    ]

    assert [points for points in mixed if len(points) > 1] == []
    assert apart == []
    assert home.keys() == point.keys()


@pytest.mark.timeout(240)
async def test_the_order_of_arrival_does_not_change_the_member_sets(redis_client: Redis) -> None:
    """The same stories shuffled, one by one or in batches, give the same partition."""
    stories = newsroom_stories()[:24]
    digests = []
    for seed in (1, 2):
        await redis_client.flushall()
        desk = Desk(redis_client)
        shuffled = random.Random(seed).sample(stories, len(stories))
        for begin in range(0, len(shuffled), 5 * seed):
            await desk.publish(shuffled[begin : begin + 5 * seed])
            await desk.pump()
        digests.append(partition_digest(await desk.clusters()))

    assert digests[0] == digests[1]


async def test_an_entry_of_a_foreign_type_dies_and_the_service_goes_on(desk: Desk) -> None:
    """A cluster event on the stream of stories is buried with its reason."""
    await desk.publish([make_story("hafen", HARBOUR)])
    await desk.pump()
    [(_, cluster_entry)] = await desk.redis.xrange(KEYS.stream("clusters"))
    await desk.redis.xadd(KEYS.stream("stories"), cluster_entry)

    await desk.pump()

    assert await desk.redis.xlen(KEYS.stream("dead")) == 1
