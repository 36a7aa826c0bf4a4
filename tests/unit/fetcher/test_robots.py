"""What robots.txt allows."""

from __future__ import annotations

import pytest

from copytaster.fetcher.robots import (
    MAX_ROBOTS_BYTES,
    RULES_SECONDS,
    UNREACHABLE_SECONDS,
    RobotsAnswer,
    Rules,
    answer_of_response,
    origin_of,
    robots_url,
)

TEXT = b"""
User-agent: *
Disallow: /archive/
Allow: /archive/today

User-agent: Copytaster
Disallow: /intern/
Crawl-delay: 5
"""


def test_our_own_group_wins_over_the_one_for_all() -> None:
    """RFC 9309, 2.2.1: the group that names us holds alone."""
    rules = Rules(answer_of_response(200, TEXT))

    assert rules.allows("https://bote.example/archive/1")
    assert not rules.allows("https://bote.example/intern/plan")
    assert rules.crawl_delay_seconds == 5.0


def test_the_longest_rule_wins() -> None:
    """RFC 9309, 2.2.2."""
    rules = Rules(answer_of_response(200, TEXT.replace(b"Copytaster", b"SomebodyElse")))

    assert not rules.allows("https://bote.example/archive/1")
    assert rules.allows("https://bote.example/archive/today")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_missing_file_allows_everything(status: int) -> None:
    """RFC 9309, 2.3.1.3."""
    rules = Rules(answer_of_response(status, b""))

    assert rules.allows("https://bote.example/intern/plan")
    assert rules.crawl_delay_seconds == 0.0


@pytest.mark.parametrize("status", [429, 500, 502, 503, 599])
def test_a_failing_server_forbids_everything_for_the_time_being(status: int) -> None:
    """RFC 9309, 2.3.1.4; it is asked again soon, not after a day."""
    answer = answer_of_response(status, b"")

    assert not Rules(answer).allows("https://bote.example/")
    assert answer.lifetime_seconds == UNREACHABLE_SECONDS < RULES_SECONDS


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff\xfe" * 100, b"<html>not found</html>", b"Crawl-delay: never\nDisallow"]
)
def test_a_file_that_says_nothing_allows_everything(body: bytes) -> None:
    """Servers answer 200 with a page, or with bytes."""
    assert Rules(answer_of_response(200, body)).allows("https://bote.example/x")


def test_only_the_part_that_the_standard_asks_for_is_read() -> None:
    """RFC 9309, 2.5: at least 500 KiB."""
    answer = answer_of_response(200, b"#" * (2 * MAX_ROBOTS_BYTES))

    assert len(answer.text) == MAX_ROBOTS_BYTES


@pytest.mark.parametrize(("said", "kept"), [("3600", 60.0), ("0.5", 0.5), ("-1", 0.0)])
def test_a_crawl_delay_is_kept_within_reason(said: str, kept: float) -> None:
    """Some sites write hours where they mean never."""
    rules = Rules(RobotsAnswer(reachable=True, text=f"User-agent: *\nCrawl-delay: {said}\n"))

    assert rules.crawl_delay_seconds == kept


def test_the_scope_of_a_file_is_scheme_host_and_port() -> None:
    """User names are no part of it."""
    assert origin_of("HTTP://Bote.Example/a") == "http://bote.example:80"
    assert origin_of("https://bote.example:8443/a") == "https://bote.example:8443"
    assert robots_url("https://me:pw@bote.example:8443/a?b#c") == "https://bote.example:8443/robots.txt"
