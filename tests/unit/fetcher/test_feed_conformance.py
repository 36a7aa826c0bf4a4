"""What the readers' own test suites expect of a feed, and the real feeds of the corpus."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import feeds
from tests.support import ROOT

PAGE = (ROOT / "docs" / "feed-conformance.md").read_text(encoding="utf-8")


@pytest.mark.data
@pytest.mark.parametrize("suite", feeds.SUITES)
def test_every_difference_from_a_suite_has_a_reason_that_is_written_down(eval_data: Path, suite: str) -> None:
    """A new difference is either a mistake of ours or needs a line in docs/feed-conformance.md."""
    found = feeds.SUITES[suite](eval_data / "feeds")

    differing = [one for one in found if not one.agrees]
    assert found
    assert [one for one in differing if feeds.reason_of(one) is None] == []


@pytest.mark.data
def test_the_universal_cases_of_gofeed_agree_without_exception(eval_data: Path) -> None:
    """Titles, links, languages, times, texts and numbers of entries of all 94 documents."""
    found = feeds.gofeed(eval_data / "feeds", universal=True)

    assert len({one.file for one in found}) == 94
    assert [one for one in found if not one.agrees] == []


@pytest.mark.data
@pytest.mark.parametrize(("suite", "least"), [("miniflux", 0.95), ("dates", 0.95), ("url_cleaning", 1.0)])
def test_the_other_suites_agree_as_far_as_they_apply(eval_data: Path, suite: str, least: float) -> None:
    """What does not apply is listed with its reason in docs/feed-conformance.md."""
    figures = feeds.summary(feeds.SUITES[suite](eval_data / "feeds"))

    assert figures["share_of_applicable"] >= least


@pytest.mark.data
def test_lists_of_feeds_and_pages_with_feeds_agree_without_exception(eval_data: Path) -> None:
    """OPML files and pages of miniflux's tests."""
    found = feeds.lists(eval_data / "feeds")

    assert len(found) > 20
    assert [one for one in found if not one.agrees] == []


@pytest.mark.data
def test_every_real_feed_gives_its_entries(eval_data: Path) -> None:
    """Feeds as fetched from real servers, two of which other readers give nothing for."""
    figures = feeds.real(eval_data / "feeds")

    assert figures["feeds"] > 100
    assert figures["with_entries"] == figures["feeds"]


def test_the_page_on_conformance_has_a_row_for_every_reason_and_says_whether_it_applies() -> None:
    """And for no other."""
    table = PAGE.split("| reason |", 1)[1].split("\n\n", 1)[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| \d+ \| (yes|no) \|", table, re.MULTILINE))

    assert set(rows) == set(feeds.REASONS)
    assert {reason for reason, applies in rows.items() if applies == "no"} == feeds.NOT_APPLICABLE
