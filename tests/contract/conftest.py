"""The tools of other languages that check the contract: installed once a checkout, from the lock file."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.support import ROOT, unavailable

TYPESCRIPT: Final = ROOT / "schemas" / "typescript"

INSTALL_TIMEOUT_SECONDS: Final = 100
"""178 small packages took 18 s on two cores; a person on a slow line learns after this what is missing."""


@pytest.fixture(scope="session")
def node_tools(node: str) -> Path:
    """A folder with `node_modules` as `schemas/typescript/package-lock.json` says, kept in .venv for the next run."""
    npm = shutil.which("npm")
    if npm is None:
        unavailable("there is no npm command")
    lock = (TYPESCRIPT / "package-lock.json").read_bytes()
    folder = ROOT / ".venv" / f"node-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not folder.is_dir():
        _install(npm, folder)
    return folder


def _install(npm: str, folder: Path) -> None:
    """Install beside `folder` and rename, so that a run that was interrupted leaves nothing half done."""
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(TYPESCRIPT / name, draft / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(
            command, cwd=draft, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_SECONDS, check=False
        )
        fault = done.stderr.strip().splitlines()[:1] if done.returncode else []
    except subprocess.TimeoutExpired:
        fault = [f"not done within {INSTALL_TIMEOUT_SECONDS} s"]
    if fault:
        shutil.rmtree(draft)
        unavailable(f"npm could not install the tools: {fault[0]}")
    if not folder.is_dir():  # another run may have been faster
        draft.rename(folder)
    else:
        shutil.rmtree(draft)
