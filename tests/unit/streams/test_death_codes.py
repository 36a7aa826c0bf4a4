"""Every code under which an entry can die is registered with its meaning."""

from __future__ import annotations

import re

from copytaster_schemas.reasons import DEATH_CODES
from tests.support import ROOT


def test_every_code_of_the_sources_is_registered_and_no_other() -> None:
    """Codes stand where a Quarantine is raised; `bug` is the engine's own word for everything else."""
    raised = {
        code
        for path in (ROOT / "services" / "copytaster").rglob("*.py")
        for code in re.findall(r'raise Quarantine\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }

    assert raised | {"bug", "killed_workers"} == set(DEATH_CODES)
