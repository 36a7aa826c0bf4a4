from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from copytaster.cli.files.credits import command as credits_command
from copytaster.cli.files.extract import command as extract_command
from copytaster.cli.main import command as main_command
from tests.unit.extractor.sample_pages import PARAGRAPHS, TITLE, page

URL = "https://sennebote.example/1"


def lines(text: str) -> list[dict[str, Any]]:
    """The JSON lines of an output."""
    return [json.loads(line) for line in text.splitlines()]


def test_extract_gives_a_story_s_data(tmp_path: Path) -> None:
    """A file and its address make a story event's data."""
    file = tmp_path / "page.html"
    file.write_text(page(), encoding="utf-8")

    result = CliRunner().invoke(extract_command, [str(file), "--url", URL])

    story = lines(result.output)[0]
    assert result.exit_code == 0
    assert story["headlines"] == [{"role": "main", "value": TITLE}]
    assert story["altIds"][0] == {"role": "url", "value": URL}


def test_extract_reads_gzip_from_standard_input_and_the_charset_from_the_header() -> None:
    """What a fetch gives can be piped in as it is."""
    raw = gzip.compress(page().replace('<meta charset="utf-8">', "").encode("cp1252"))
    arguments = ["-", "--url", URL, "--content-type", "text/html; charset=windows-1252", "--flat"]

    result = CliRunner().invoke(extract_command, arguments, input=raw)

    assert lines(result.output)[0]["text"] == "\n".join(PARAGRAPHS)


def test_extract_says_why_a_page_is_left_out() -> None:
    """A drop is an answer, not a failure."""
    result = CliRunner().invoke(extract_command, ["-", "--url", URL], input=b"%PDF-1.7")

    assert result.exit_code == 0
    assert lines(result.output) == [{"dropped": {"code": "not_html", "detail": "a PDF document"}}]


@pytest.mark.parametrize("flat", [True, False])
def test_a_manifest_gives_one_line_per_page_in_order(tmp_path: Path, flat: bool) -> None:
    """Stories, drops and errors each in their place; an error shows in the exit code."""
    (tmp_path / "pages").mkdir()
    for number in range(6):
        body = page(title=f"Meldung Nummer {number} aus Auenbrück").encode()
        (tmp_path / "pages" / f"{number}.html.gz").write_bytes(gzip.compress(body))
    (tmp_path / "empty.html").write_bytes(b"")
    rows: list[Any] = [{"id": n, "file": f"pages/{n}.html.gz", "url": f"{URL}{n}"} for n in range(6)]
    rows += [
        {"id": "empty", "file": "empty.html", "url": URL},
        {"id": "gone", "file": "gone.html", "url": URL},
        {"id": "no url", "file": "empty.html"},
    ]
    manifest = tmp_path / "pages.jsonl"
    manifest.write_text("\n".join(map(json.dumps, rows)) + "\nno json\n", encoding="utf-8")

    result = CliRunner().invoke(extract_command, ["--manifest", str(manifest), *(["--flat"] if flat else [])])

    found = lines(result.stdout)
    key = "flat" if flat else "story"
    assert result.exit_code == 1
    assert [row["id"] for row in found] == [0, 1, 2, 3, 4, 5, "empty", "gone", "no url", None]
    assert all(key in row for row in found[:6])
    assert found[6]["dropped"]["code"] == "empty_body"
    assert [("error" in row) for row in found[7:]] == [True, True, True]


def test_extract_wants_one_kind_of_input() -> None:
    """Neither or both is a usage error."""
    assert CliRunner().invoke(extract_command, []).exit_code == 2
    assert CliRunner().invoke(extract_command, ["a", "--manifest", "b"]).exit_code == 2


def test_a_missing_file_is_one_clear_line() -> None:
    """No traceback for a wrong name."""
    result = CliRunner().invoke(main_command, ["credits", "there-is-no-such-file"])

    assert result.exit_code == 1
    assert "there-is-no-such-file: No such file" in str(result.exception)


def test_credits_are_found_in_a_text() -> None:
    """Plain text in, credits with spans out."""
    result = CliRunner().invoke(
        credits_command, ["-"], input="BODRAVA, May 3 (Reuters) - The council met on Monday."
    )

    (credit,) = lines(result.output)[0]["credits"]
    assert (credit["agency"], credit["role"], credit["begin"], credit["end"]) == (
        "Reuters",
        "originator",
        16,
        23,
    )


def test_a_manifest_of_texts_gives_one_line_each(tmp_path: Path) -> None:
    """An unreadable line gives its error and exit code 1."""
    manifest = tmp_path / "texts.jsonl"
    rows = ['{"id": "a", "text": "Die Brücke ist zu. (dpa)"}', '{"id": "b"}', "[]", '{"id": "c", "text": ""}']
    manifest.write_text("\n".join(rows), encoding="utf-8")

    result = CliRunner().invoke(credits_command, ["--manifest", str(manifest)])

    found = lines(result.output)
    assert result.exit_code == 1
    assert [row["id"] for row in found] == ["a", "b", None, "c"]
    assert found[0]["credits"][0]["agency"] == "dpa"
    assert "text missing" in found[1]["error"]
    assert found[3]["credits"] == []


@pytest.mark.parametrize("command", [extract_command, credits_command])
def test_help_teaches_with_an_example(command: Any) -> None:
    """The help of each command shows how it is used."""
    assert "Example" in CliRunner().invoke(command, ["--help"]).output
