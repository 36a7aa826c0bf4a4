"""Reads the file of an operator's overrides."""

from __future__ import annotations

from pathlib import Path

from copytaster.errors import Misconfigured
from copytaster.extractor.overrides import Overrides, Problem, read_overrides


def load_overrides(path: Path) -> tuple[Overrides, list[Problem]]:
    """The usable rules of a file and what is wrong with the others. Raises `Misconfigured` for a file that cannot be read."""
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"the overrides {path} cannot be read: {error}") from None
    return read_overrides(content)


def checked_overrides(path: Path | None) -> Path | None:
    """`path` itself when all of its rules can be used. Raises `Misconfigured` with the first problem otherwise."""
    if path is None:
        return None
    _, problems = load_overrides(path)
    if problems:
        raise Misconfigured(
            f"the overrides {path} cannot be used; of {len(problems)} the first mistake: {problems[0]}; "
            f"`copytaster extract --check-overrides {path}` lists them"
        )
    return path
