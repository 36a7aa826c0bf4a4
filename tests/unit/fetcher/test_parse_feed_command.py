"""The command `copytaster parse-feed`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from copytaster.cli.main import command, main

FEED = """<rss version="2.0"><channel><title>Bote</title><link>https://bote.example/</link>
<item><title>Grüße</title><link>/a</link><pubDate>Mon, 22 Nov 2021 14:05:06 MSK</pubDate></item>
<item><guid>g</guid><pubDate>22 Nov 2021</pubDate></item></channel></rss>"""


def run(*arguments: str, stdin: bytes = b"") -> Result:
    """The outcome of `copytaster parse-feed` with these arguments."""
    return CliRunner().invoke(command, ["parse-feed", *arguments], input=stdin)


def test_a_feed_comes_out_as_one_json_object_with_all_its_fields() -> None:
    """Fields of which the feed says nothing are null or empty; a bare date is marked as one."""
    result = run("-", "--url", "https://bote.example/feed.xml", stdin=FEED.encode())
    found = json.loads(result.stdout)

    assert result.exit_code == 0
    assert found["feed"] == {
        "title": "Bote",
        "link": "https://bote.example/",
        "language": None,
        "kind": "rss",
    }
    assert found["entries"][0] == {
        "id": "https://bote.example/a",
        "url": "https://bote.example/a",
        "title": "Grüße",
        "published": "2021-11-22T11:05:06Z",
        "updated": None,
        "summary": None,
        "content": None,
        "authors": [],
        "categories": [],
    }
    assert found["entries"][1]["publishedPrecision"] == "date"


def test_a_gzipped_file_is_read_like_a_plain_one(tmp_path: Path) -> None:
    """Told by its first bytes, not by its name."""
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.write_text(FEED)
    packed.write_bytes(gzip.compress(FEED.encode()))

    assert run(str(plain)).stdout == run(str(packed)).stdout


@pytest.mark.parametrize(
    ("body", "code"), [(b"", "empty_body"), (b"<html></html>", "not_a_feed"), (b"\x00\x01", "not_a_feed")]
)
def test_what_is_no_feed_says_so_and_fails(body: bytes, code: str) -> None:
    """One JSON object with the code, one line for the operator, exit code 1."""
    result = run("-", stdin=body)

    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == code
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_not_there_is_a_mistake_of_usage() -> None:
    """Exit code 2."""
    assert run("/no/such/file").exit_code == 2


def test_broken_gzip_is_one_line_and_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1."""
    path = tmp_path / "feed.xml.gz"
    path.write_bytes(gzip.compress(FEED.encode() * 50)[:60])

    with pytest.raises(SystemExit) as caught:
        main(["parse-feed", str(path)])

    assert caught.value.code == 1
    assert "broken gzip" in capsys.readouterr().err
