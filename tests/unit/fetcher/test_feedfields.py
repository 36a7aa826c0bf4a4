"""How a feed's state lies in its hash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytaster.fetcher.feedfields import CODES, DEFAULTS, PART_BYTES, WORDS, decode, encode
from copytaster.fetcher.pastpolls import PollOutcome
from copytaster.streams.effects import Value

PLAIN = sorted(
    name for name in CODES if not name.endswith("_ms") and name not in DEFAULTS and name not in WORDS
)
TEXTS = st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable())


def stored(fields: dict[str, Value], before: dict[bytes, bytes] | None = None) -> dict[bytes, bytes]:
    """The hash after writing `fields` over what was in it."""
    kept, gone = encode(fields)
    written = {
        name.encode(): value if isinstance(value, bytes) else str(value).encode()
        for name, value in kept.items()
    }
    return {name: value for name, value in {**(before or {}), **written}.items() if name.decode() not in gone}


@given(st.dictionaries(st.sampled_from(PLAIN), TEXTS), st.dictionaries(st.just("url"), TEXTS))
def test_what_is_written_is_read_whatever_was_there_before(
    first: dict[str, str], second: dict[str, str]
) -> None:
    """A shorter text leaves nothing of a longer one behind that a reader would see."""
    assert decode(stored(dict(second), stored(dict(first)))) == {**first, **second}


@given(TEXTS)
def test_no_value_is_longer_than_the_compact_form_allows(text: str) -> None:
    """One longer value would cost the feed twice the memory."""
    assert max(len(value) for value in stored({"etag": text}).values()) <= PART_BYTES


def test_a_text_that_fills_its_part_ends_there() -> None:
    """What an older, longer text left in the next part does not belong to it."""
    before = stored({"url": "x" * 100})

    assert decode(stored({"url": "y" * 64}, before)) == {"url": "y" * 64}


def test_an_empty_value_takes_its_field_out_and_other_fields_keep_their_names() -> None:
    """The scripts know `host` and `fence` by these names."""
    assert encode({"etag": "", "host": "bote.example", "failures": 5}) == (
        {"host": "bote.example", "f": 5},
        ["e"],
    )


def test_what_is_usual_is_not_stored_and_times_are_whole_seconds() -> None:
    """A feed that is polled and answers is nearly every feed."""
    usual: dict[str, Value] = {
        "status": "active",
        "why": "pace",
        "last_status": "not_modified",
        "polled_ms": 1999,
    }

    assert encode(usual) == ({"s": b"n", "l": 1}, ["status", "y"])
    assert decode(stored(usual)) == {"last_status": "not_modified", "polled_ms": "1000"}


def test_no_two_fields_share_a_code_and_none_looks_like_a_part() -> None:
    """Either would mix two values up."""
    assert len(set(CODES.values())) == len(CODES)
    assert not [code for code in CODES.values() if code[-1].isdigit() or code in CODES]


OUTCOMES = [
    PollOutcome(1_795_342_005_000, "not_modified", 304),
    PollOutcome(1_795_342_005_000, "new_items", 200, new_items=7),
    PollOutcome(1_795_342_005_000, "failed", None, "dns_failed", "no such name - as far as we know"),
    PollOutcome(1_795_342_005_000, "failed", 503, "server_error"),
]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda one: one.reason or one.status)
def test_a_past_poll_survives_being_stored(outcome: PollOutcome) -> None:
    """In a quarter of the bytes that JSON takes: every feed has twenty of them."""
    assert PollOutcome.unpack(outcome.pack().encode()) == outcome


def test_a_past_poll_without_news_takes_16_bytes() -> None:
    """The usual one."""
    assert len(OUTCOMES[0].pack()) == 16
