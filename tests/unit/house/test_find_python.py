"""The set-up's first step: which Python, or what is missing and the command that mends it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import ROOT

SCRIPT = ROOT / ".ci" / "find-python"


def _install(folder: Path, name: str, *, version: tuple[int, int], venv: bool = True) -> None:
    """A command `name` that answers the script's three questions as a Python of that kind would."""
    old = "exit 1" if version < (3, 11) else "exit 0"
    command = folder / name
    command.write_text(
        "#!/bin/sh\n"
        'case "$2" in\n'
        f"  *version_info*11*) {old} ;;\n"
        f"  *venv*) exit {0 if venv else 1} ;;\n"
        f"  *print*) echo {version[0]}.{version[1]} ;;\n"
        "esac\n"
    )
    command.chmod(0o755)


def _find(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    shell = shutil.which("sh")
    assert shell is not None
    environment = {"PATH": str(folder), **variables}
    return subprocess.run([shell, SCRIPT], env=environment, capture_output=True, text=True, check=False)


def test_the_newest_supported_python_is_taken(tmp_path: Path) -> None:
    """3.13 goes before 3.11, and a 3.9 that is called python3 is passed over."""
    _install(tmp_path, "python3", version=(3, 9))
    _install(tmp_path, "python3.11", version=(3, 11))
    _install(tmp_path, "python3.13", version=(3, 13))

    assert _find(tmp_path).stdout.strip() == str(tmp_path / "python3.13")


def test_a_python_without_venv_is_passed_over_for_a_complete_one(tmp_path: Path) -> None:
    """Debian ships Python without the venv module; another one may have it."""
    _install(tmp_path, "python3.12", version=(3, 12), venv=False)
    _install(tmp_path, "python3", version=(3, 11))

    assert _find(tmp_path).stdout.strip() == str(tmp_path / "python3")


def test_the_person_may_name_the_python(tmp_path: Path) -> None:
    """PYTHON=… wins over a newer one."""
    _install(tmp_path, "python3.13", version=(3, 13))
    _install(tmp_path, "mine", version=(3, 12))

    assert _find(tmp_path, PYTHON="mine").stdout.strip() == str(tmp_path / "mine")


@pytest.mark.parametrize(
    ("installed", "words"),
    [
        pytest.param({}, ["No Python 3.11", "apt-get install python3"], id="no Python"),
        pytest.param({"python3": (3, 9)}, ["No Python 3.11", "apt-get install python3"], id="too old"),
        pytest.param({"python3.12": (3, 12)}, ["no venv", "apt-get install python3.12-venv"], id="no venv"),
    ],
)
def test_what_is_missing_is_said_with_the_command_that_mends_it(
    tmp_path: Path, installed: dict[str, tuple[int, int]], words: list[str]
) -> None:
    """Exit 1, nothing on standard output, the reason and the mend on standard error."""
    for name, version in installed.items():
        _install(tmp_path, name, version=version, venv=False)

    done = _find(tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert all(word in done.stderr for word in words), done.stderr


def test_the_script_can_be_run() -> None:
    """Make calls it as a program."""
    assert os.access(SCRIPT, os.X_OK)
