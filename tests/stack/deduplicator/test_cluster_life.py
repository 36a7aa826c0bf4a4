"""Clusters over weeks: they close, open again, shrink to tombstones, and lose withdrawn stories."""

from __future__ import annotations

from redis.asyncio import Redis

from copytaster.keys import STATE_SECONDS
from copytaster_schemas import ClusterChanged, Story
from copytaster_schemas.identity import short_id
from tests.stack.deduplicator.desk import KEYS, Desk, make_story
from tests.stack.deduplicator.texts import COPY, HARBOUR, OTHER

FIRE = make_story("hafen", HARBOUR, title="Hafen von Karstadt gesperrt")
FIRE_COPY = make_story("brand", COPY, title="Hafen bleibt zu", outlet="suedblatt.example", minutes=5)
SALE = make_story("bahn", OTHER, title="Nordau verkauft die Bahn", outlet="kurier.example")


def late_copy() -> Story:
    """A copy of an outlet that comes to us weeks after its publication."""
    return make_story("spaet", COPY, title="Hafen zu", outlet="spaetpost.example", minutes=15)


async def tell(desk: Desk, *stories: Story) -> list[ClusterChanged]:
    """The cluster events that follow from these stories."""
    before = len(await desk.changes())
    await desk.publish(stories)
    await desk.pump()
    return (await desk.changes())[before:]


async def stored(redis: Redis, cluster: str) -> dict[bytes, bytes]:
    """The hash of a cluster."""
    row: dict[bytes, bytes] = await redis.hgetall(KEYS.key("cluster", short_id(cluster)))
    return row


async def test_a_cluster_without_news_closes_after_the_window(desk: Desk) -> None:
    """Once, with its members, families and origin as they were told before."""
    last = (await tell(desk, FIRE, FIRE_COPY))[-1]
    await desk.let_pass(13.9)
    assert (await desk.changes())[-1] == last

    await desk.let_pass(0.2)
    await desk.let_pass(1)

    events = await desk.changes()
    assert [event.op for event in events] == ["created", "joined", "closed"]
    assert (events[-1].state, events[-1].revision, events[-1].reason.code) == ("closed", 3, "closed")
    assert (events[-1].members, events[-1].counts, events[-1].origin) == (
        last.members,
        last.counts,
        last.origin,
    )


async def test_news_keeps_a_cluster_open(desk: Desk) -> None:
    """The window runs from the last change, not from the first."""
    await tell(desk, FIRE)
    await desk.let_pass(10)
    await tell(desk, FIRE_COPY)
    await desk.let_pass(10)

    assert [event.op for event in await desk.changes()] == ["created", "joined"]


async def test_a_late_copy_reopens_a_closed_cluster(desk: Desk) -> None:
    """Within the days of grace the texts are still there to compare with; all members are told again, with their titles."""
    [first] = await tell(desk, FIRE)
    await desk.let_pass(15)

    [change] = await tell(desk, late_copy())

    assert (change.cluster, change.op, change.state, change.revision) == (
        first.cluster,
        "reopened",
        "open",
        3,
    )
    assert {member.title for member in change.members} == {FIRE.title, late_copy().title}


async def test_a_revision_reopens_a_cluster_whose_texts_are_gone(desk: Desk) -> None:
    """The story's tombstone still names its cluster and its counter, so neither the cluster nor an event id comes twice."""
    [*_, first] = await tell(desk, FIRE, FIRE_COPY)
    await desk.let_pass(15)
    await desk.let_pass(20)
    assert await desk.redis.hget(KEYS.key("story", short_id(FIRE.uri)), "record") is None

    [change] = await tell(
        desk, make_story("hafen", HARBOUR + " Das Kohlelager wird geräumt.", title="Hafen offen", version=2)
    )

    assert (change.cluster, change.op, change.state) == (first.cluster, "reopened", "open")
    assert {member.story for member in change.members} == {FIRE.uri, FIRE_COPY.uri}
    assert (change.counts.members, change.counts.families) == (2, 1)
    revisions = [said.revision for said in await desk.comparisons() if said.story.uri == FIRE.uri]
    assert revisions == [1, 2]


async def test_a_closed_cluster_becomes_a_tombstone_that_resolves(desk: Desk) -> None:
    """After ninety days its id answers with its state and revision, in few bytes, and nobody has to look at it again."""
    [change] = await tell(desk, SALE)
    for _ in range(3):
        await desk.let_pass(STATE_SECONDS / 86_400 + 1)

    assert await stored(desk.redis, change.cluster) == {b"state": b"closed", b"revision": b"2"}
    assert await desk.redis.zcard(KEYS.key("clusters", "due")) == 0
    key = KEYS.key("cluster", short_id(change.cluster))
    assert await desk.redis.memory_usage(key) <= 160


async def test_an_open_cluster_keeps_its_records_beyond_their_own_life(desk: Desk) -> None:
    """News on the tenth day keeps the cluster open till the 24th; the first record would have gone on the 17th."""
    await tell(desk, FIRE)
    await desk.let_pass(10)
    await tell(desk, FIRE_COPY)
    key = KEYS.key("story", short_id(FIRE.uri))
    await desk.redis.expire(key, 7 * 86_400)  # what ten days leave of seventeen

    await desk.let_pass(6.5)

    assert await desk.redis.ttl(key) > 16 * 86_400


async def test_a_withdrawn_story_leaves_its_cluster(desk: Desk) -> None:
    """The others stay under the id; the story is in no cluster any more, and nobody is compared with it."""
    [first, *_] = await tell(desk, FIRE, FIRE_COPY)
    killed = FIRE_COPY.model_copy(update={"version": 2, "pub_status": "canceled"})

    [left] = await tell(desk, killed)
    third = await tell(desk, late_copy())

    assert (left.cluster, left.op, left.removed) == (first.cluster, "left", [FIRE_COPY.uri])
    assert (left.reason.code, [member.story for member in left.members]) == ("withdrawn", [FIRE.uri])
    assert {member.story for member in third[-1].members} == {FIRE.uri, late_copy().uri}
    assert await desk.redis.hget(KEYS.key("story", short_id(FIRE_COPY.uri)), "cluster") is None


async def test_the_last_story_withdrawn_ends_its_cluster(desk: Desk) -> None:
    """An empty cluster is closed and resolves; when the story comes back, it gets a cluster of its own."""
    [first] = await tell(desk, SALE)
    [left] = await tell(desk, SALE.model_copy(update={"version": 2, "pub_status": "canceled"}))
    [again] = await tell(desk, SALE.model_copy(update={"version": 3}))

    assert (left.op, left.state, left.members) == ("left", "closed", [])
    assert await stored(desk.redis, first.cluster) == {b"state": b"closed", b"revision": b"2"}
    assert (again.op, again.members[0].version) == ("created", 3)


async def test_a_process_without_the_lease_closes_nothing(desk: Desk) -> None:
    """The sweep's commit is fenced like every other of the clusterer."""
    await tell(desk, FIRE)
    await desk.redis.hset(KEYS.key("lease", "clusterer"), "holder", "another")

    await desk.let_pass(15)

    assert [event.op for event in await desk.changes()] == ["created"]
