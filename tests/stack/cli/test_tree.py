"""`copytaster clusters show --tree`: who copied from whom."""

from __future__ import annotations

from copytaster_schemas.identity import short_id
from tests.stack.cli.looking import FIRE, FIRE_COPY, HARBOUR, Looking
from tests.stack.deduplicator.desk import make_story

EXCERPT = make_story(
    "kurz", "\n".join(HARBOUR.split("\n")[:2]), title="Hafen zu", outlet="bote.example", minutes=60
)
TWIN = make_story("zwilling", HARBOUR, title=FIRE.title, outlet="ostpost.example", minutes=70)


async def cluster_of_fire(looking: Looking) -> str:
    """The cluster of the fire."""
    return next(name for name, members in (await looking.desk.clusters()).items() if FIRE.uri in members)


async def test_every_story_hangs_under_the_one_it_was_made_from(looking: Looking) -> None:
    """Relation, direction with its basis and confidence on each edge; the credited origin, never fetched, stands on top."""
    await looking.tell(EXCERPT, TWIN)
    cluster = await cluster_of_fire(looking)

    tree = (await looking.run("clusters", "show", cluster, "--tree", "--json")).objects[0]
    text = (await looking.run("clusters", "show", cluster, "--tree")).out.splitlines()

    stories = {one["story"]: one for one in tree["stories"]}
    assert stories.keys() == {FIRE.uri, FIRE_COPY.uri, EXCERPT.uri, TWIN.uri}
    assert tree["stories"][0]["story"] == FIRE.uri
    assert [stories[urn]["link"]["relation"] for urn in (EXCERPT.uri, TWIN.uri)] == [
        "excerpt_of",
        "exact_copy",
    ]
    assert stories[TWIN.uri]["link"]["story"] == FIRE.uri
    assert "containment" in stories[EXCERPT.uri]["link"]["directionBasis"]
    assert tree["origin"] == {**tree["origin"], "agency": "TASS", "seen": False}
    assert text[0] == "TASS (credited, not fetched)"
    assert text[1].startswith("2026-03-01 12:00:00 nordpost.example [de] Hafen von Karstadt gesperrt")
    assert all(line.lstrip(" ").startswith("└ ") for line in text[2:])
    assert len(text) == 5


async def test_the_tree_outlives_the_stream_and_merges(looking: Looking) -> None:
    """It is drawn from what is kept, under any id that leads to the cluster."""
    cluster = await cluster_of_fire(looking)
    await looking.redis.xtrim(looking.desk.clusterer.keys.stream("clusters"), maxlen=0)

    ran = await looking.run("clusters", "show", short_id(cluster)[:8], "--tree", "--json")

    assert [one["depth"] for one in ran.objects[0]["stories"]] == [0, 1]
    assert "origin" not in ran.objects[0]
