"""Whose turn it is: the limit, the order, one of a subject at a time."""

from __future__ import annotations

from copytaster.streams.turns import Turns


def _turns(at_once: int, *works: tuple[bytes, str]) -> Turns[str]:
    turns: Turns[str] = Turns(at_once)
    for subject, work in works:
        turns.enter(subject, work)
    return turns


def test_no_more_than_the_limit_have_a_turn_and_the_next_comes_when_one_leaves() -> None:
    """The limit is what bounds the handlers that run at a time in one process."""
    turns = _turns(2, (b"a", "a1"), (b"b", "b1"), (b"c", "c1"))

    assert [turns.take(), turns.take(), turns.take()] == ["a1", "b1", None]
    turns.leave(b"a")
    assert [turns.take(), turns.take()] == ["c1", None]


def test_work_of_one_subject_takes_turns_in_its_order_while_others_pass() -> None:
    """A slow subject holds back its own later entries, nobody else's."""
    turns = _turns(3, (b"a", "a1"), (b"a", "a2"), (b"a", "a3"), (b"b", "b1"))

    assert [turns.take(), turns.take(), turns.take()] == ["a1", "b1", None]
    turns.leave(b"a")
    assert [turns.take(), turns.take()] == ["a2", None]
    turns.leave(b"a")
    assert turns.take() == "a3"


def test_a_subject_that_has_left_begins_at_once_when_it_comes_again() -> None:
    """Nothing is kept of a subject that is not in hand."""
    turns = _turns(1, (b"a", "a1"))
    turns.take()
    turns.leave(b"a")

    turns.enter(b"a", "a2")

    assert turns.take() == "a2"
