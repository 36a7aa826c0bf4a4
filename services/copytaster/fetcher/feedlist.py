"""Applies a feeds file to the stored list of feeds: what is added, changed, paused, resumed, left alone.

Pure. What the file names is added or changed; what it once brought and no longer names is paused; what a command
added, paused or resumed is left as the command left it (design 5; docs/decisions, feeds by file and by command). What
commands ask for is decided in `feedcommands`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from copytaster.fetcher.feedsfile import FeedSpec
from copytaster.fetcher.feedstate import FeedState, FeedStatus, Hand
from copytaster.text.urls import host_of


class Change(StrEnum):
    """What happens to one feed; the values are codes of `reasons.FEED_CHANGES`."""

    ADDED = "added"
    CHANGED = "changed"
    RESUMED = "resumed"
    PAUSED = "paused"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class ListChange:
    """One change: the feed, its stored revision and fence (0 = none), the hash fields to write, and why, in words."""

    change: Change
    feed_id: str
    url: str
    title: str | None
    revision: int
    fields: dict[str, str]
    detail: str
    fence: int = 0
    by: Hand = Hand.FILE
    active: bool = True
    """Whether the feed is polled after the change."""
    census: str | None = None
    """The class in which the feed is counted before the change; it is looked at only where the feed leaves the census."""


def fields_of(spec: FeedSpec) -> dict[str, str]:
    """The hash fields of the feed list; empty where the file says nothing."""
    interval = spec.interval_seconds
    return {
        "url": spec.url,
        "host": host_of(spec.url),
        "outlet": spec.outlet,
        "title": spec.title or "",
        "interval_seconds": "" if interval is None else f"{interval:g}",
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
        if state is not None and state.status is FeedStatus.ACTIVE and state.added_by is Hand.FILE:
            found.append(pause(state, Hand.FILE, f"{file_name} no longer names it"))
    return found


def released(named: Iterable[str], stored: Mapping[str, FeedState], brought: Iterable[str]) -> set[str]:
    """The ids among `brought` that the file has no more say in: it names them no longer, and a command made them what they are."""
    gone = (stored.get(feed_id) for feed_id in set(brought) - set(named))
    return {
        state.feed_id
        for state in gone
        if state is not None
        and (
            not state.listed
            or state.added_by is Hand.COMMAND
            or (state.status is FeedStatus.PAUSED and state.paused_by is Hand.COMMAND)
        )
    }


def pause(state: FeedState, by: Hand, detail: str) -> ListChange:
    """The change that pauses a listed feed."""
    fields = {"status": FeedStatus.PAUSED.value, "paused_by": by.value}
    return ListChange(
        Change.PAUSED,
        state.feed_id,
        state.url,
        state.title,
        state.revision,
        fields,
        detail,
        state.fence,
        by,
        False,
        state.census,
    )


def add(spec: FeedSpec, state: FeedState | None, by: Hand, detail: str, *, active: bool = True) -> ListChange:
    """The change that lists a feed that is not listed; `state` is what an earlier listing left."""
    status = FeedStatus.ACTIVE if active else FeedStatus.PAUSED
    fields = {**fields_of(spec), "status": status.value, "added_by": by.value}
    if not active:
        fields["paused_by"] = by.value
    revision, fence = (state.revision, state.fence) if state is not None else (0, 0)
    return ListChange(
        Change.ADDED, spec.feed_id, spec.url, spec.title, revision, fields, detail, fence, by, active
    )


def _named(spec: FeedSpec, state: FeedState | None, file_name: str) -> ListChange | None:
    if state is None or not state.listed:
        return add(spec, state, Hand.FILE, f"by {file_name}")
    fields = fields_of(spec)
    if spec.title is None:
        del fields["title"]  # the document's own title has been stored in its place
    if state.moved_from is not None and spec.url == state.moved_from:
        del fields["url"], fields["host"]  # it has moved for good since the file named it
    now = {
        "url": state.url,
        "outlet": state.outlet or "",
        "title": state.title or "",
        "interval_seconds": "" if state.interval_seconds is None else f"{state.interval_seconds:g}",
    }
    differing = sorted(name for name in now if name in fields and fields[name] != now[name])
    kind, detail = Change.CHANGED, f"by {file_name}: {', '.join(differing)}"
    paused = state.status is FeedStatus.PAUSED
    if paused and state.paused_by is Hand.FILE:
        kind, detail, paused = Change.RESUMED, f"{file_name} names it again", False
        fields["status"] = FeedStatus.ACTIVE.value
    elif not differing:
        return None
    title = spec.title or state.title
    return ListChange(
        kind, spec.feed_id, spec.url, title, state.revision, fields, detail, state.fence, active=not paused
    )
