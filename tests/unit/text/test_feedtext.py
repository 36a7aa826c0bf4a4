from __future__ import annotations

import pytest

from copytaster.text.feedtext import full_text, plain_feed_text

SENTENCE = "Die Reederei hat den Anleger nach dem Sturm erneuert und fährt wieder. "
WHOLE = f"<p>{SENTENCE * 6}</p><p>{SENTENCE * 6}</p>"

CUT = {
    "nothing": (None, None),
    "a teaser": (f"<p>{SENTENCE * 2}</p>", None),
    "dots": (f"<p>{SENTENCE * 12}Der Rest […]</p>", None),
    "a call to read on": (f"<p>{SENTENCE * 12}</p><a href='/a'>Weiterlesen</a>", None),
    "an arrow": (f"<p>{SENTENCE * 12}</p><a href='/a'>Mehr &raquo;</a>", None),
    "a WordPress footer": (f"<p>{SENTENCE * 12}</p><p>The post Fähre appeared first on Bote.</p>", None),
    "markup without words": ("<img src='x'>" * 200, None),
    "a long summary without paragraphs": (None, SENTENCE * 12),
}


@pytest.mark.parametrize(("content", "summary"), CUT.values(), ids=CUT)
def test_a_text_that_is_cut_is_not_taken_for_the_article(content: str | None, summary: str | None) -> None:
    """Its page has to be fetched."""
    assert full_text(content, summary) is None


def test_the_whole_text_is_taken_from_where_the_feed_puts_it() -> None:
    """From the content, else from a summary with paragraphs."""
    assert full_text(WHOLE, None) == WHOLE
    assert full_text(f"<p>{SENTENCE}</p>", WHOLE) == WHOLE


def test_the_words_of_an_item_are_counted_without_its_scripts() -> None:
    """A tracker's script is no text."""
    assert plain_feed_text("<script>var a = '<p>';</script><p>Ab&nbsp;Montag</p>") == "Ab Montag"
