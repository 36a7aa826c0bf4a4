"""What a poll means for the feed itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copytaster.fetcher.document import FeedDocument
from copytaster.fetcher.feedstate import FeedState, FeedStatus
from copytaster.fetcher.outcomes import Failure, PollStatus
from copytaster.fetcher.polling import FAILING_AFTER, PollAnswer, PollPlan, conditional_headers, plan_poll

FEED = FeedState(
    "0" * 32, url="https://bote.example/rss", etag='W/"1-ä"', last_modified="yesterday, about noon"
)
DOCUMENT = FeedDocument("rss", title="Der Bote")


def plan(answer: PollAnswer, feed: FeedState = FEED, *, found_items: bool = False) -> PollPlan:
    """The plan at a default interval of 900 s."""
    return plan_poll(feed, answer, found_items=found_items, default_seconds=900, chance=0.5)


def test_both_validators_go_back_byte_for_byte() -> None:
    """Weak marks, odd dates and quotes are the server's business."""
    assert conditional_headers(FEED) == {
        "If-None-Match": 'W/"1-ä"',
        "If-Modified-Since": "yesterday, about noon",
    }
    assert conditional_headers(replace(FEED, etag=None, last_modified=None)) == {}


STATUSES = {
    "not modified": (PollAnswer(304), False, PollStatus.NOT_MODIFIED),
    "the same bytes": (PollAnswer(200, {}, "h"), False, PollStatus.SAME_BODY),
    "nothing new": (PollAnswer(200, {}, "h", document=DOCUMENT), False, PollStatus.NOTHING_NEW),
    "new items": (PollAnswer(200, {}, "h", document=DOCUMENT), True, PollStatus.NEW_ITEMS),
    "a failure": (PollAnswer(500, failure=Failure.SERVER_ERROR), False, PollStatus.FAILED),
}


@pytest.mark.parametrize(("answer", "found_items", "status"), STATUSES.values(), ids=STATUSES)
def test_every_answer_has_its_status(answer: PollAnswer, found_items: bool, status: PollStatus) -> None:
    """The statuses add up to the polls."""
    assert plan(answer, found_items=found_items).status is status


def test_validators_are_renewed_by_every_answer_even_when_the_bytes_are_the_same() -> None:
    """A server that got a new ETag for old bytes would else never answer 304 again."""
    fields = plan(PollAnswer(200, {"etag": '"2"'}, "h")).fields

    assert (fields["etag"], fields["last_modified"]) == ('"2"', "")


def test_a_304_without_validators_keeps_the_stored_ones() -> None:
    """RFC 9110 lets a server leave them out."""
    fields = plan(PollAnswer(304, {})).fields

    assert (fields["etag"], fields["last_modified"]) == (FEED.etag, FEED.last_modified)


@pytest.mark.parametrize("validator", ["\u00e4", "x" * 2000, "a\r\nX-Evil: 1", "\ud800"])
def test_a_validator_that_no_header_can_carry_back_is_not_kept(validator: str) -> None:
    """A changed validator is worse than none."""
    assert plan(PollAnswer(200, {"etag": validator}, "h")).fields["etag"] == ""


def test_a_failure_keeps_validators_and_body_hash() -> None:
    """The document we know is still the one we know."""
    fields = plan(PollAnswer(503, failure=Failure.SERVER_ERROR)).fields

    assert not {"etag", "last_modified", "body_hash"} & set(fields)
    assert fields["failures"] == "1"


def test_an_operator_is_told_once_that_a_feed_keeps_failing_and_once_that_it_recovered() -> None:
    """Single failures are everyday life."""
    failing = PollAnswer(500, failure=Failure.SERVER_ERROR, detail="HTTP 500")
    before = plan(failing, replace(FEED, failures=FAILING_AFTER - 2))
    at = plan(failing, replace(FEED, failures=FAILING_AFTER - 1))
    after = plan(failing, replace(FEED, failures=FAILING_AFTER, notified="failing"))
    back = plan(PollAnswer(304), replace(FEED, failures=FAILING_AFTER + 1, notified="failing"))

    assert before.notice is None
    assert at.notice is not None
    assert (at.notice.change, at.notice.detail) == ("failing", "server_error: HTTP 500")
    assert after.notice is None
    assert back.notice is not None
    assert (back.notice.change, back.fields["notified"], back.fields["failures"]) == ("recovered", "", "0")


def test_a_feed_that_is_gone_is_told_at_once_and_still_polled() -> None:
    """Feeds do come back; nothing is disabled in silence."""
    found = plan(PollAnswer(410, failure=Failure.GONE))

    assert found.notice is not None
    assert found.notice.change == "gone"
    assert found.next_seconds > 900


def test_the_documents_title_is_kept_where_the_operator_gave_none() -> None:
    """An operator's own title wins."""
    answer = PollAnswer(200, {}, "h", document=DOCUMENT)

    assert plan(answer).fields["title"] == "Der Bote"
    assert "title" not in plan(answer, replace(FEED, title="Bote (regional)")).fields


def test_a_state_is_read_from_its_hash_with_defaults_for_what_is_absent() -> None:
    """A feed that was never polled has a URL and little else."""
    state = FeedState.from_hash(
        "0" * 32, {b"url": b"https://bote.example/rss", b"outlet": b"", b"fence": b"3"}
    )

    assert (state.url, state.outlet, state.fence, state.failures) == ("https://bote.example/rss", None, 3, 0)
    assert state.status is FeedStatus.ACTIVE
