"""What hostile feeds cost the process that polls them: no hold of its loop, no growth, and a reason for each."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.stack.fetcher.hostile import cases, running_villain
from tests.support import ROOT

MAX_HOLD_MS = 50.0
MAX_GROWTH_MB = 64.0
"""Both from research/fetching.md, 7."""


@pytest.mark.timeout(300)
async def test_no_hostile_feed_holds_the_loop_or_fills_the_memory(valkey_url: str, tmp_path: Path) -> None:
    """Each is polled by a whole fetcher in a process of its own; none crashes it, and each poll ends with a status."""
    served = cases()
    names = list(served)
    async with running_villain(served) as villain:
        urls = [f"http://h{number}.example:{villain.port}/{number}" for number in range(len(names))]
        job = {"urls": urls, "port": villain.port, "redis_url": valkey_url, "folder": str(tmp_path)}
        command = [sys.executable, "-m", "tests.stack.fetcher.hostile_driver", json.dumps(job)]
        driver = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, log = await driver.communicate()
    assert driver.returncode == 0, log.decode()[-2000:]
    costs = {name: json.loads(out)[url] for name, url in zip(names, urls, strict=True)}
    (tmp_path / "costs.json").write_text(json.dumps(costs, indent=1))

    assert len(costs) >= 40
    assert {name: cost for name, cost in costs.items() if cost["hold_ms"] > MAX_HOLD_MS} == {}
    assert {name: cost for name, cost in costs.items() if cost["growth_mb"] > MAX_GROWTH_MB} == {}
    assert [name for name, cost in costs.items() if cost["status"] is None] == []
    assert "fetch_crashed" not in log.decode()
