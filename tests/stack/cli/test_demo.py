"""The demo as a newcomer runs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "copytaster.cli.main", "demo"]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_demo_joins_all_copies_mixes_nothing_and_exits_0() -> None:
    """Progress while it works, then clusters, verdict, drops and the next commands; exit code 0."""
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=220, check=False)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    for words in (
        "4 of 4 verbatim, 10 of 10 edited, 4 of 4 excerpt",
        "Clusters that mix two news points: 0.",
        "1 consent_wall, 1 gone, 1 list_page, 1 robots",
        "Corrected by the outlet and revised here: 1.",
        "make demo KEEP=1",
    ):
        assert words in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "\x1b[" not in done.stdout
