"""Hosts: the breaker, the scope of a Retry-After, walls against robots."""

from __future__ import annotations

import pytest

from copytaster.fetcher.breaker import FIRST_OPEN_MS, LONGEST_OPEN_MS, OPEN_AFTER, Breaker, after_failure
from copytaster.fetcher.challenges import is_challenge
from copytaster.fetcher.scopes import limit_scope

NOW = 1_000_000


def failed(feeds: str, breaker: Breaker | None = None, *, now_ms: int = NOW) -> Breaker:
    """The breaker after a failure of each feed in turn."""
    fields = {}
    found = breaker or Breaker()
    for feed in feeds:
        fields = after_failure(found, feed, now_ms=now_ms)
        stored = {name: str(value).encode() for name, value in fields.items()}
        stored["broken"] = str(found.broken + 1).encode()
        old = {"opened": str(found.opened).encode(), "open_until": str(found.open_until_ms).encode()}
        found = Breaker.from_hash({**old, **stored})
    return found


def test_a_breaker_opens_after_five_failures_of_at_least_two_feeds() -> None:
    """One feed alone may have a wrong address, port or path."""
    assert failed("a" * OPEN_AFTER * 3).opened == 0
    assert failed("ab" * 2).opened == 0
    assert failed("aaaab").open_until_ms == NOW + FIRST_OPEN_MS


def test_a_failed_probe_doubles_the_wait_up_to_an_hour() -> None:
    """Twelve failed probes in a row."""
    found, waits = failed("aaaab"), []
    for _ in range(12):
        now_ms = found.open_until_ms
        found = failed("a", found, now_ms=now_ms)
        waits.append(found.open_until_ms - now_ms)

    assert waits[:3] == [2 * FIRST_OPEN_MS, 4 * FIRST_OPEN_MS, 8 * FIRST_OPEN_MS]
    assert waits[-1] == LONGEST_OPEN_MS


def test_a_poll_that_was_on_its_way_when_the_breaker_opened_is_no_failed_probe() -> None:
    """Sixteen polls that time out together open it once."""
    found = failed("aaaabcdefghijklmn")

    assert (found.opened, found.open_until_ms) == (1, NOW + FIRST_OPEN_MS)


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("user.tumblr.com", ("tumblr.com", True)),
        ("old.reddit.com", ("reddit.com", True)),
        ("tumblr.com", ("tumblr.com", True)),
        ("nottumblr.com", ("nottumblr.com", False)),
        ("www.bote.example", ("www.bote.example", False)),
        ("rsshub", ("rsshub", False)),
        ("10.0.0.7", ("10.0.0.7", False)),
        ("tumblr.com.evil.example", ("tumblr.com.evil.example", False)),
    ],
)
def test_a_429_holds_for_the_platform_or_else_for_the_host(host: str, scope: tuple[str, bool]) -> None:
    """Private and bare hosts are never widened."""
    assert limit_scope(host) == scope


@pytest.mark.parametrize(
    ("headers", "body", "wall"),
    [
        ({"cf-mitigated": "challenge"}, b"", True),
        ({"x-amzn-waf-action": "captcha"}, b"", True),
        ({"x-datadome": "protected"}, b"", True),
        ({}, b"<html><head><title>Just a moment...</title>", True),
        ({"server": "cloudflare"}, b"<html><title>Der Bote</title>", False),
        ({}, b"<rss><channel><title>Bote</title><item><title>Just a minute</title>", False),
    ],
)
def test_a_wall_against_robots_is_told_from_a_page(headers: dict[str, str], body: bytes, wall: bool) -> None:
    """By documented headers, or by the title of the page."""
    assert is_challenge(headers, body) is wall
