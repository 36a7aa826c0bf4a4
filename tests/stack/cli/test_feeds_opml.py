"""`copytaster feeds import` and `export`: lists of feeds as OPML."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.stack.cli.feeds_desk import FeedsDesk, feeds_desk

OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Meine Feeds</title></head><body>
<outline text="Norden"><outline text="Küste">
  <outline type="rss" text="Nordpost" xmlUrl="https://nordpost.example/feed.xml"/>
  <outline type="rss" text="Bote" xmlUrl="https://bote.example/rss"/>
</outline>
<outline type="rss" text="Nordpost, noch einmal" xmlUrl="http://www.nordpost.example/feed.xml"/></outline>
</body></opml>"""


@pytest.fixture
async def cli(
    valkey_url: str, redis_client: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FeedsDesk]:
    """A desk without feeds."""
    async with feeds_desk(valkey_url, redis_client, tmp_path, monkeypatch) as desk:
        yield desk


def written(cli: FeedsDesk, text: str, name: str = "feeds.opml") -> str:
    """The path of a file with this text."""
    path = cli.desk.folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return str(path)


@pytest.mark.parametrize("name", ["feeds.opml", "feeds.opml.gz"])
async def test_nested_feeds_are_added_and_repetitions_counted(cli: FeedsDesk, name: str) -> None:
    """Imported again, nothing changes: what is listed already is counted."""
    file = written(cli, OPML, name)

    first = await cli.run("import", file, "--json")
    before = await cli.state_of_everything()
    second = await cli.run("import", file, "--json")
    listed = (await cli.run("list", "--json")).objects

    counts = {name: value for name, value in first.objects[0].items() if name != "file"}
    assert counts == {"feeds": 2, "added": 2, "listedAlready": 0, "repeated": 1, "unusable": 0}
    assert second.objects[0]["listedAlready"] == 2
    assert await cli.state_of_everything() == before
    assert [(one["url"], one["title"]) for one in listed] == [
        ("https://bote.example/rss", "Bote"),
        ("https://nordpost.example/feed.xml", "Nordpost"),
    ]


async def test_a_dry_run_counts_and_adds_nothing(cli: FeedsDesk) -> None:
    """Nothing is in Redis afterwards."""
    ran = await cli.run("import", written(cli, OPML), "--dry-run")

    assert ran.code == 0
    assert "2 would be added" in ran.out
    assert not await cli.desk.redis.keys("*")


BROKEN: dict[str, tuple[str, str, int]] = {
    "cut off in the middle": (OPML[: OPML.index("noch einmal")], "line 7: not well-formed XML", 2),
    "a bare ampersand": (OPML.replace("Nordpost,", "Post & mehr,"), "line 7: not well-formed XML", 2),
    "not OPML": (
        "<rss version='2.0'><channel><title>x</title></channel></rss>",
        "line 1: no OPML: the document is <rss>",
        0,
    ),
    "text": ("https://nordpost.example/feed.xml", "line 1: not well-formed XML", 0),
    "nothing": ("", "line 1: not well-formed XML: no element found", 0),
    "an entity": (
        '<!DOCTYPE opml [<!ENTITY a "aaaa">]>' + OPML.partition("?>")[2].strip(),
        "declares the entity a",
        2,
    ),
    "an outline with no web address": (
        OPML.replace("https://bote.example/rss", "mailto:bote@bote.example"),
        "line 5: 'mailto:bote@bote.example' is no http or https URL",
        1,
    ),
}


@pytest.mark.parametrize(("text", "said", "readable"), BROKEN.values(), ids=BROKEN)
async def test_a_broken_file_is_one_line_and_what_can_be_read_comes_only_if_asked_for(
    cli: FeedsDesk, text: str, said: str, readable: int
) -> None:
    """Nothing is added without --partial; with it the rest is."""
    file = written(cli, text)

    refused = await cli.run("import", file)
    nothing = await cli.desk.redis.keys("*")
    partial = await cli.run("import", file, "--partial", "--json")

    assert (refused.code, refused.out) == (1, "")
    assert refused.err.count("\n") == 1
    assert said in refused.err
    assert ("--partial" in refused.err) is bool(readable)
    assert nothing == []
    assert partial.code == (0 if readable else 1)
    assert len((await cli.run("list", "--json")).objects) == readable


async def test_a_file_that_is_not_there_is_one_line(cli: FeedsDesk) -> None:
    """With its name."""
    ran = await cli.run("import", str(cli.desk.folder / "none.opml"))

    assert ran.code == 1
    assert ran.err.endswith("none.opml: No such file or directory\n")


async def test_thousands_of_feeds_are_imported(cli: FeedsDesk) -> None:
    """Each with its event, in steps that hold the server for moments only."""
    outlines = "".join(
        f'<outline type="rss" text="F{n}" xmlUrl="https://o{n}.example/feed"/>' for n in range(3000)
    )
    ran = await cli.run("import", written(cli, f"<opml><body>{outlines}</body></opml>"), "--json")

    assert ran.objects[0]["added"] == 3000
    assert ran.err == ""
    assert await cli.desk.redis.zcard(cli.keys.key("feeds", "due")) == 3000
    assert await cli.desk.redis.xlen(cli.keys.stream("feeds")) == 3000


async def test_what_is_exported_comes_back_the_same_elsewhere(cli: FeedsDesk) -> None:
    """Outlet, title, interval and pause travel along; odd characters do no harm."""
    await cli.run(
        "add",
        "https://nordpost.example/f?a=1&b=<2>",
        "--no-check",
        "--outlet",
        "nordpost",
        "--title",
        'Post "Nord" & <Küste>',
        "--interval",
        "90",
    )
    await cli.run("add", "https://bote.example/rss", "--no-check")
    await cli.run("pause", "https://bote.example/rss")
    file = cli.desk.folder / "out.opml"

    exported = await cli.run("export", str(file))
    again = await cli.run("export", str(file))
    printed = await cli.run("export")
    here = (await cli.run("list", "--json")).objects
    await cli.run("import", str(file), "--desk", "other")
    there = (await cli.run("list", "--json", "--desk", "other")).objects

    assert (exported.code, again.code) == (0, 1)
    assert "--force" in again.err
    assert printed.out.startswith("<?xml")
    assert len(here) == 2
    fields = ("feed", "url", "outlet", "title", "status", "pausedBy", "intervalSeconds")
    assert [[one.get(name) for name in fields] for one in there] == [
        [one.get(name) for name in fields] for one in here
    ]
