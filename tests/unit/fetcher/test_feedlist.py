"""Applying a feeds file to the stored list."""

from __future__ import annotations

from dataclasses import replace

from copytaster.fetcher.feedlist import Change, ListChange, changes
from copytaster.fetcher.feedsfile import FeedSpec
from copytaster.fetcher.feedstate import FeedState, FeedStatus

SPEC = FeedSpec("https://bote.example/rss", "bote.example")
STATE = FeedState(SPEC.feed_id, url=SPEC.url, outlet=SPEC.outlet, title="Der Bote", revision=4)


def apply(specs: list[FeedSpec], states: list[FeedState], brought: set[str]) -> list[ListChange]:
    """The changes of a file called feeds.toml."""
    return changes(specs, {state.feed_id: state for state in states}, brought, file_name="feeds.toml")


def test_a_feed_that_is_not_stored_is_added() -> None:
    """All that the file says is written down."""
    change = apply([SPEC], [], set())[0]

    assert (change.change, change.revision, change.fields["host"]) == (Change.ADDED, 0, "bote.example")
    assert change.fields["status"] == "active"


def test_a_feed_that_is_stored_as_named_is_left_as_it_is() -> None:
    """A restart says nothing; the title that the document gave is no difference."""
    assert apply([SPEC], [STATE], {SPEC.feed_id}) == []


def test_what_differs_is_changed_and_named() -> None:
    """The notice tells which settings."""
    change = apply([replace(SPEC, outlet="Bote", interval_seconds=60.0)], [STATE], {SPEC.feed_id})[0]

    assert (change.change, change.revision) == (Change.CHANGED, 4)
    assert change.detail == "by feeds.toml: interval_seconds, outlet"
    assert change.fields["interval_seconds"] == "60"


def test_a_feed_that_the_file_brought_and_no_longer_names_is_paused_once() -> None:
    """Its state stays, so that nothing is fetched twice should it come back."""
    paused = replace(STATE, status=FeedStatus.PAUSED)

    assert [one.change for one in apply([], [STATE], {SPEC.feed_id})] == [Change.PAUSED]
    assert apply([], [paused], {SPEC.feed_id}) == []


def test_a_paused_feed_that_is_named_again_is_resumed() -> None:
    """With what the file says of it now."""
    change = apply([SPEC], [replace(STATE, status=FeedStatus.PAUSED)], {SPEC.feed_id})[0]

    assert (change.change, change.fields["status"]) == (Change.RESUMED, "active")


def test_a_feed_that_a_command_added_is_left_alone() -> None:
    """The file does not name it and did not bring it."""
    assert apply([], [STATE], set()) == []
