"""Every Redis key of the project: pattern, type, owner, lifetime, and the functions that build them.

The braces in `copytaster:{<desk>}:<name>` are the Redis Cluster hash tag: all keys of a desk share one slot, so a
commit over them can be atomic. A test fails on a key that is not in `TABLE`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

DAY_SECONDS: Final = 86_400

WINDOW_DAYS: Final = 14
"""Two stories are compared when at most this many days lie between them (design 5)."""

RECORD_SECONDS: Final = (WINDOW_DAYS + 3) * DAY_SECONDS
"""The store of record keeps a story for the window and three days more (design 4)."""

DONE_SECONDS: Final = 14 * DAY_SECONDS
"""How long the mark of a committed input entry stands: the minimum life of the entry itself."""

LEDGER_DAYS: Final = 8
"""So far back the ledger tells and balances: a week, and the day on which one looks at it."""

LEDGER_SECONDS: Final = (LEDGER_DAYS + 1) * DAY_SECONDS
"""Life of an hour's counts from the hour's start: never shorter than it is told of."""

OUTLINE_SECONDS: Final = 3 * DAY_SECONDS
"""Pages are looked at again for a day; corrections that come through the feed rarely take longer than two more."""

HOST_SECONDS: Final = 8 * DAY_SECONDS
"""Longer than the longest Retry-After that is believed (7 days): a wait must not be forgotten before its end."""

HOLD_SECONDS: Final = 30
"""Life of the notice that the fetcher waits, which it renews every second: as long as a silent process counts as there."""

FURNITURE_SECONDS: Final = 21 * DAY_SECONDS
"""A table is for one week, is read in the next, and has a week for clocks that differ."""

STATE_SECONDS: Final = 90 * DAY_SECONDS
"""Life of a state that is renewed whenever its subject is seen (feed items, story versions, hosts)."""


@dataclass(frozen=True, slots=True)
class KeyPattern:
    """One row of the table of keys; `lifetime_seconds` None means permanent, for the stated reason."""

    pattern: str
    type: str
    owner: str
    lifetime_seconds: int | None
    what: str


TABLE: Final = (
    KeyPattern("articles", "stream", "fetcher", None, "fetched articles; trimmed once done"),
    KeyPattern(
        "stories", "stream", "extractor", None, "published, revised, withdrawn; trimmed after 14 days"
    ),
    KeyPattern("links", "stream", "deduplicator", None, "comparisons; trimmed after 14 days"),
    KeyPattern("clusters", "stream", "deduplicator", None, "cluster changes; trimmed after 14 days"),
    KeyPattern("decisions", "stream", "operator", None, "operators' decisions; kept for ever"),
    KeyPattern("feeds", "stream", "fetcher", None, "what an operator should know of a feed; 7 days"),
    KeyPattern("drops", "stream", "all", None, "items left out on purpose; 7 days"),
    KeyPattern("dead", "stream", "all", None, "entries that could not be processed; until handled"),
    KeyPattern("done:<group>:<event>", "string", "streams", DONE_SECONDS, "this input entry took effect"),
    KeyPattern(
        "failures:<group>:<stream>",
        "hash",
        "streams",
        DONE_SECONDS,
        "handled failures, bugs among them and time of the next try, per pending entry",
    ),
    KeyPattern("feed:<id>", "hash", "fetcher", None, "state of one feed; while the feed is listed"),
    KeyPattern("feeds:due", "zset", "fetcher", None, "feed id by due time (ms); the feed list itself"),
    KeyPattern("feeds:census", "hash", "fetcher", None, "class of rate and bounds to polled feeds in it"),
    KeyPattern("feeds:paused", "set", "fetcher", None, "ids of the listed feeds that are not polled"),
    KeyPattern("feeds:file", "set", "fetcher", None, "ids of the feeds that the feeds file brought or names"),
    KeyPattern("outcomes:<feed>", "list", "fetcher", STATE_SECONDS, "the last 20 polls of a feed"),
    KeyPattern("seen:<feed>", "hash", "fetcher", STATE_SECONDS, "item key to revision hash of one feed"),
    KeyPattern("wanted", "zset", "fetcher", None, "items whose article is to be fetched, by due time (ms)"),
    KeyPattern("refetch", "zset", "fetcher", None, "published pages to be looked at again, by due time (ms)"),
    KeyPattern(
        "item:<id>", "hash", "fetcher", STATE_SECONDS, "an article's want: its item, owner feed, fence"
    ),
    KeyPattern(
        "host:<name>", "hash", "fetcher", HOST_SECONDS, "next allowed request (ms), crawl delay, breaker"
    ),
    KeyPattern(
        "busy:<lane>:<host>", "zset", "fetcher", 600, "requests of a host in hand, by end of their lease (ms)"
    ),
    KeyPattern("robots:<host>", "string", "fetcher", DAY_SECONDS, "robots.txt as fetched"),
    KeyPattern(
        "page:<id>",
        "string",
        "fetcher",
        None,
        "bytes of a page until its entry is done, or dropped from dead",
    ),
    KeyPattern(
        "article:<article>",
        "hash",
        "fetcher",
        STATE_SECONDS,
        "sequence (last fetch), dropped and story of one article",
    ),
    KeyPattern(
        "version:<story>", "hash", "extractor", STATE_SECONDS, "revision and hashes of the latest version"
    ),
    KeyPattern("outline:<story>", "string", "extractor", OUTLINE_SECONDS, "what a revision is told apart by"),
    KeyPattern(
        "furniture:<site>:<week>",
        "hash",
        "extractor",
        FURNITURE_SECONDS,
        "sentences that recur over an outlet's pages, and the headings above new ones",
    ),
    KeyPattern(
        "story:<story>",
        "hash",
        "deduplicator",
        STATE_SECONDS,
        "record of a story, its cluster, its counter; a tombstone without the record once its cluster is closed",
    ),
    KeyPattern(
        "body:<story>:<version>", "string", "extractor", RECORD_SECONDS, "a body too long for an event"
    ),
    KeyPattern("index:<slice>:<bucket>", "zset", "deduplicator", RECORD_SECONDS, "candidate keys of a slice"),
    KeyPattern("numbers", "hash", "deduplicator", None, "counter of the index's story numbers"),
    KeyPattern(
        "numbers:<slice>",
        "hash",
        "deduplicator",
        RECORD_SECONDS,
        "number to story, of one slice; buckets, members",
    ),
    KeyPattern("pairs:<story>", "hash", "deduplicator", RECORD_SECONDS, "other story to the pair's decision"),
    KeyPattern(
        "cluster:<id>", "hash", "deduplicator", None, "a cluster's state; a tombstone resolves for ever"
    ),
    KeyPattern("clusters:due", "zset", "deduplicator", None, "cluster id by its next step in life (ms)"),
    KeyPattern("decision:<id>", "hash", "operator", None, "revision of a decision, and what was decided"),
    KeyPattern("decided", "hash", "deduplicator", None, "story to the decisions in force about it"),
    KeyPattern(
        "ledger:<hour>", "hash", "streams", LEDGER_SECONDS, "items first seen in an hour, by feed and fate"
    ),
    KeyPattern(
        "passed", "hash", "streams", STATE_SECONDS, "subscribers' groups that lost entries to trimming (JSON)"
    ),
    KeyPattern("held", "string", "fetcher", HOLD_SECONDS, "why the fetcher waits, while it does (JSON)"),
    KeyPattern(
        "services", "zset", "streams", DAY_SECONDS, "running processes by their last sign of life (ms)"
    ),
    KeyPattern("lease:<role>", "hash", "streams", 60, "who is the one active holder of a role"),
)


def prefix(desk: str) -> str:
    """`copytaster:{<desk>}:`, the start of every key of a desk."""
    return f"copytaster:{{{desk}}}:"


@dataclass(frozen=True, slots=True)
class Keys:
    """Builds the keys of one desk."""

    desk: str

    def key(self, *parts: str) -> str:
        """The full key whose name is `parts` joined by colons."""
        return prefix(self.desk) + ":".join(parts)

    def stream(self, name: str) -> str:
        """The full key of the stream `name` (one of `copytaster_schemas.streams.STREAMS`)."""
        return self.key(name)


_PLACEHOLDER = re.compile(r"<\w+>")


def _row_regex(pattern: str) -> re.Pattern[str]:
    literal = (re.escape(part) for part in _PLACEHOLDER.split(pattern))
    return re.compile(".+".join(literal), re.DOTALL)


_ROWS: Final = tuple((_row_regex(row.pattern), row) for row in TABLE)


def row_of(key: str) -> KeyPattern | None:
    """The row of `TABLE` that covers the full key `key`, or None for a key nobody declared."""
    match = re.match(r"copytaster:\{[^}]+\}:", key)
    if match is None:
        return None
    name = key[match.end() :]
    return next((row for regex, row in _ROWS if regex.fullmatch(name)), None)
