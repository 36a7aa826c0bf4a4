"""Runs the example programs of the documents as they stand, each as its own process that can be killed in the middle.

A pipe with little room in it holds a program up at its next line, so that a kill surely finds work in hand.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.support import ROOT

ROOM_BYTES = 2048
"""Room for some fifteen lines, a fraction of what there is to print; less than the page in which pipes are handed out."""

_PAGE_BYTES = 4096


def code_blocks(document: str, language: str) -> list[str]:
    """The fenced blocks of a language in a document of the repository."""
    text = (ROOT / document).read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for name, block in fenced if name == language]


def code_block(document: str, language: str, mark: str) -> str:
    """The one fenced block of a language that contains `mark`."""
    [found] = [block for block in code_blocks(document, language) if mark in block]
    return found


class Program:
    """A process whose lines on standard output can be read at any time without waiting."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        held_up: bool = False,
    ) -> None:
        """`held_up`: it stops at a line in its midst until it is killed, for nobody reads."""
        self._read_end, write_end = os.pipe()
        if held_up:
            _fill(self._read_end, write_end)
        os.set_blocking(self._read_end, False)
        self._bytes = b""
        self.log = folder / f"{len(list(folder.glob('*.log')))}.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, env={**os.environ, **environment}, stdout=write_end, stderr=log
            )
        os.close(write_end)

    def lines(self) -> list[str]:
        """All whole lines so far; fails the test, with what the program complained of, if it has ended by itself."""
        ended = self._process.poll()
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._read_end, 1 << 16):
                self._bytes += chunk
        if ended is not None and ended >= 0:
            pytest.fail(f"the program ended with {ended}: {self.log.read_text()[-2000:]}")
        return [line for line in self._bytes.decode(errors="replace").split("\n")[:-1] if line]

    def kill(self) -> None:
        """SIGKILL, at once; the lines written before can still be read."""
        self._process.kill()
        self._process.wait(timeout=10)

    def close(self) -> None:
        """Kill it if it runs, and let go of the pipe."""
        self.kill()
        os.close(self._read_end)


def _fill(read_end: int, write_end: int) -> None:
    """Fill a pipe with empty lines until only `ROOM_BYTES` are free."""
    os.set_blocking(write_end, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write_end, b"\n" * _PAGE_BYTES)
    os.read(read_end, _PAGE_BYTES)
    os.write(write_end, b"\n" * (_PAGE_BYTES - ROOM_BYTES))
    os.set_blocking(write_end, True)


@contextlib.contextmanager
def running(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], held_up: bool = False
) -> Iterator[Program]:
    """A program that is killed at the end, whatever happened."""
    program = Program(command, folder=folder, environment=environment, held_up=held_up)
    try:
        yield program
    finally:
        program.close()
