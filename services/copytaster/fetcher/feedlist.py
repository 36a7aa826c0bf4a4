"""Applies a feeds file to the stored list of feeds: what is added, changed, paused, resumed, left alone.

Pure. What the file names is added or changed; what it once brought and no longer names is paused; what a command added
is left alone (design 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from copytaster.fetcher.feedsfile import FeedSpec
from copytaster.fetcher.feedstate import FeedState, FeedStatus
from copytaster.text.urls import host_of


class Change(StrEnum):
    """What happens to one feed; the values are codes of `reasons.FEED_CHANGES`."""

    ADDED = "added"
    CHANGED = "changed"
    RESUMED = "resumed"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class ListChange:
    """One change: the feed, its stored revision (0 = not stored), the hash fields to write, and why, in words."""

    change: Change
    feed_id: str
    url: str
    title: str | None
    revision: int
    fields: dict[str, str]
    detail: str


def fields_of(spec: FeedSpec) -> dict[str, str]:
    """The hash fields of the feed list; empty where the file says nothing."""
    interval = spec.interval_seconds
    return {
        "url": spec.url,
        "host": host_of(spec.url),
        "outlet": spec.outlet,
        "title": spec.title or "",
        "interval_seconds": "" if interval is None else f"{interval:g}",
        "status": FeedStatus.ACTIVE.value,
    }


def changes(
    specs: Iterable[FeedSpec], stored: Mapping[str, FeedState], brought: Iterable[str], *, file_name: str
) -> list[ListChange]:
    """The changes that make the list follow the file, in the file's order, pauses last.

    `stored` holds the known states of the named and the brought feeds by id; `brought` are the ids that the file
    brought before.
    """
    named = {spec.feed_id: spec for spec in specs}
    found = [
        change
        for feed_id, spec in named.items()
        if (change := _named(spec, stored.get(feed_id), file_name)) is not None
    ]
    for feed_id in sorted(set(brought) - set(named)):
        state = stored.get(feed_id)
        if state is not None and state.status is FeedStatus.ACTIVE:
            fields = {"status": FeedStatus.PAUSED.value}
            detail = f"{file_name} no longer names it"
            found.append(
                ListChange(Change.PAUSED, feed_id, state.url, state.title, state.revision, fields, detail)
            )
    return found


def _named(spec: FeedSpec, state: FeedState | None, file_name: str) -> ListChange | None:
    fields = fields_of(spec)
    if state is None:
        return ListChange(Change.ADDED, spec.feed_id, spec.url, spec.title, 0, fields, f"by {file_name}")
    if spec.title is None:
        del fields["title"]  # the document's own title has been stored in its place
    now = {
        "url": state.url,
        "outlet": state.outlet or "",
        "title": state.title or "",
        "interval_seconds": "" if state.interval_seconds is None else f"{state.interval_seconds:g}",
    }
    differing = sorted(name for name in now if name in fields and fields[name] != now[name])
    if state.status is FeedStatus.PAUSED:
        detail = f"{file_name} names it again"
        return ListChange(Change.RESUMED, spec.feed_id, spec.url, state.title, state.revision, fields, detail)
    if not differing:
        return None
    detail = f"by {file_name}: {', '.join(differing)}"
    return ListChange(
        Change.CHANGED, spec.feed_id, spec.url, spec.title or state.title, state.revision, fields, detail
    )
