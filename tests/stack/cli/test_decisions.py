"""`copytaster clusters pin|forbid|merge|split|undo|decisions`: a person's word on clusters, and what the clusters make of it."""

from __future__ import annotations

import random

import pytest

from copytaster_schemas import ClusterChanged, DecisionMade, Story, parse_event
from copytaster_schemas.identity import short_id
from tests.stack.cli.looking import COPY, FIRE, FIRE_COPY, HARBOUR, SALE, Looking, Ran
from tests.stack.deduplicator.desk import KEYS, Desk, make_story, partition_digest

WHY = ("--reason", "the desk knows better", "--actor", "wachhabende")


async def decide(looking: Looking, *arguments: str) -> Ran:
    """The outcome of a deciding command, after the deduplicator has read what it wrote."""
    ran = await looking.run("clusters", *arguments, *WHY)
    await looking.desk.pump()
    return ran


async def homes(looking: Looking) -> dict[str, str]:
    """The cluster of every story."""
    return {story: name for name, members in (await looking.desk.clusters()).items() for story in members}


async def written(looking: Looking) -> list[DecisionMade]:
    """The entries of the stream of decisions."""
    entries = await looking.redis.xrange(KEYS.stream("decisions"))
    events = [parse_event(fields)[1] for _, fields in entries]
    return [event for event in events if isinstance(event, DecisionMade)]


async def last_change(looking: Looking) -> ClusterChanged:
    """The latest cluster event."""
    return (await looking.desk.changes())[-1]


async def test_forbidden_stories_part_and_an_undo_brings_them_together_again(looking: Looking) -> None:
    """The event tells reason and person; who takes the decision back restores the member sets."""
    before = await homes(looking)
    assert before[FIRE.uri] == before[FIRE_COPY.uri]

    await decide(looking, "forbid", FIRE.uri, FIRE_COPY.uri)
    apart, change = await homes(looking), await last_change(looking)
    [made] = await written(looking)
    ran = await decide(looking, "undo", short_id(made.decision)[:8])

    assert apart[FIRE.uri] != apart[FIRE_COPY.uri]
    assert (change.reason.code, change.reason.text, change.reason.actor) == (
        "operator",
        "the desk knows better",
        "wachhabende",
    )
    assert ran.code == 0
    after = await homes(looking)
    assert after[FIRE.uri] == after[FIRE_COPY.uri] != after[SALE.uri]
    assert [event.op for event in await written(looking)] == ["forbid", "undo"]


async def test_pinned_stories_stay_together_through_a_revision(looking: Looking) -> None:
    """A decision names stories and not versions, so new texts do not take it back."""
    await decide(looking, "pin", FIRE.uri, SALE.uri)
    joined = await homes(looking)

    await looking.tell(make_story("bahn", "Die Bahn fährt. " * 30, outlet="kurier.example", version=2))

    assert len(set(joined.values())) == 1
    assert len(set((await homes(looking)).values())) == 1


async def test_a_ban_outlives_a_revision(looking: Looking) -> None:
    """The two texts become the same word for word, and stay apart."""
    await decide(looking, "forbid", FIRE.uri, FIRE_COPY.uri)

    await looking.tell(make_story("brand", HARBOUR, outlet="suedblatt.example", minutes=40, version=2))

    apart = await homes(looking)
    assert apart[FIRE.uri] != apart[FIRE_COPY.uri]


async def test_merged_clusters_are_one_and_the_loser_resolves(looking: Looking) -> None:
    """Two events of one commit; the loser keeps its successor and nothing else; a new copy joins the one."""
    before = await homes(looking)

    await decide(looking, "merge", before[FIRE.uri], before[SALE.uri])
    await looking.tell(make_story("drei", COPY, outlet="bote.example", minutes=50))

    assert set((await homes(looking)).values()) == {before[FIRE.uri]}
    ended = KEYS.key("cluster", short_id(before[SALE.uri]))
    row = await looking.redis.hgetall(ended)
    assert row == {b"state": b"merged", b"revision": b"2", b"merged_into": before[FIRE.uri].encode()}
    assert await looking.redis.memory_usage(ended) <= 256
    again = await decide(looking, "merge", before[FIRE.uri], before[SALE.uri])
    assert (again.code, "one cluster already" in again.out) == (0, True)
    assert len(await written(looking)) == 1


async def test_a_split_takes_the_named_stories_out_together(looking: Looking) -> None:
    """Later copies of what stays do not bring them back."""
    third = make_story("drei", COPY, outlet="bote.example", minutes=50)
    await looking.tell(third)
    before = await homes(looking)

    ran = await decide(looking, "split", before[FIRE.uri], FIRE_COPY.uri)
    await looking.tell(make_story("vier", COPY, outlet="kreisblatt.example", minutes=60))

    after = await homes(looking)
    assert ran.code == 0
    assert after[FIRE.uri] == before[FIRE.uri] == after[third.uri]
    assert after[FIRE_COPY.uri] != after[FIRE.uri]


@pytest.mark.parametrize("command", ["pin", "forbid"])
async def test_the_same_decision_twice_is_told_and_written_once(looking: Looking, command: str) -> None:
    """Whatever the order of the names; exit code 0, for all is as the person wants it."""
    first = await decide(looking, command, FIRE.uri, SALE.uri, "--json")
    second = await decide(looking, command, SALE.uri, FIRE.uri, "--json")

    assert (first.code, second.code) == (0, 0)
    assert first.objects[0] == {**second.objects[0], "made": True}
    assert len(await written(looking)) == 1


async def test_a_decision_made_again_after_its_undo_is_in_force_again(looking: Looking) -> None:
    """Three revisions of one decision, each with its own event id."""
    for arguments in (("forbid", FIRE.uri, FIRE_COPY.uri), ("forbid", FIRE_COPY.uri, FIRE.uri)):
        await decide(looking, *arguments)
        [latest] = (await looking.run("clusters", "decisions", "--json")).objects
        if arguments[1] == FIRE.uri:
            await decide(looking, "undo", latest["decision"])

    assert [(made.op, made.revision) for made in await written(looking)] == [
        ("forbid", 1),
        ("undo", 2),
        ("forbid", 3),
    ]
    apart = await homes(looking)
    assert apart[FIRE.uri] != apart[FIRE_COPY.uri]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("forbid", "fire", "sale"), ("pin", "sale", "fire")),
        (("pin", "fire", "sale"), ("forbid", "sale", "fire")),
        (("forbid", "fire", "sale"), ("merge", "cluster of fire", "cluster of sale")),
        # not the two themselves, but another story of the cluster
        (("forbid", "copy", "sale"), ("merge", "cluster of fire", "cluster of sale")),
        (("pin", "fire", "copy"), ("split", "cluster of fire", "copy")),
    ],
)
async def test_a_contradiction_is_refused_and_names_the_decision_in_the_way(
    looking: Looking, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    """Nothing is written; the line says which decision to take back and how."""
    home = await homes(looking)
    urns = {"fire": FIRE.uri, "copy": FIRE_COPY.uri, "sale": SALE.uri}
    urns |= {f"cluster of {name}": home[urn] for name, urn in urns.items()}
    await decide(looking, *(urns.get(word, word) for word in first))
    [standing] = await written(looking)

    ran = await decide(looking, *(urns.get(word, word) for word in second))

    assert (ran.code, ran.out) == (1, "")
    assert f"undo {short_id(standing.decision)[:8]}" in ran.err
    assert ran.err.count("\n") == 1
    assert await written(looking) == [standing]


async def test_a_contradiction_through_a_third_story_is_refused(looking: Looking) -> None:
    """A with b and b with c leave no room for a apart from c."""
    await decide(looking, "pin", FIRE.uri, FIRE_COPY.uri)
    await decide(looking, "pin", FIRE_COPY.uri, SALE.uri)

    ran = await decide(looking, "forbid", FIRE.uri, SALE.uri)

    assert ran.code == 1
    assert "2 decisions" in ran.err


async def test_the_list_tells_what_is_met_waiting_and_taken_back(looking: Looking) -> None:
    """A decision that nobody has read yet waits; with --all those taken back are there, with who did it."""
    await looking.run("clusters", "forbid", FIRE.uri, FIRE_COPY.uri, *WHY)
    [waiting] = (await looking.run("clusters", "decisions", "--json")).objects
    await looking.desk.pump()
    [met] = (await looking.run("clusters", "decisions", "--json")).objects
    await decide(looking, "undo", met["decision"])
    in_force = await looking.run("clusters", "decisions", "--json")
    [undone] = (await looking.run("clusters", "decisions", "--all", "--json")).objects
    table = await looking.run("clusters", "decisions", "--all")

    assert [row["state"] for row in (waiting, met, undone)] == ["waiting", "met", "undone"]
    assert in_force.out == ""
    assert undone["undone"]["actor"] == "wachhabende"
    assert "the desk knows better" in " ".join(table.out.split())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("pin", FIRE.uri), 2),
        (("merge", "0000aaaa", "0000bbbb"), 1),
        (("undo", "0000aaaa"), 1),
        (("forbid", FIRE.uri, "https://nirgends.example/x"), 1),
    ],
)
async def test_what_cannot_be_decided_is_one_clear_refusal(
    looking: Looking, arguments: tuple[str, ...], code: int
) -> None:
    """Nothing is written."""
    ran = await decide(looking, *arguments)

    assert (ran.code, ran.out) == (code, "")
    assert await written(looking) == []


async def test_a_rehearsal_writes_nothing(looking: Looking) -> None:
    """--dry-run checks like the real thing."""
    ran = await decide(looking, "forbid", FIRE.uri, SALE.uri, "--dry-run")

    assert ran.code == 0
    assert await written(looking) == []


async def test_decisions_and_stories_in_any_order_give_the_same_clusters(empty: Looking) -> None:
    """What a person decided before the copy came holds for it, too."""
    copies = [make_story(f"k{n}", COPY, outlet=f"o{n}.example", minutes=n) for n in range(4)]
    digests = []
    for seed in range(4):
        await empty.redis.flushall()
        empty.desk = Desk(empty.redis, f"desk-{seed}")
        await empty.tell(FIRE, SALE, *copies[:2])
        work: list[Story | tuple[str, ...]] = [
            ("forbid", FIRE.uri, copies[0].uri),
            ("pin", SALE.uri, copies[1].uri),
            copies[2],
            copies[3],
        ]
        random.Random(seed).shuffle(work)
        for step in work:
            await (empty.tell(step) if isinstance(step, Story) else decide(empty, *step))
        digests.append(partition_digest(await empty.desk.clusters()))

    assert len(set(digests)) == 1
    assert all(not {FIRE.uri, copies[0].uri} <= part for part in digests[0])
    assert any({SALE.uri, copies[1].uri} <= part for part in digests[0])
