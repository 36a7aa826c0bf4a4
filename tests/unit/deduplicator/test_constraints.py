"""Operators' decisions on a partition: bans hold, wishes are granted where no ban stands, nothing depends on an order."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from copytaster.deduplicator.constraints import Constraint, cut, forbidden, united
from copytaster.deduplicator.decisions import contradicting, decision_urn, standing
from copytaster.deduplicator.partition import pair
from copytaster_schemas import DecisionMade


def _parts(*parts: str) -> list[frozenset[str]]:
    return [frozenset(part) for part in parts]


def _forbid(name: str, *groups: str) -> Constraint:
    return Constraint(name, "forbid", apart=tuple(tuple(group) for group in groups))


def _pin(name: str, stories: str) -> Constraint:
    return Constraint(name, "pin", together=tuple(stories))


def test_a_ban_cuts_a_part_and_the_others_go_where_they_resemble_more() -> None:
    """C is nearer to a, d is nearer to b."""
    scores = {pair("a", "c"): 900, pair("b", "c"): 100, pair("a", "d"): 200, pair("b", "d"): 800}

    found = cut(_parts("abcd"), scores, [_forbid("x", "a", "b")])

    assert set(found) == {frozenset("ac"), frozenset("bd")}


def test_a_chain_stays_with_its_head() -> None:
    """E resembles only d, which resembles b: it goes where d goes."""
    scores = {pair("b", "d"): 800, pair("d", "e"): 800, pair("a", "c"): 700}

    found = cut(_parts("abcde"), scores, [_forbid("x", "a", "b")])

    assert set(found) == {frozenset("ac"), frozenset("bde")}


def test_stories_that_are_bound_leave_together() -> None:
    """A split binds what leaves, though each of them resembles what stays."""
    scores = {pair(one, other): 1000 for one in "abcd" for other in "abcd" if one < other}
    split = Constraint("x", "split", together=("a", "b"), apart=(("a", "b"), ("c", "d")))

    assert set(cut(_parts("abcd"), scores, [split])) == {frozenset("ab"), frozenset("cd")}


def test_a_wish_unites_whole_parts() -> None:
    """Whoever is with the bound stories comes along."""
    assert united(_parts("ab", "cd", "e"), [_pin("x", "ac")]) == (_parts("abcd", "e"), ())


def test_a_wish_against_a_ban_is_reported_and_granted_as_far_as_it_goes() -> None:
    """C may not meet a, so a and b alone come together; the wish is said to be unmet."""
    parts, unmet = united(_parts("a", "b", "c"), [_pin("wish", "abc"), _forbid("ban", "a", "c")])

    assert unmet == ("wish",)
    assert not any({"a", "c"} <= part for part in parts)
    assert any({"a", "b"} <= part for part in parts) or any({"b", "c"} <= part for part in parts)


@given(st.integers(0, 100_000))
@settings(max_examples=150, deadline=None)
def test_bans_always_hold_and_no_order_matters(seed: int) -> None:
    """Random parts, scores and decisions: every story in one part, no ban broken, the same for any order."""
    draw = random.Random(seed)
    names = "abcdefgh"
    homes = {name: draw.randrange(3) for name in names}
    parts = [frozenset(n for n in names if homes[n] == home) for home in set(homes.values())]
    scores = {pair(a, b): draw.choice((0, 300, 600, 1000)) for a in names for b in names if a < b}
    constraints = [_forbid(f"f{n}", *draw.sample(names, 2)) for n in range(draw.randrange(3))]
    constraints += [_pin(f"p{n}", "".join(draw.sample(names, 2))) for n in range(draw.randrange(3))]

    found, unmet = united(cut(parts, scores, constraints), constraints)
    for order in (parts, constraints):
        draw.shuffle(order)
    again = united(cut(parts, scores, constraints), constraints)

    assert sorted("".join(sorted(part)) for part in found) == sorted(
        "".join(sorted(part)) for part in again[0]
    )
    assert again[1] == unmet
    assert sorted(name for part in found for name in part) == sorted(names)
    assert not any(forbidden(part, constraints) for part in found)
    for constraint in constraints:
        met = any(part.issuperset(constraint.together) for part in found)
        assert met == (constraint.decision not in unmet) or not constraint.together


def test_contradictions_are_found_through_any_number_of_steps() -> None:
    """And a decision that fits names none."""
    others = [_pin("p1", "ab"), _pin("p2", "bc"), _forbid("f1", "x", "y")]

    assert contradicting(_forbid("new", "a", "c"), others) == ["p1", "p2"]
    assert contradicting(_pin("new", "ax"), others) == []
    assert contradicting(_pin("new", "cx"), [*others, _pin("p3", "ay")]) == ["f1"]
    assert contradicting(_pin("new", "mn"), others, fellows=[("m", "x"), ("n", "y")]) == ["f1"]


def test_the_last_word_on_a_decision_counts_once() -> None:
    """An undo takes it back, a redelivered entry changes nothing, made again it is in force again."""
    urn = decision_urn("pin", ["b", "a"])
    assert urn == decision_urn("pin", ["a", "b"]) != decision_urn("forbid", ["a", "b"])

    def event(op: str, revision: int) -> DecisionMade:
        return DecisionMade(
            decision=urn, revision=revision, op=op, stories=["a", "b"], reason="why", actor="who"
        )

    told = [event("pin", 1), event("undo", 2), event("pin", 1)]

    assert not standing(told)[urn].in_force
    assert standing([*told, event("pin", 3)])[urn].in_force
    assert standing([event("undo", 1)]) == {}
