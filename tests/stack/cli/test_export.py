"""`copytaster export clusters`: a snapshot and the place on the stream from which a late subscriber goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.stack.cli.looking import FIRE, FIRE_COPY, HARBOUR, SALE, Looking, add_from_the_future
from tests.stack.deduplicator.desk import KEYS, make_story


def members_of(clusters: list[dict[str, Any]]) -> set[frozenset[str]]:
    """The member sets of clusters as data."""
    return {frozenset(member["story"] for member in cluster["members"]) for cluster in clusters}


def names_in(folder: Path) -> list[str]:
    """The names of all files, hidden ones too."""
    return [path.name for path in folder.iterdir()]


async def test_the_snapshot_has_each_living_cluster_once_and_ends_with_the_position(looking: Looking) -> None:
    """Every line but the last is the data of a cluster's last event; the last one names the last entry."""
    ran = await looking.run("export", "clusters")

    *clusters, last = ran.objects
    entries = await looking.redis.xrange(KEYS.stream("clusters"))
    assert ran.code == 0
    assert members_of(clusters) == {frozenset({FIRE.uri, FIRE_COPY.uri}), frozenset({SALE.uri})}
    assert last["position"] == entries[-1][0].decode()
    assert last["stream"] == KEYS.stream("clusters")
    assert last["clusters"] == len(clusters) == 2


async def test_who_goes_on_behind_the_position_misses_nothing_and_gets_nothing_twice(
    looking: Looking, tmp_path: Path
) -> None:
    """Snapshot plus what comes behind the position is what the clusters are in the end."""
    out = tmp_path / "clusters.jsonl"
    exported = await looking.run("export", "clusters", "--out", str(out))
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    state = {line["cluster"]: line for line in lines[:-1]}
    position = lines[-1]["position"]
    excerpt = make_story(
        "kurz", "\n".join(HARBOUR.split("\n")[:2]), title="Hafen zu", outlet="morgen.example", minutes=60
    )
    await looking.tell(excerpt)

    later = await looking.run("tail", "clusters", "--since", position, "--json", "--no-follow")
    for event in later.objects:
        assert event["data"]["revision"] == state.get(event["subject"], {"revision": 0})["revision"] + 1
        state[event["subject"]] = event["data"]

    assert exported.out == ""
    assert members_of(list(state.values())) == {
        frozenset(cluster) for cluster in (await looking.desk.clusters()).values()
    }


async def test_a_cluster_that_was_merged_or_emptied_is_not_in_it(looking: Looking) -> None:
    """Only what lives: an ended id would come to life again at the subscriber."""
    entry = dict((await looking.redis.xrevrange(KEYS.stream("clusters"), count=1))[0][1])
    data = json.loads(entry[b"data"])
    gone = {**data, "state": "merged", "op": "merged", "members": [], "revision": data["revision"] + 1}
    await looking.redis.xadd(KEYS.stream("clusters"), {**entry, b"data": json.dumps(gone).encode()})

    *clusters, last = (await looking.run("export", "clusters")).objects

    assert data["cluster"] not in {cluster["cluster"] for cluster in clusters}
    assert last["clusters"] == 1


async def test_an_empty_stream_gives_the_position_of_its_beginning(empty: Looking) -> None:
    """A subscriber who goes on from there gets everything."""
    assert (await empty.run("export", "clusters")).objects == [
        {"position": "0-0", "stream": KEYS.stream("clusters"), "clusters": 0}
    ]


async def test_what_cannot_be_read_is_left_out_and_said(looking: Looking) -> None:
    """A type from the future ends nothing; how many there were stands on standard error."""
    await add_from_the_future(looking.redis, "clusters")

    ran = await looking.run("export", "clusters")

    assert (ran.code, ran.objects[-1]["clusters"]) == (0, 2)
    assert "2 entries could not be read" in ran.err


async def test_a_failed_export_leaves_the_former_file_as_it_was(looking: Looking, tmp_path: Path) -> None:
    """The file takes its name only once it is complete; a folder that is not there is one line, exit code 1."""
    out = tmp_path / "clusters.jsonl"
    out.write_text("former\n")

    away = await looking.run("export", "clusters", "--out", str(tmp_path / "nowhere" / "x.jsonl"))
    looking.url = "redis://127.0.0.1:1/0"
    failed = await looking.run("export", "clusters", "--out", str(out))

    assert (away.code, failed.code) == (1, 1)
    assert "cannot write" in away.err
    assert away.err.count("\n") == 1
    assert out.read_text() == "former\n"
    assert names_in(tmp_path) == ["clusters.jsonl"]


async def test_the_snapshot_of_a_cluster_is_its_latest_event(looking: Looking) -> None:
    """Field by field, also those that this version does not know."""
    stream = KEYS.stream("clusters")
    entry = dict((await looking.redis.xrevrange(stream, count=1))[0][1])
    newer = {**json.loads(entry[b"data"]), "weather": "fair"}
    await looking.redis.xadd(stream, {**entry, b"data": json.dumps(newer).encode()})

    exported = (await looking.run("export", "clusters")).objects

    assert newer in exported
