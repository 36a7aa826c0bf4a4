"""`copytaster link` as it is called: both forms, packed files, standard input, and what it does with bad lines."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from copytaster.cli.files.link import command
from tests.unit.deduplicator import stories

STORIES: list[dict[str, Any]] = [
    {
        "id": "called",
        "text": stories.STRIKE_CALLED,
        "title": "Warnstreik",
        "outlet": "a.example",
        "language": "de",
    },
    {"id": "copy", "text": stories.edited(stories.STRIKE_CALLED), "outlet": "b.example", "lang": "de"},
    {
        "id": "mayor",
        "text": stories.MAYOR_RESIGNS,
        "url": "https://c.example/1",
        "published": "2025-03-03T10:00:00Z",
    },
]


def _lines(*rows: object) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def _file(folder: Path, name: str, *rows: object) -> str:
    path = folder / name
    packed = _lines(*rows).encode()
    path.write_bytes(gzip.compress(packed) if name.endswith(".gz") else packed)
    return str(path)


def _run(*arguments: str, given: str | bytes = "") -> Result:
    return CliRunner().invoke(command, list(arguments), input=given)


def _rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", ["stories.jsonl", "stories.jsonl.gz"])
def test_clusters_come_on_standard_output(tmp_path: Path, name: str) -> None:
    """Every id is in exactly one line, with origin and counts; packed files are read alike."""
    done = _run(_file(tmp_path, name, *STORIES))

    rows = _rows(done.stdout)
    assert done.exit_code == 0
    assert sorted(member for row in rows for member in row["members"]) == ["called", "copy", "mayor"]
    assert sorted(map(len, (row["members"] for row in rows))) == [1, 2]
    assert all(set(row) == {"cluster", "members", "origin", "counts"} for row in rows)


def test_standard_input_is_read() -> None:
    """A dash stands for standard input, plain or packed."""
    plain = _run("-", given=_lines(*STORIES))
    packed = _run("-", given=gzip.compress(_lines(*STORIES).encode()))

    assert plain.exit_code == packed.exit_code == 0
    assert plain.stdout == packed.stdout != ""


def test_a_folder_gets_links_and_clusters(tmp_path: Path) -> None:
    """links.jsonl has every decided pair with its evidence, and nothing goes to standard output."""
    out = tmp_path / "new" / "linked"

    done = _run(_file(tmp_path, "s.jsonl", *STORIES), "--out", str(out))

    (link,) = _rows((out / "links.jsonl").read_text(encoding="utf-8"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert {link["a"], link["b"]} == {"called", "copy"}
    assert link["merges"] is True
    assert 0.5 < link["confidence"] <= 1
    assert link["evidence"]["spans"]
    assert len(_rows((out / "clusters.jsonl").read_text(encoding="utf-8"))) == 2


def test_pairs_are_answered_in_their_order(tmp_path: Path) -> None:
    """One line for each pair with relation and confidence; the window does not count."""
    pairs = [{"a": "mayor", "b": "called"}, {"a": "copy", "b": "called"}]

    done = _run(_file(tmp_path, "s.jsonl", *STORIES), "--pairs", _file(tmp_path, "p.jsonl", *pairs))

    rows = _rows(done.stdout)
    assert done.exit_code == 0
    assert [(row["a"], row["b"]) for row in rows] == [("mayor", "called"), ("copy", "called")]
    assert rows[0]["relation"] == "unrelated"
    assert rows[1]["confidence"] > 0.5 > rows[0]["confidence"]


def test_a_bad_story_line_is_told_and_the_rest_is_linked(tmp_path: Path) -> None:
    """Each unreadable line is one JSON line on standard error; the exit code says that something failed."""
    bad = ["no json", {"id": "x"}, {"id": "called", "text": "again"}, [1], "\ufeff"]

    done = _run(_file(tmp_path, "s.jsonl", *STORIES, *bad))

    errors = _rows(done.stderr)
    assert done.exit_code == 1
    assert [error["id"] for error in errors] == [None, "x", "called", None]
    assert all(error["error"] for error in errors)
    assert len(_rows(done.stdout)) == 2


def test_a_bad_pair_line_is_answered_in_its_place(tmp_path: Path) -> None:
    """Unknown ids, missing sides and a story with itself give an error line each, in order."""
    pairs = [
        {"a": "copy", "b": "nobody"},
        {"a": "copy"},
        {"a": "copy", "b": "copy"},
        {"a": "copy", "b": "called"},
    ]

    done = _run(_file(tmp_path, "s.jsonl", *STORIES), "--pairs", _file(tmp_path, "p.jsonl", *pairs))

    rows = _rows(done.stdout)
    assert done.exit_code == 1
    assert ["error" in row for row in rows] == [True, True, True, False]
    assert "nobody" in rows[0]["error"]


@pytest.mark.parametrize(
    "arguments",
    [("nowhere.jsonl",), ("-", "--pairs", "-"), ("-", "--pairs", "x", "--out", "y"), ()],
    ids=["no such file", "both from standard input", "both forms", "nothing"],
)
def test_wrong_usage_is_one_clear_line(arguments: tuple[str, ...]) -> None:
    """Exit code 2, a message, no traceback."""
    done = _run(*arguments)

    assert done.exit_code == 2
    assert "Error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_cut_off_is_one_clear_line(tmp_path: Path) -> None:
    """A packed file without its end is an error of usage."""
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(gzip.compress(_lines(*STORIES).encode())[:-20])

    done = _run(str(path))

    assert done.exit_code == 2
    assert "cannot read" in done.stderr


def test_no_story_at_all_is_no_cluster() -> None:
    """An empty file is answered with nothing."""
    done = _run("-", given="")

    assert (done.exit_code, done.stdout) == (0, "")
