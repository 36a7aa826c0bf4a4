"""The course of a demo: waves, the correction, the page that vanishes."""

from __future__ import annotations

from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.timetable import WAVES, Moment, Stage, Timetable, timetable

CORRECTED = "ferry-toll.harbourherald"
VANISHING = "water-main.nordpost"


def course(pace_seconds: float = 3.0) -> Timetable:
    """The timetable of the installed catalogue."""
    return timetable(
        load_catalogue(), pace_seconds=pace_seconds, correct_after_seconds=4.0, vanish_after_seconds=8.0
    )


def test_items_come_out_in_waves_oldest_news_first() -> None:
    """Every wave has items, and no copy comes in an earlier wave than its source."""
    plan = course()
    articles = load_catalogue().articles

    assert set(plan.wave_of.values()) == set(range(WAVES))
    for article in articles.values():
        if article.derived_from:
            assert plan.wave_of[article.derived_from] <= plan.wave_of[article.id]


def test_without_pace_everything_is_out_at_once() -> None:
    """A pace of 0 leaves nothing for later."""
    plan = course(pace_seconds=0)

    assert all(plan.stage(item, Moment(0)) is Stage.FIRST for item in plan.wave_of)


def test_an_item_of_the_last_wave_is_not_out_before_its_time() -> None:
    """Released means: the pace has passed as often as its wave says."""
    plan = course()
    last = max(plan.wave_of, key=lambda item: plan.wave_of[item])
    due = (WAVES - 1) * 3.0

    assert plan.stage(last, Moment(due - 0.1)) is Stage.UNRELEASED
    assert plan.changed_at_seconds(last, Moment(due - 0.1)) is None
    assert plan.stage(last, Moment(due)) is Stage.FIRST
    assert plan.changed_at_seconds(last, Moment(due)) == due


def test_the_correction_waits_for_a_first_reader() -> None:
    """Nobody has seen the wrong number: nothing to correct, however late it is."""
    plan = course()

    assert plan.stage(CORRECTED, Moment(9_999)) is Stage.FIRST
    assert plan.stage(CORRECTED, Moment(23.9, {CORRECTED: 20.0})) is Stage.FIRST
    assert plan.stage(CORRECTED, Moment(24.0, {CORRECTED: 20.0})) is Stage.CORRECTED
    assert plan.changed_at_seconds(CORRECTED, Moment(30.0, {CORRECTED: 20.0})) == 24.0


def test_a_short_lived_page_vanishes_after_its_first_reader() -> None:
    """It has been there, and then it is not."""
    plan = course()

    assert plan.stage(VANISHING, Moment(27.9, {VANISHING: 20.0})) is Stage.FIRST
    assert plan.stage(VANISHING, Moment(28.0, {VANISHING: 20.0})) is Stage.VANISHED


def test_other_articles_do_not_change_by_being_read() -> None:
    """Only what is declared to change does."""
    plan = course()
    read = dict.fromkeys(plan.wave_of, 20.0)
    changed = {item for item in plan.wave_of if plan.stage(item, Moment(9_999, read)) is not Stage.FIRST}

    assert changed == {CORRECTED, VANISHING}
