"""Reading feeds.toml."""

from __future__ import annotations

import pytest

from copytaster.errors import Misconfigured
from copytaster.fetcher.feedsfile import FeedSpec, parse_feeds_file


def test_a_feed_needs_its_url_only_and_takes_the_host_as_outlet() -> None:
    """Outlet, title and interval are optional; `www.` is no part of an outlet's name."""
    specs = parse_feeds_file(b'[[feeds]]\nurl = "https://www.nordpost.example/feed.xml"\n', name="feeds.toml")

    assert specs == [FeedSpec("https://www.nordpost.example/feed.xml", "nordpost.example")]


def test_all_that_is_said_of_a_feed_is_taken_over() -> None:
    """The order of the file is kept."""
    text = """
    [[feeds]]
    url = "http://a.example:8080/rss"
    outlet = "a.example"
    title = "Der Anzeiger"
    interval_seconds = 5
    [[feeds]]
    url = "https://b.example/atom"
    """

    specs = parse_feeds_file(text.encode(), name="feeds.toml")

    assert specs[0] == FeedSpec("http://a.example:8080/rss", "a.example", "Der Anzeiger", 5.0)
    assert specs[1].url == "https://b.example/atom"


@pytest.mark.parametrize("content", [b"", b"# nothing yet\n", b"\xef\xbb\xbf# with a byte order mark\n"])
def test_a_file_without_feeds_is_no_mistake(content: bytes) -> None:
    """The file of a fresh installation holds comments only."""
    assert parse_feeds_file(content, name="feeds.toml") == []


def test_the_id_of_a_feed_does_not_depend_on_the_scheme() -> None:
    """A feed that moves from http to https stays the same feed."""
    assert FeedSpec("http://a.example/f", "a").feed_id == FeedSpec("https://a.example/f", "a").feed_id
    assert FeedSpec("http://a.example/f", "a").feed_id != FeedSpec("http://a.example/g", "a").feed_id


MISTAKES = {
    "broken TOML names the line": (b'[[feeds]]\nurl = "unfinished\n', "not valid TOML.*line 2"),
    "not UTF-8 names the byte": (b'[[feeds]]\nurl = "\xff"\n', "not UTF-8 text .byte 17"),
    "another table": (b"[feed]\nurl = 'http://a.example/'\n", "unknown key 'feed'"),
    "feeds as one table": (b"[feeds]\nurl = 'http://a.example/'\n", "must be a list of tables"),
    "no url": (b"[[feeds]]\ntitle = 'A'\n", "feed 1: `url` is missing"),
    "second entry wrong": (
        b"[[feeds]]\nurl = 'http://a.example/'\n[[feeds]]\nurl = 'a.example'\n",
        "feed 2: .*no http or https URL",
    ),
    "a typing mistake in a key": (
        b"[[feeds]]\nurl = 'http://a.example/'\ninterval = 5\n",
        "unknown key 'interval'",
    ),
    "a file URL": (b"[[feeds]]\nurl = 'file:///etc/passwd'\n", "no http or https URL"),
    "credentials": (b"[[feeds]]\nurl = 'http://me:secret@a.example/'\n", "user name or password"),
    "a space": (b"[[feeds]]\nurl = 'http://a.example/a b'\n", "has spaces"),
    "a port that is none": (b"[[feeds]]\nurl = 'http://a.example:99999/'\n", "no http or https URL"),
    "an interval as text": (
        b"[[feeds]]\nurl = 'http://a.example/'\ninterval_seconds = '5'\n",
        "`interval_seconds` must be a number",
    ),
    "an interval of no time": (
        b"[[feeds]]\nurl = 'http://a.example/'\ninterval_seconds = 0\n",
        "must lie between 1 and 604800",
    ),
    "an interval that is not a number": (
        b"[[feeds]]\nurl = 'http://a.example/'\ninterval_seconds = nan\n",
        "must lie between",
    ),
    "a truth value as interval": (
        b"[[feeds]]\nurl = 'http://a.example/'\ninterval_seconds = true\n",
        "must be a number",
    ),
    "a number as url": (b"[[feeds]]\nurl = 5\n", "`url` must be a text"),
    "the same feed twice": (
        b"[[feeds]]\nurl = 'http://a.example/f'\n[[feeds]]\nurl = 'https://a.example/f'\n",
        "feed 2: the same url as feed 1",
    ),
}


@pytest.mark.parametrize(("content", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_in_one_line_with_file_and_place(content: bytes, message: str) -> None:
    """One line that names the file, the line or entry, and what is wrong; a secret is not repeated."""
    with pytest.raises(Misconfigured, match=message) as caught:
        parse_feeds_file(content, name="feeds.toml")

    assert str(caught.value).startswith("feeds.toml: ")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
