"""Reading what a command is given: a file, a gzipped file or standard input, bounded; and lines of JSON with their number."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from copytaster.errors import CopytasterError

MAX_BYTES: Final = 512 * 1024 * 1024
"""A manifest or a file of texts; no single page or feed comes near it."""

_GZIP: Final = b"\x1f\x8b"


class UnreadableInput(CopytasterError):
    """A file that is not there, not readable, or not what its name says; the message names it."""


@dataclass(frozen=True, slots=True)
class JsonLine:
    """One line of a JSONL file: `value` is its object, or `error` says why there is none."""

    number: int
    value: dict[str, Any]
    error: str | None = None

    @property
    def id(self) -> Any:
        """The line's id, or None."""
        return self.value.get("id")


def read_bytes(name: str, *, folder: Path | None = None) -> bytes:
    """The bytes of the file `name` (`-` is standard input), inflated if gzipped. Raises UnreadableInput."""
    try:
        if name == "-":
            raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with (folder / name if folder is not None else Path(name)).open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        if raw.startswith(_GZIP):
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as inflated:
                raw = inflated.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UnreadableInput(f"{name}: {reason}") from None
    if len(raw) > MAX_BYTES:
        raise UnreadableInput(f"{name}: more than {MAX_BYTES >> 20} MB")
    return raw


def read_text(name: str) -> str:
    """The text of a UTF-8 file; a byte that is not UTF-8 becomes the replacement character."""
    return read_bytes(name).decode("utf-8-sig", "replace")


def json_lines(name: str, *, fields: tuple[str, ...]) -> Iterator[JsonLine]:
    """The lines of a JSONL file in order, empty ones left out; each must be an object with `fields`, all strings but `id`."""
    for number, line in enumerate(read_text(name).split("\n"), start=1):
        if line.strip():
            yield _parsed(number, line, fields)


def _parsed(number: int, line: str, fields: tuple[str, ...]) -> JsonLine:
    try:
        value = json.loads(line)
    except ValueError as error:
        return JsonLine(number, {}, f"line {number}: not JSON: {error}")
    if not isinstance(value, dict):
        return JsonLine(number, {}, f"line {number}: not a JSON object")
    missing = [f for f in fields if f not in value or (f != "id" and not isinstance(value[f], str))]
    if missing:
        return JsonLine(number, value, f"line {number}: {' and '.join(missing)} missing, or no string")
    return JsonLine(number, value)
