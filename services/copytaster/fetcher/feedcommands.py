"""What a person's command does to the list of feeds: add, pause, resume, remove.

Pure. The table of who may undo whom is in docs/decisions (feeds by file and by command); what the feeds file does is
decided in `feedlist`.
"""

from __future__ import annotations

from typing import Final

from copytaster.errors import CopytasterError
from copytaster.fetcher.feedlist import Change, ListChange, add, pause
from copytaster.fetcher.feedsfile import FeedSpec
from copytaster.fetcher.feedstate import FeedState, FeedStatus, Hand

BY: Final = "by a command"


def add_by_command(spec: FeedSpec, state: FeedState | None, *, active: bool = True) -> ListChange | None:
    """The change that lists the feed; None when it is listed already, whoever listed it."""
    if state is not None and state.listed:
        return None
    return add(spec, state, Hand.COMMAND, BY, active=active)


def pause_by_command(state: FeedState) -> ListChange | None:
    """The change after which only a command resumes the feed; None when that is so already."""
    if state.status is FeedStatus.PAUSED and state.paused_by is Hand.COMMAND:
        return None
    return pause(state, Hand.COMMAND, BY)


def resume_by_command(state: FeedState) -> ListChange | None:
    """The change that has a paused feed polled again; None when it is polled.

    A feed that the file had paused is the commands' from then on: the file gave it up.
    """
    if state.status is FeedStatus.ACTIVE:
        return None
    fields = {"status": FeedStatus.ACTIVE.value, "paused_by": ""}
    if state.paused_by is Hand.FILE:
        fields["added_by"] = Hand.COMMAND.value
    return ListChange(
        Change.RESUMED,
        state.feed_id,
        state.url,
        state.title,
        state.revision,
        fields,
        BY,
        state.fence,
        Hand.COMMAND,
    )


def remove_by_command(state: FeedState, *, in_file: bool) -> ListChange:
    """The change that takes the feed out of the list; `in_file`: the feeds file has a say in it.

    Raises CopytasterError when the file names it, for the file would add it again.
    """
    given_up = state.status is FeedStatus.PAUSED and state.paused_by is Hand.FILE
    if in_file and not given_up:
        raise CopytasterError(
            f"{state.url}: the feeds file names it and would add it again; take it out there first, or pause it"
        )
    return ListChange(
        Change.REMOVED,
        state.feed_id,
        state.url,
        state.title,
        state.revision,
        {},
        BY,
        state.fence,
        Hand.COMMAND,
        active=False,
        census=state.census,
    )
