"""What robots.txt allows, by RFC 9309: a missing file allows all, a failing server forbids for the time being.

Pure: it is given what the server answered. The parsing is Protego's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from protego import Protego

AGENT: Final = "Copytaster"
"""The product token that robots.txt files address us by (RFC 9309, 2.2.1)."""

MAX_ROBOTS_BYTES: Final = 500 * 1024
"""What a crawler has to read at least, and no more than that is read (RFC 9309, 2.5)."""

RULES_SECONDS: Final = 86_400
"""How long rules may be used without asking again (RFC 9309, 2.4)."""

UNREACHABLE_SECONDS: Final = 600
"""After a failing server robots.txt is asked for again no sooner than this, so that a short outage costs minutes."""

MAX_CRAWL_DELAY_SECONDS: Final = 60.0
"""Longer delays are cut: some sites write hours where they mean never (research/fetching.md, 6)."""


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    """What came of asking for a robots.txt: `reachable` False means 5xx, a time-out, or no connection."""

    reachable: bool
    text: str = ""

    @property
    def lifetime_seconds(self) -> int:
        """How long the answer may be kept."""
        return RULES_SECONDS if self.reachable else UNREACHABLE_SECONDS


def answer_of_response(status: int, body: bytes) -> RobotsAnswer:
    """The answer that an HTTP response gives: 2xx its rules, 4xx no rules at all, anything else unreachable."""
    if 200 <= status < 300:
        return RobotsAnswer(reachable=True, text=body[:MAX_ROBOTS_BYTES].decode("utf-8", errors="replace"))
    return RobotsAnswer(reachable=400 <= status < 500 and status != 429)


class Rules:
    """The rules of one origin (scheme, host, port)."""

    def __init__(self, answer: RobotsAnswer) -> None:
        self.reachable = answer.reachable
        self._rules = Protego.parse(answer.text) if answer.text else None

    def allows(self, url: str) -> bool:
        """Whether the page `url` may be fetched; False for all pages while robots.txt is unreachable."""
        if not self.reachable:
            return False
        return self._rules is None or bool(self._rules.can_fetch(url, AGENT))

    @property
    def crawl_delay_seconds(self) -> float:
        """The least time between two requests that the site asks for, at most MAX_CRAWL_DELAY_SECONDS; 0 = none."""
        delay = self._rules.crawl_delay(AGENT) if self._rules else None
        return min(max(float(delay or 0.0), 0.0), MAX_CRAWL_DELAY_SECONDS)


def origin_of(url: str) -> str:
    """`scheme://host:port` in lower case, the scope of one robots.txt; ValueError for what is no http(s) URL."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme.lower()]
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}:{port}"


def robots_url(url: str) -> str:
    """Where the robots.txt of `url` lies."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"
