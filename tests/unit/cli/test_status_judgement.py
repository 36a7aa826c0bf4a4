"""Which reports need a person: each rule of the status with the figures on either side of its limit."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from copytaster.cli.looking.status_judgement import LATE_SECONDS, LOST_SECONDS, MEMORY_PERCENT, remarks
from copytaster.cli.looking.status_reading import (
    GroupState,
    Held,
    QueueState,
    RedisState,
    Report,
    StreamState,
)
from copytaster.fetcher.feedstate import FeedState, FeedStatus
from copytaster.fetcher.schedule import MAX_WEIGHT
from copytaster.streams.passed import Passed
from copytaster.streams.presence import GONE_AFTER_SECONDS, Presence, Sighting
from tests.support import ROOT

FEED = FeedState("0" * 32, url="https://nordpost.example/feed")


def sighting(service: str, *, instance: str = "host-1", version: str = "1", silent: float = 1.0) -> Sighting:
    """A process that was heard of so many seconds ago."""
    return Sighting(Presence(service, instance, version, "2026-03-01T12:00:00Z"), silent)


WELL = Report(
    desk="test",
    now_ms=1_772_366_400_000,
    services=tuple(sighting(service) for service in ("fetcher", "extractor", "deduplicator")),
    feeds=(FEED,),
)


def group(name: str, *, waiting: float | None = None, pending: float | None = None) -> Report:
    """A report with one group whose oldest entries have the given ages."""
    state = GroupState(
        name,
        consumers=1,
        pending=0 if pending is None else 4,
        lag=0 if waiting is None else 7,
        oldest_pending_seconds=pending,
        oldest_waiting_seconds=waiting,
    )
    return replace(WELL, streams=(StreamState("links", 9, 1.0, (state,)),))


def redis(**facts: Any) -> Report:
    """A report with a server that says so of itself."""
    return replace(WELL, redis=RedisState(**facts))


def feed(**state: Any) -> Report:
    """A report with one feed."""
    return replace(WELL, feeds=(replace(FEED, **state),))


LATE = LATE_SECONDS + 1

URGENT: list[tuple[str, Report, str]] = [
    ("nothing runs", replace(WELL, services=()), "nothing_runs"),
    ("one service missing", replace(WELL, services=WELL.services[1:]), "not_running"),
    ("the linker behind", group("linker", waiting=LATE), "behind"),
    ("the clusterer behind", group("clusterer", waiting=LATE), "behind"),
    ("an entry held", group("linker", pending=LATE), "stuck"),
    ("another eviction policy", redis(policy="allkeys-lru"), "eviction"),
    ("a disk that fails", redis(write_failed="a snapshot"), "disk"),
    ("memory at the limit", redis(used_bytes=MEMORY_PERCENT, limit_bytes=100), "memory"),
    ("dead entries", replace(WELL, streams=(StreamState("dead", 2, 1.0),)), "dead"),
    ("a failing feed", feed(failures=5, notified="failing"), "failing"),
    ("a dormant feed", feed(failures=50, notified="failing", weight=MAX_WEIGHT + 0.1), "dormant"),
    ("a feed that is gone", feed(failures=3, notified="gone", weight=MAX_WEIGHT + 1), "gone"),
    ("feeds late", replace(WELL, polls=QueueState(3, 2, LATE)), "feeds_late"),
    ("pages late", replace(WELL, pages=QueueState(3, 2, LATE)), "pages_late"),
    ("a fetcher that waits", replace(WELL, held=Held("memory", "full", LATE)), "held"),
]

CALM: list[tuple[str, Report, set[str]]] = [
    ("all is well", WELL, set()),
    ("nothing is known of the server", redis(), set()),
    ("memory below the limit", redis(used_bytes=MEMORY_PERCENT - 1, limit_bytes=100), set()),
    ("a fetcher that waits a little", replace(WELL, held=Held("backlog", "many", 60.0)), {"held"}),
    (
        "a subscriber that lost entries",
        replace(WELL, passed=(Passed("stories", "morgenblatt", "1-1", "2-1"),)),
        {"passed"},
    ),
    (
        "a subscriber that lost entries and keeps up again",
        replace(WELL, passed=(Passed("stories", "morgenblatt", "1-1", "2-1", caught_up=True),)),
        set(),
    ),
    ("no memory limit", redis(used_bytes=1 << 40, limit_bytes=0), set()),
    ("no append-only file", redis(append_only=False), {"not_durable"}),
    ("a group at work", group("linker", waiting=LATE_SECONDS, pending=LATE_SECONDS), set()),
    ("a subscriber behind", group("morgenblatt", waiting=LATE), {"subscriber"}),
    ("a feed that failed a few times", feed(failures=4), set()),
    ("a paused feed", feed(failures=9, notified="failing", status=FeedStatus.PAUSED), set()),
    ("no feeds", replace(WELL, feeds=()), {"no_feeds"}),
    (
        "a replica lost",
        replace(WELL, services=(*WELL.services, sighting("extractor", instance="host-2", silent=99.0))),
        {"lost"},
    ),
    (
        "a replica lost long ago",
        replace(
            WELL, services=(*WELL.services, sighting("extractor", instance="host-2", silent=LOST_SECONDS + 1))
        ),
        set(),
    ),
    (
        "two versions",
        replace(WELL, services=(*WELL.services, sighting("fetcher", instance="host-2", version="2"))),
        {"versions"},
    ),
]


@pytest.mark.parametrize(("report", "code"), [row[1:] for row in URGENT], ids=[row[0] for row in URGENT])
def test_this_needs_a_person_and_has_a_next_command(report: Report, code: str) -> None:
    """Exactly this one remark is urgent, and it names a command."""
    urgent = [remark for remark in remarks(report) if remark.urgent]

    assert [remark.code for remark in urgent] == [code]
    assert "docker compose " in urgent[0].next or urgent[0].next.startswith("copytaster ")


@pytest.mark.parametrize(("report", "codes"), [row[1:] for row in CALM], ids=[row[0] for row in CALM])
def test_this_needs_no_person(report: Report, codes: set[str]) -> None:
    """At most something that is good to know, with a command all the same."""
    found = remarks(report)

    assert {remark.code for remark in found} == codes
    assert not any(remark.urgent for remark in found)
    assert all(remark.next for remark in found)


def test_without_a_fetcher_its_queues_are_no_news() -> None:
    """That nobody fetches is told once, not three times."""
    report = replace(
        WELL, services=WELL.services[1:], polls=QueueState(3, 2, LATE), pages=QueueState(3, 2, LATE)
    )

    assert [remark.code for remark in remarks(report)] == ["not_running"]


def test_what_needs_a_person_comes_first() -> None:
    """Whatever the order in which it was found."""
    report = replace(feed(failures=5, notified="failing"), redis=RedisState(append_only=False))

    assert [remark.urgent for remark in remarks(report)] == [True, False]


def test_many_failing_feeds_are_one_remark() -> None:
    """Three are named, the rest counted: a page for a person, not a list of a thousand."""
    feeds = tuple(
        replace(
            FEED, feed_id=f"{number:032x}", url=f"https://n{number}.example/", failures=5, notified="failing"
        )
        for number in range(1000)
    )

    (remark,) = remarks(replace(WELL, feeds=feeds))

    assert remark.what.startswith(
        "1,000 feeds (https://n0.example/, https://n1.example/, https://n2.example/, …)"
    )


@pytest.mark.parametrize(("silent", "alive"), [(GONE_AFTER_SECONDS, True), (GONE_AFTER_SECONDS + 0.1, False)])
def test_a_process_is_alive_until_it_has_been_silent_too_long(silent: float, alive: bool) -> None:
    """The limit itself still counts as alive."""
    assert sighting("fetcher", silent=silent).alive is alive


def test_the_runbook_says_what_each_remark_means() -> None:
    """docs/operating.md has a row for every code, in the words of the status, and for no other."""
    runbook = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    table = runbook.split("| code | says | do |", 1)[1].split("\n\n", 1)[0]
    told = set(re.findall(r"^\| `([a-z_]+)`", table, re.MULTILINE))
    tested = {row[2] for row in URGENT} | {code for row in CALM for code in row[2]}

    assert told == tested
    source = (ROOT / "services/copytaster/cli/looking/status_judgement.py").read_text(encoding="utf-8")
    named = set(re.findall(r'Remark\(\s*"([a-z_]+)"', source)) | {"feeds_late", "pages_late"}
    assert told == named
