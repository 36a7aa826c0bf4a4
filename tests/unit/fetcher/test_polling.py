"""What a poll that answered means for the feed itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copytaster.fetcher.answering import plan_answer
from copytaster.fetcher.document import FeedDocument
from copytaster.fetcher.feedstate import FeedState, FeedStatus
from copytaster.fetcher.findings import Findings
from copytaster.fetcher.hints import Hints
from copytaster.fetcher.honesty import asks_plainly
from copytaster.fetcher.intervals import Pace
from copytaster.fetcher.outcomes import PollStatus
from copytaster.fetcher.pace import Arrivals, least_pace
from copytaster.fetcher.polling import PollAnswer, PollPlan, conditional_headers

HOUR_MS = 3_600_000
NOW = 1_637_589_600_000  # Monday, 22 November 2021, 14:00 UTC
PACE = Pace(least_pace(300), 300)
FEED = FeedState(
    "0" * 32,
    url="https://bote.example/rss",
    etag='W/"1-ä"',
    last_modified="yesterday, about noon",
    polled_ms=NOW - HOUR_MS,
    arrivals=Arrivals(70, 7),
    census="1.2.3",
)
DOCUMENT = FeedDocument("rss", title="Der Bote")
NOTHING = Findings()


def plan(
    answer: PollAnswer, feed: FeedState = FEED, found: Findings = NOTHING, *, listed: bool = False
) -> PollPlan:
    """The plan with the chance that moves nothing."""
    return plan_answer(feed, answer, found, pace=PACE, now_ms=NOW, chance=0.5, target_listed=listed)


def told(found: PollPlan) -> list[str]:
    """The changes that an operator hears of."""
    return [notice.change for notice in found.notices]


def test_both_validators_go_back_byte_for_byte() -> None:
    """Weak marks, odd dates and quotes are the server's business."""
    assert conditional_headers(FEED) == {
        "If-None-Match": 'W/"1-ä"',
        "If-Modified-Since": "yesterday, about noon",
    }
    assert conditional_headers(replace(FEED, etag=None, last_modified=None)) == {}


STATUSES = {
    "not modified": (PollAnswer(304), 0, PollStatus.NOT_MODIFIED),
    "the same bytes": (PollAnswer(200, {}, "h"), 0, PollStatus.SAME_BODY),
    "nothing new": (PollAnswer(200, {}, "h", document=DOCUMENT), 0, PollStatus.NOTHING_NEW),
    "new items": (PollAnswer(200, {}, "h", document=DOCUMENT), 1, PollStatus.NEW_ITEMS),
}


@pytest.mark.parametrize(("answer", "wanted", "status"), STATUSES.values(), ids=STATUSES)
def test_every_answer_has_its_status(answer: PollAnswer, wanted: int, status: PollStatus) -> None:
    """The statuses add up to the polls."""
    assert plan(answer, found=Findings(wanted=wanted)).status is status


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


def test_a_feed_that_answers_again_says_so_and_has_no_failures_left() -> None:
    """Whoever was told that it fails is told that it is over."""
    back = plan(PollAnswer(304), replace(FEED, failures=6, weight=3.0, notified="failing"))

    assert told(back) == ["recovered"]
    assert {back.fields[name] for name in ("notified", "failures", "weight", "gone_since_ms")} == {""}


def test_the_documents_title_is_kept_where_the_operator_gave_none() -> None:
    """An operator's own title wins."""
    answer = PollAnswer(200, {}, "h", document=DOCUMENT)

    assert plan(answer).fields["title"] == "Der Bote"
    assert "title" not in plan(answer, replace(FEED, title="Bote (regional)")).fields


def test_a_first_document_tells_the_rate_by_its_dates() -> None:
    """A feed with 50 items of the last hour is busy from the start; one without dates counts as unknown."""
    answer, new = PollAnswer(200, {}, "h", document=DOCUMENT), replace(FEED, arrivals=None)
    busy = plan(answer, new, Findings(50, 0, 50, 50, ages_seconds=(3600.0,) * 50))
    unknown = plan(answer, new, Findings(50, 0, 50, 50))

    assert Arrivals.unpack(busy.fields["arrivals"]).rate > 40
    assert Arrivals.unpack(unknown.fields["arrivals"]).rate == 1


def test_hints_of_the_document_hold_over_answers_without_one() -> None:
    """A 304 takes nothing back; the next document does."""
    hinted = plan(PollAnswer(200, {}, "h", document=DOCUMENT, hints=Hints(7200)))
    later = plan(PollAnswer(304), replace(FEED, hints=Hints.unpack(hinted.fields["hints"])))
    without = plan(PollAnswer(200, {}, "h", document=DOCUMENT, hints=Hints()))

    assert (hinted.fields["why"], later.fields["why"]) == ("publisher", "publisher")
    assert later.next_seconds >= 7200
    assert (without.fields["hints"], without.fields["why"]) == ("", "pace")


def test_a_poll_is_moved_out_of_the_hours_that_the_publisher_leaves_out() -> None:
    """It comes at the end of them, spread over some minutes; an operator's own interval is kept as it is."""
    hints = Hints(0, frozenset({14, 15}))
    moved = plan(PollAnswer(304), replace(FEED, hints=hints))
    own = plan(PollAnswer(304), replace(FEED, hints=hints, interval_seconds=60))

    assert moved.fields["why"] == "skipped"
    assert 2 * 3600 <= moved.next_seconds <= 2 * 3600 + 600
    assert (own.fields["why"], own.next_seconds) == ("own", 60)


def test_an_overflow_is_told_once_a_day_and_halves_the_interval() -> None:
    """Nothing in the document was known, so that items may have slipped through."""
    answer, found = PollAnswer(200, {}, "h", document=DOCUMENT), Findings(20, 0, 20, 20, overflow=True)
    first = plan(answer, found=found)
    again = plan(answer, replace(FEED, overflow_ms=NOW - HOUR_MS), found)

    assert (told(first), told(again)) == (["overflow"], [])
    assert (first.fields["shrunk_seconds"], first.fields["overflow_ms"]) == ("1800", str(NOW))
    assert first.next_seconds <= 1800


def test_a_validator_that_hid_items_is_put_away_and_told() -> None:
    """The probe's answer carries the ETag that a conditional poll would have sent."""
    feed = replace(FEED, etag='"1"', honest_probes=3)
    lied = plan(
        PollAnswer(200, {"etag": '"1"'}, "h", document=DOCUMENT, probed=True), feed, Findings(3, 1, 2, 2)
    )
    until = int(lied.fields["distrust_until_ms"])
    distrusted = replace(feed, distrust_until_ms=until)

    assert told(lied) == ["validator_lied"]
    assert until - NOW == 30 * 24 * HOUR_MS
    assert asks_plainly(distrusted, now_ms=until - 1, chance=0.99)
    assert not asks_plainly(distrusted, now_ms=until, chance=0.99)


def test_a_probe_that_was_passed_makes_the_next_one_rarer() -> None:
    """One in 50 polls at first, one in 500 in the end."""
    answer = PollAnswer(200, {"etag": '"2"'}, "h", document=DOCUMENT, probed=True)
    passed = plan(answer, replace(FEED, etag='"1"'), Findings(3, 1, 2, 2))
    chances = [0.0201, 0.0199, 0.0101, 0.0021, 0.0019]
    probes = [0, 0, 1, 100, 100]

    assert passed.fields["honest_probes"] == "1"
    assert [
        asks_plainly(replace(FEED, honest_probes=number), now_ms=NOW, chance=chance)
        for number, chance in zip(probes, chances, strict=True)
    ] == [False, True, False, False, True]


TARGET = "https://neu.example/rss"
MOVING = replace(FEED, moved_to=TARGET, moved_polls=2, moved_since_ms=NOW - 25 * HOUR_MS)
MOVED = PollAnswer(200, {}, "h", document=DOCUMENT, moved_to=TARGET)


def test_a_move_is_believed_after_three_polls_over_a_day_that_found_a_known_item() -> None:
    """The address changes, the old one is kept, and an operator is told."""
    found = plan(MOVED, MOVING, Findings(3, 1, 2, 2))

    assert told(found) == ["redirected"]
    assert {name: found.fields[name] for name in ("url", "host", "moved_from", "moved_to")} == {
        "url": TARGET,
        "host": "neu.example",
        "moved_from": FEED.url,
        "moved_to": "",
    }


UNPROVEN = {
    "too few polls": (replace(MOVING, moved_polls=1), Findings(3, 1)),
    "too soon": (replace(MOVING, moved_since_ms=NOW - 23 * HOUR_MS), Findings(3, 1)),
    "another place than before": (replace(MOVING, moved_to="https://x.example/"), Findings(3, 1)),
    "no known item there": (MOVING, Findings(3, 0)),
}


@pytest.mark.parametrize(("feed", "found"), UNPROVEN.values(), ids=UNPROVEN)
def test_a_move_is_not_believed_on_less(feed: FeedState, found: Findings) -> None:
    """A maintenance page redirects, too."""
    fields = plan(MOVED, feed, found).fields

    assert "url" not in fields
    assert fields["moved_to"] == TARGET


def test_an_answer_without_a_redirect_ends_the_proof() -> None:
    """Three polls in a row are three polls in a row."""
    assert plan(PollAnswer(304), MOVING).fields["moved_polls"] == ""


def test_a_feed_that_leads_to_another_of_the_list_is_paused_as_its_double() -> None:
    """It is polled under one name; a person may resume it."""
    found = plan(MOVED, MOVING, Findings(3, 1), listed=True)

    assert told(found) == ["merged"]
    assert found.paused
    assert (found.fields["status"], found.fields["paused_by"], found.fields["census"]) == (
        "paused",
        "fetcher",
        "",
    )


def test_a_state_is_read_from_its_hash_with_defaults_for_what_is_absent() -> None:
    """A feed that was never polled has a URL and little else."""
    state = FeedState.from_hash("0" * 32, {b"u": b"https://bote.example/rss", b"o": b"", b"fence": b"3"})

    assert (state.url, state.outlet, state.fence, state.failures) == ("https://bote.example/rss", None, 3, 0)
    assert state.status is FeedStatus.ACTIVE
