"""`copytaster clusters`: list, show and explain over clusters that the deduplicator formed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import subprocess

import pytest

from copytaster_schemas import ClusterChanged, Link
from copytaster_schemas.identity import short_id
from tests.stack.cli.looking import (
    COPY,
    COPYTASTER,
    FIRE,
    FIRE_COPY,
    HARBOUR,
    SALE,
    Looking,
    add_from_the_future,
    run,
)
from tests.stack.deduplicator.desk import KEYS, make_story


async def cluster_of(looking: Looking, story: str) -> ClusterChanged:
    """The last event of the cluster that holds a story."""
    return [
        change for change in await looking.desk.changes() if story in {one.story for one in change.members}
    ][-1]


async def test_the_list_has_the_largest_cluster_first(looking: Looking) -> None:
    """Headline, counts and origin a row; JSON gives the events' data as published."""
    table = await looking.run("clusters", "list")
    rows = (await looking.run("clusters", "list", "--json")).objects

    assert table.out.startswith("2 clusters")
    assert "TASS (credited" in table.out
    assert [row["counts"]["members"] for row in rows] == [2, 1]
    assert rows[0] == (await cluster_of(looking, FIRE.uri)).to_dict()


async def test_the_list_passes_over_what_it_cannot_read(looking: Looking) -> None:
    """A type from the future on the stream is no error."""
    await add_from_the_future(looking.redis, "clusters")

    ran = await looking.run("clusters", "list", "--json")

    assert (ran.code, len(ran.objects)) == (0, 2)


async def test_an_empty_desk_says_where_to_look_next(empty: Looking) -> None:
    """No clusters is no failure."""
    ran = await empty.run("clusters", "list")

    assert ran.code == 0
    assert "copytaster status" in ran.out


async def test_a_cluster_is_shown_by_the_start_of_its_urn(looking: Looking) -> None:
    """Members with outlet, title, address and family; what the counts mean in words."""
    change = await cluster_of(looking, FIRE.uri)

    ran = await looking.run("clusters", "show", short_id(change.cluster)[:8])

    assert ran.code == 0
    assert change.cluster in ran.out
    assert "suedblatt.example" in ran.out
    assert "1 independent of 2 stories in 1 family; origin: TASS (credited, not fetched)" in ran.out


async def test_the_history_lists_every_event_of_a_cluster(looking: Looking) -> None:
    """Oldest first, who came and who went; JSON has the whole events."""
    change = await cluster_of(looking, FIRE.uri)

    table = await looking.run("clusters", "show", change.cluster, "--history")
    events = (await looking.run("clusters", "show", change.cluster, "--history", "--json")).objects

    assert [event["data"]["op"] for event in events] == ["created", "joined"]
    assert [event["data"]["revision"] for event in events] == [1, 2]
    assert short_id(FIRE_COPY.uri)[:8] in table.out


async def test_an_id_that_was_merged_shows_its_successor(looking: Looking) -> None:
    """Said on standard error, resolved from the cluster's own key, although its events have left the stream."""
    kept, ended = [await cluster_of(looking, story.uri) for story in (FIRE, SALE)]
    key = KEYS.key("cluster", short_id(ended.cluster))
    await looking.redis.hset(key, mapping={"state": "merged", "merged_into": kept.cluster, "members": ""})

    ran = await looking.run("clusters", "show", ended.cluster, "--json")

    assert ran.objects[0]["cluster"] == kept.cluster
    assert ran.err == f"{ended.cluster} was merged into {kept.cluster}\n"


async def test_a_cluster_whose_events_have_left_the_stream_shows_its_members(looking: Looking) -> None:
    """The kept state outlives the stream; JSON, which would be the event, says in one line that it is gone."""
    change = await cluster_of(looking, FIRE.uri)
    await looking.redis.xtrim(KEYS.stream("clusters"), maxlen=0)

    table = await looking.run("clusters", "show", change.cluster)
    as_json = await looking.run("clusters", "show", change.cluster, "--json")

    assert (table.code, as_json.code) == (0, 1)
    assert "suedblatt.example" in table.out
    assert as_json.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("00000000-0000-4000-8000-000000000000", "no cluster"),
        ("0000aaaa", "no cluster"),
        ("00", "at least 4 digits"),
        ("Hafen", "no cluster"),
    ],
)
async def test_an_unknown_cluster_is_one_line_and_exit_code_1(looking: Looking, name: str, word: str) -> None:
    """The line says what to type to see those there are."""
    ran = await looking.run("clusters", "show", name)

    assert (ran.code, ran.out) == (1, "")
    assert word in ran.err
    assert ran.err.count("\n") == 1


async def test_explain_gives_the_link_as_it_was_published(looking: Looking) -> None:
    """Recomputed from the stored records, the link has every figure of the event; either address names its story."""
    ran = await looking.run("clusters", "explain", FIRE_COPY.url, FIRE.url, "--json")

    published = next(link for comparison in await looking.desk.comparisons() for link in comparison.links)
    assert {published.a.uri, published.b.uri} == {FIRE_COPY.uri, FIRE.uri}
    assert Link.model_validate(ran.objects[0]) == published


async def test_explain_shows_the_texts_side_by_side(looking: Looking) -> None:
    """Relation, direction with its basis, scores, shared names and numbers, credits, and the aligned spans."""
    ran = await looking.run("clusters", "explain", FIRE_COPY.uri, FIRE.uri)

    assert ran.code == 0
    for words in (
        "A is near_copy B: the same text with small edits",
        "Direction: A was made from B, by the time of publication",
        "Both are in the cluster urn:uuid:",
        "Kept by the service: near_copy",
        "Numbers: shared",
        "TASS as originator in text",
        "Scores: aligned_max",
        "aligned span",
        "Das teilte die Hafenbehörde",
    ):
        assert words in " ".join(ran.out.split()), words
    assert "\x1b" not in ran.out


def on_a_terminal(*arguments: str) -> str:
    """What `copytaster` prints with these arguments when its standard output is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([*COPYTASTER, *arguments], stdout=theirs, env={**os.environ, "TERM": "xterm"}):
        os.close(theirs)
        printed = b""
        with contextlib.suppress(OSError):  # EIO is how a terminal says that nobody writes any more
            while chunk := os.read(ours, 65_536):
                printed += chunk
    os.close(ours)
    return printed.decode()


async def test_on_a_terminal_what_differs_is_coloured(looking: Looking) -> None:
    """Colours there and no brackets, which stand in a pipe only."""
    command = (
        "clusters",
        "explain",
        FIRE_COPY.uri,
        FIRE.uri,
        "--redis-url",
        looking.url,
        "--desk",
        KEYS.desk,
    )

    coloured = await asyncio.to_thread(on_a_terminal, *command)
    plain = await looking.run("clusters", "explain", FIRE_COPY.uri, FIRE.uri)

    assert "\x1b[" in coloured
    assert "near_copy" in coloured
    assert "\x1b[" not in plain.out


async def test_explain_says_why_two_stories_are_apart(looking: Looking) -> None:
    """Also a pair of which the service says nothing has scores and names to look at."""
    ran = await looking.run("clusters", "explain", FIRE.uri, SALE.uri)
    link = (await looking.run("clusters", "explain", FIRE.uri, SALE.uri, "--json")).objects[0]

    assert ran.code == 0
    assert "A is in the cluster" in ran.out
    assert link["merges"] is False
    assert link["evidence"]["scores"]


async def test_explain_says_when_a_record_has_expired(looking: Looking) -> None:
    """A text that is no longer kept is not the same as a story that never was."""
    await looking.redis.delete(KEYS.key("story", short_id(SALE.uri)))

    gone = await looking.run("clusters", "explain", FIRE.uri, SALE.uri)
    never = await looking.run(
        "clusters", "explain", FIRE.uri, "urn:uuid:00000000-0000-5000-8000-000000000000"
    )

    assert (gone.code, never.code) == (1, 1)
    assert "has expired: texts are kept for 17 days" in gone.err
    assert "no story" in never.err


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("https://kurier.example/nie-gesehen", "no story at"),
        ("ffff0000", "no story ffff0000"),
        ("kein Name", "neither a urn nor an address"),
    ],
)
async def test_explain_of_an_unknown_story_is_one_line(looking: Looking, name: str, word: str) -> None:
    """Exit code 1, no traceback."""
    ran = await looking.run("clusters", "explain", FIRE.uri, name)

    assert ran.code == 1
    assert word in ran.err
    assert ran.err.count("\n") == 1


async def test_explain_of_a_story_with_itself_is_refused(looking: Looking) -> None:
    """Every text is a copy of itself; two names are wanted."""
    ran = await looking.run("clusters", "explain", FIRE.uri, FIRE.url)

    assert (ran.code, "give two" in ran.err) == (1, True)


async def test_explain_says_when_what_was_said_concerned_another_version(looking: Looking) -> None:
    """After a revision the kept decision may be of the former version; both are shown."""
    revised = make_story("hafen", HARBOUR + "\nNeu.", title="Hafen von Karstadt wieder frei", version=2)
    await looking.desk.publish([revised])
    await looking.desk.step(looking.desk.linker)

    ran = await looking.run("clusters", "explain", FIRE.uri, FIRE_COPY.uri)

    assert "version 2" in ran.out
    assert "for versions 1 and 1" in ran.out
    assert COPY[:20] in ran.out


def test_a_missing_argument_is_a_usage_error() -> None:
    """Exit code 2, as for every wrong use."""
    assert run("clusters", "explain", "abcd").code == 2
