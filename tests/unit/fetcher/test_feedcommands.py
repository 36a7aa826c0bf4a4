"""What commands do to the list of feeds, and who may undo whom."""

from __future__ import annotations

import pytest

from copytaster.errors import CopytasterError
from copytaster.fetcher.feedcommands import (
    add_by_command,
    pause_by_command,
    remove_by_command,
    resume_by_command,
)
from copytaster.fetcher.feedlist import Change, changes, released
from copytaster.fetcher.feedsfile import FeedSpec
from copytaster.fetcher.feedstate import FeedState, FeedStatus, Hand

SPEC = FeedSpec("https://bote.example/feed.xml", "bote.example")


def feed(
    *, status: FeedStatus = FeedStatus.ACTIVE, paused_by: Hand = Hand.FILE, added_by: Hand = Hand.FILE
) -> FeedState:
    """A stored feed that is as the file has it."""
    return FeedState(
        SPEC.feed_id,
        SPEC.url,
        SPEC.outlet,
        status=status,
        paused_by=paused_by,
        added_by=added_by,
        revision=3,
        fence=7,
    )


def by_file(state: FeedState | None, *, named: bool) -> Change | None:
    """What the file does to the feed, of which it has had a say before."""
    stored = {SPEC.feed_id: state} if state else {}
    found = changes([SPEC] if named else [], stored, [SPEC.feed_id], file_name="feeds.toml")
    return found[0].change if found else None


PAUSED, ACTIVE, REMOVED = FeedStatus.PAUSED, FeedStatus.ACTIVE, FeedStatus.REMOVED
TABLE: dict[str, tuple[FeedState | None, Change | None, Change | None]] = {
    "never stored": (None, Change.ADDED, None),
    "added by the file": (feed(), None, Change.PAUSED),
    "added by a command": (feed(added_by=Hand.COMMAND), None, None),
    "paused by the file": (feed(status=PAUSED), Change.RESUMED, None),
    "paused by a command": (feed(status=PAUSED, paused_by=Hand.COMMAND), None, None),
    "removed": (feed(status=REMOVED), Change.ADDED, None),
}


@pytest.mark.parametrize(("state", "when_named", "when_not"), TABLE.values(), ids=TABLE)
def test_the_file_does_what_the_table_of_the_decision_says(
    state: FeedState | None, when_named: Change | None, when_not: Change | None
) -> None:
    """docs/decisions, feeds by file and by command."""
    assert by_file(state, named=True) is when_named
    assert by_file(state, named=False) is when_not


def test_settings_of_a_feed_that_a_command_paused_follow_the_file_without_a_resume() -> None:
    """It stays out of the queue."""
    state = feed(status=PAUSED, paused_by=Hand.COMMAND)
    spec = FeedSpec(SPEC.url, "another outlet")

    (change,) = changes([spec], {spec.feed_id: state}, [], file_name="feeds.toml")

    assert (change.change, change.active) == (Change.CHANGED, False)
    assert change.fields["outlet"] == "another outlet"
    assert "status" not in change.fields


RELEASED: dict[str, tuple[FeedState, bool]] = {
    "the file's own, which it has paused": (feed(status=PAUSED), False),
    "paused by a command": (feed(status=PAUSED, paused_by=Hand.COMMAND), True),
    "added by a command": (feed(added_by=Hand.COMMAND), True),
    "removed": (feed(status=REMOVED), True),
}


@pytest.mark.parametrize(("state", "gone"), RELEASED.values(), ids=RELEASED)
def test_the_file_gives_up_what_it_no_longer_names_and_a_command_made(state: FeedState, gone: bool) -> None:
    """It has a say in it again only when it names it again."""
    ids = [SPEC.feed_id]

    assert released([], {SPEC.feed_id: state}, ids) == (set(ids) if gone else set())
    assert released(ids, {SPEC.feed_id: state}, ids) == set()


def test_a_listed_feed_is_not_added_again_and_a_removed_one_goes_on_counting() -> None:
    """Revision and fence go on, so that no event has an id that was used before."""
    again = add_by_command(SPEC, feed(status=REMOVED))

    assert add_by_command(SPEC, feed()) is None
    assert add_by_command(SPEC, feed(status=PAUSED)) is None
    assert again is not None
    assert (again.change, again.revision, again.fence) == (Change.ADDED, 3, 7)
    assert again.fields["added_by"] == "command"


def test_a_feed_may_be_added_as_paused() -> None:
    """As a list from elsewhere may have it."""
    change = add_by_command(SPEC, None, active=False)

    assert change is not None
    assert (change.active, change.fields["status"], change.fields["paused_by"]) == (
        False,
        "paused",
        "command",
    )


def test_a_command_makes_the_files_pause_its_own() -> None:
    """Then the file does not resume it."""
    change = pause_by_command(feed(status=PAUSED))

    assert change is not None
    assert change.fields == {"status": "paused", "paused_by": "command"}
    assert pause_by_command(feed(status=PAUSED, paused_by=Hand.COMMAND)) is None


def test_resuming_what_the_file_gave_up_makes_it_the_commands() -> None:
    """Resuming what a command had paused leaves it whose it was."""
    given_up = resume_by_command(feed(status=PAUSED))
    own = resume_by_command(feed(status=PAUSED, paused_by=Hand.COMMAND))

    assert given_up is not None
    assert own is not None
    assert given_up.fields["added_by"] == "command"
    assert "added_by" not in own.fields
    assert resume_by_command(feed()) is None


REFUSED: dict[str, tuple[FeedState, bool, bool]] = {
    "the file names it": (feed(), True, True),
    "the file names it, a command paused it": (feed(status=PAUSED, paused_by=Hand.COMMAND), True, True),
    "the file has given it up": (feed(status=PAUSED), True, False),
    "the file has no say": (feed(added_by=Hand.COMMAND), False, False),
}


@pytest.mark.parametrize(("state", "in_file", "refused"), REFUSED.values(), ids=REFUSED)
def test_a_feed_is_removed_unless_the_file_would_add_it_again(
    state: FeedState, in_file: bool, refused: bool
) -> None:
    """Refused with one line that says what to do."""
    if refused:
        with pytest.raises(CopytasterError, match="take it out there first"):
            remove_by_command(state, in_file=in_file)
    else:
        assert remove_by_command(state, in_file=in_file).change is Change.REMOVED
