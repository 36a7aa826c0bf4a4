"""The names of the streams, what each carries and how long an entry is kept at least.

A full key is `copytaster:{<desk>}:<name>`; the braces are the Redis Cluster hash tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: `kept_seconds` is the minimum life of an entry; 0 = until done, None = for ever or until handled."""

    name: str
    public: bool
    written_by: str
    kept_seconds: int | None
    says: str


STREAMS: Final = {
    stream.name: stream
    for stream in (
        Stream("articles", False, "fetcher", 0, "this feed item's article was fetched"),
        Stream("stories", True, "extractor", 14 * DAY_SECONDS, "a story was published, revised or withdrawn"),
        Stream("links", True, "linker", 14 * DAY_SECONDS, "this story version was compared: all its links"),
        Stream("clusters", True, "clusterer", 14 * DAY_SECONDS, "this cluster changed"),
        Stream("decisions", True, "operators", None, "pin, forbid, merge, split, undo, with the reason"),
        Stream("feeds", False, "fetcher", 7 * DAY_SECONDS, "what an operator should know of a feed"),
        Stream("drops", False, "all", 7 * DAY_SECONDS, "this item was left out on purpose, and why"),
        Stream("dead", False, "all", None, "this entry could not be processed"),
    )
}


def stream_key(desk: str, name: str) -> str:
    """The Redis key of the stream `name` at `desk`; KeyError for a name that is not in `STREAMS`."""
    return f"copytaster:{{{desk}}}:{STREAMS[name].name}"
