"""What the ledger counts and when it balances, without a server."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from copytaster.keys import LEDGER_DAYS, Keys
from copytaster.streams.effects import Effects, Op
from copytaster.streams.ledger.balance import (
    Lying,
    Snapshot,
    Stage,
    faults,
    imbalance,
    lines,
    parse_hour,
    total,
)
from copytaster.streams.ledger.counting import (
    Fate,
    Place,
    Tally,
    field_of,
    hour_of,
    is_kept,
    parse_field,
    place_of_entry,
)

KEYS = Keys("test")
NOW_MS = 1_795_338_000_000
HOUR = hour_of(NOW_MS)
FEED = "0" * 31 + "1"
PLACE = Place(FEED, HOUR)


def snapshot(counts: dict[tuple[Fate, str], int], *stages: Stage) -> Snapshot:
    """A ledger of one place with these counts, and an item lying at each of the stages."""
    return Snapshot(
        NOW_MS, {PLACE: Counter(counts)}, [Lying(PLACE, stage, f"at-{stage}") for stage in stages]
    )


@pytest.mark.parametrize(("fate", "code"), [(Fate.SEEN, ""), (Fate.DROPPED, "robots"), (Fate.DEAD, "")])
def test_a_field_reads_as_it_was_written(fate: Fate, code: str) -> None:
    """Feed, fate and code come back."""
    assert parse_field(field_of(FEED, fate, code)) == (FEED, fate, code)


def test_many_items_of_one_fate_cost_one_operation() -> None:
    """And one more for the hour's life."""
    tally, step = Tally(), Effects()
    for _ in range(50):
        tally.add(PLACE, Fate.SEEN)

    tally.write(step, KEYS, now_ms=NOW_MS)

    assert [op.command for op in step.ops] == ["HINCRBY", "EXPIREAT"]
    assert step.ops[0] == Op("HINCRBY", KEYS.key("ledger", HOUR), (f"{FEED} seen", 50))


def test_an_hour_beyond_the_life_of_the_ledger_is_not_counted_any_more() -> None:
    """Else a late end would stand alone, without the item having been seen."""
    old_ms = NOW_MS - LEDGER_DAYS * 86_400_000
    tally, step = Tally(), Effects()
    tally.add(Place(FEED, hour_of(old_ms)), Fate.PUBLISHED)

    tally.write(step, KEYS, now_ms=NOW_MS)

    assert step.ops == []
    assert is_kept(hour_of(old_ms + 3_600_000), NOW_MS)


@pytest.mark.parametrize(
    "data", ["", "[]", '{"ledgerHour": "then"}', '{"ledgerHour": "2026-01-01T00", "item": {}}']
)
def test_an_entry_that_is_no_counted_item_has_no_place(data: str) -> None:
    """Broken JSON, another form, no feed: nothing is counted, nothing raised."""
    assert place_of_entry({b"ce_type": b"copytaster.article.fetched.v1", b"data": data.encode()}) is None


def test_an_entry_of_a_newer_version_has_its_place_all_the_same() -> None:
    """Only the two values that are needed are read."""
    data = json.dumps({"ledgerHour": HOUR, "item": {"feed": f"urn:uuid:{FEED}"}, "unheardOf": True})

    assert place_of_entry({"ce_type": "copytaster.article.fetched.v1", "data": data}) == PLACE


def test_what_is_in_flight_and_lies_somewhere_balances() -> None:
    """Five seen, two ended, one dead, two lying."""
    taken = snapshot(
        {(Fate.SEEN, ""): 5, (Fate.PUBLISHED, ""): 1, (Fate.DROPPED, "gone"): 1, (Fate.DEAD, ""): 1},
        Stage.WANTED,
        Stage.ARTICLES,
        Stage.DEAD,
    )

    line = total(lines(taken).values())

    assert line.in_flight == 2
    assert faults(taken) == []
    assert imbalance([line]) == 0


def test_an_item_that_lies_nowhere_is_lost() -> None:
    """The place is named; where it got lost the counts alone cannot say."""
    [fault] = faults(snapshot({(Fate.SEEN, ""): 1}))

    assert (fault.place, fault.number, fault.lost, fault.stage) == (PLACE, 1, True, None)


def test_an_item_that_ended_and_still_lies_somewhere_is_named() -> None:
    """With the stage and its name there."""
    [fault] = faults(snapshot({(Fate.SEEN, ""): 1, (Fate.PUBLISHED, ""): 1}, Stage.ARTICLES))

    assert (fault.number, fault.stage, fault.items) == (-1, Stage.ARTICLES, ("at-articles",))


def test_a_lost_item_does_not_make_up_for_a_doubled_one() -> None:
    """Imbalances of different places are added, not set off against each other."""
    other = Place(FEED, "2026-11-22T01")
    taken = Snapshot(
        NOW_MS,
        {PLACE: Counter({(Fate.SEEN, ""): 1}), other: Counter({(Fate.SEEN, ""): 1, (Fate.DEAD, ""): 1})},
        [Lying(other, Stage.WANTED, "a"), Lying(other, Stage.DEAD, "1-1")],
    )

    assert imbalance(lines(taken).values()) == 2


def test_a_field_of_another_form_is_left_out() -> None:
    """A newer version may count something that this one does not know."""
    assert parse_hour(HOUR, {f"{FEED} seen": 2, f"{FEED} shelved": 1}) == {
        PLACE: Counter({(Fate.SEEN, ""): 2})
    }
