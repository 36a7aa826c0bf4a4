"""`copytaster verify` and `copytaster relink`: what is stored is decided anew, and nothing is changed."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from copytaster.deduplicator.policy import DEFAULT_POLICY
from copytaster_schemas.identity import short_id
from tests.stack.cli.looking import FIRE, FIRE_COPY, HARBOUR, SALE, Looking
from tests.stack.deduplicator.desk import KEYS, make_story


async def everything(looking: Looking) -> dict[bytes, Any]:
    """Every key of the server with its content."""
    return {key: await looking.redis.dump(key) async for key in looking.redis.scan_iter(count=1000)}


def stricter(folder: Path) -> str:
    """A policy under which nothing but the very same words is a copy."""
    raw = json.loads(files("copytaster.deduplicator").joinpath(DEFAULT_POLICY).read_bytes())
    raw["version"] = "strict"
    for forest in raw["forests"].values():
        tables = forest["calibration"]
        forest["calibration"] = {side: [[at, 0] for at, _ in knots] for side, knots in tables.items()}
    path = folder / "strict.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return str(path)


async def test_every_stored_link_verifies(looking: Looking) -> None:
    """Published links and kept pairs, all of them or those of a cluster or a story; exit code 0, nothing is written."""
    before = await everything(looking)
    home = next(name for name, members in (await looking.desk.clusters()).items() if FIRE.uri in members)

    for which in (("--all",), ("--cluster", home), ("--story", FIRE_COPY.uri)):
        ran = await looking.run("verify", *which, "--json")
        [counts] = ran.objects
        assert ran.code == 0, ran
        assert counts["verified"] >= 2
        assert counts["differs"] == counts["gone"] == 0
    assert await everything(looking) == before


async def test_a_link_that_does_not_follow_from_the_texts_is_named(looking: Looking) -> None:
    """A confidence that was changed by hand is found, with the field; exit code 1."""
    key, field = KEYS.key("pairs", short_id(FIRE.uri)), short_id(FIRE_COPY.uri)
    row = json.loads(await looking.redis.hget(key, field))
    row[3] = 123_000
    await looking.redis.hset(key, field, json.dumps(row))

    ran = await looking.run("verify", "--story", FIRE.uri, "--json")

    assert ran.code == 1
    assert [(one["source"], one["fields"]) for one in ran.objects[:-1]] == [("pairs", ["confidence"])]


async def test_links_to_a_former_version_cannot_be_checked(looking: Looking) -> None:
    """They count as gone and are no failure."""
    await looking.desk.publish([make_story("hafen", HARBOUR + " Ende.", title="Hafen", version=2)])
    while await looking.desk.step(looking.desk.linker):
        pass

    ran = await looking.run("verify", "--story", FIRE_COPY.uri, "--json")

    assert ran.code == 0
    assert ran.objects[-1]["gone"] >= 1


@pytest.mark.parametrize("which", [(), ("--all", "--story", FIRE.uri)])
async def test_one_scope_has_to_be_named(looking: Looking, which: tuple[str, ...]) -> None:
    """Neither none nor two."""
    assert (await looking.run("verify", *which)).code == 2


async def test_the_policy_in_use_would_change_nothing(looking: Looking) -> None:
    """What the service derived story by story is what all stories at once give; decisions count, and nothing is written."""
    await looking.run("clusters", "forbid", FIRE.uri, FIRE_COPY.uri, "--reason", "a test")
    await looking.desk.pump()
    before = await everything(looking)

    ran = await looking.run("relink", "--diff", "--json")

    assert ran.objects == [
        {**ran.objects[-1], "stories": 3, "clustersNow": 3, "clustersThen": 3, "changes": 0}
    ]
    assert await everything(looking) == before


async def test_another_policy_tells_what_it_would_change_and_why(looking: Looking, tmp_path: Path) -> None:
    """The copy would leave; the pair that decides it stands beside with what was and what would be said."""
    ran = await looking.run("relink", "--policy", stricter(tmp_path), "--diff", "--json")
    table = await looking.run("relink", "--policy", stricter(tmp_path), "--diff")

    changes, counts = ran.objects[:-1], ran.objects[-1]
    assert (counts["clustersNow"], counts["clustersThen"], counts["policy"]) == (2, 3, "strict")
    split = next(change for change in changes if change["op"] == "split")
    assert {split["why"][0]["a"], split["why"][0]["b"]} == {FIRE.uri, FIRE_COPY.uri}
    assert split["why"][0]["before"] != split["why"][0]["after"]
    assert SALE.uri not in json.dumps(changes)
    assert "split" in table.out


async def test_a_policy_that_is_none_is_one_clear_line(looking: Looking, tmp_path: Path) -> None:
    """Neither shipped nor a file that holds one."""
    path = tmp_path / "nonsense.json"
    path.write_text("{}", encoding="utf-8")

    for name in (str(path), "no-such-policy.json"):
        ran = await looking.run("relink", "--policy", name)
        assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
