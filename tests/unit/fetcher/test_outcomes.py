"""The vocabularies of the fetcher."""

from __future__ import annotations

import pytest

from copytaster.fetcher.outcomes import Failure, class_of, drop_code, failure_of_status, is_final_for_article
from copytaster_schemas.reasons import DROP_CODES


def test_every_failure_has_a_class() -> None:
    """A failure without one would break the back-off."""
    for failure in Failure:
        assert class_of(failure)


def test_every_failure_that_can_end_an_article_has_a_registered_drop_code() -> None:
    """A reader of `drops` finds each code in the registry."""
    ends_no_article = {Failure.NOT_A_FEED, Failure.CRASHED}

    codes = {drop_code(failure) for failure in Failure if failure not in ends_no_article}

    assert codes <= set(DROP_CODES)


STATUSES = {
    200: None,
    304: None,
    204: Failure.UNEXPECTED_STATUS,
    300: Failure.UNEXPECTED_STATUS,
    400: Failure.CLIENT_ERROR,
    401: Failure.REFUSED,
    403: Failure.REFUSED,
    404: Failure.NOT_FOUND,
    408: Failure.TIMEOUT,
    410: Failure.GONE,
    418: Failure.CLIENT_ERROR,
    429: Failure.RATE_LIMITED,
    451: Failure.REFUSED,
    500: Failure.SERVER_ERROR,
    503: Failure.SERVER_ERROR,
}


@pytest.mark.parametrize(("status", "failure"), STATUSES.items())
def test_a_status_names_its_failure(status: int, failure: Failure | None) -> None:
    """200 and 304 are none."""
    assert failure_of_status(status) is failure


def test_a_bot_wall_is_told_from_a_refusal_of_the_outlet() -> None:
    """It is met with patience, never with another user agent."""
    assert failure_of_status(403, challenged=True) is Failure.CHALLENGE


def test_what_may_pass_is_tried_again_and_what_cannot_is_not() -> None:
    """A 404 of an article is final, a 503 is not."""
    assert is_final_for_article(Failure.NOT_FOUND)
    assert is_final_for_article(Failure.FORBIDDEN_ADDRESS)
    assert not is_final_for_article(Failure.SERVER_ERROR)
    assert not is_final_for_article(Failure.RATE_LIMITED)


def test_a_refused_rate_and_a_broken_certificate_are_told_apart_from_other_drops() -> None:
    """An operator mends the one by asking less, the other not at all."""
    assert drop_code(Failure.RATE_LIMITED) == "rate_limited"
    assert drop_code(Failure.TLS) == "tls_failed"
