"""Master killed under load: `python -m tests.chaos.failover --runs 5`. Prints what was found and keeps it as dated JSON.

A publisher commits numbered notices through our own client, a service in a process of its own passes each on, and the
master is killed with its replica in sync. Every notice that was acknowledged has to come out exactly once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from redis.exceptions import RedisError

from copytaster.settings import load
from copytaster.streams.commit import Outcome, commit
from copytaster.streams.connection import open_redis
from copytaster.streams.effects import Effects, Guard, OutEvent
from copytaster.streams.patience import Patience
from tests.chaos.replicated import Replicated, replicated, seconds_until_switched
from tests.stack.streams.builders import KEYS, SOURCE, TARGET, notice
from tests.support import ROOT, wait_until

AT_ONCE: Final = 8
"""Notices on their way at a time, so that the kill meets some between sending and answer."""
BEFORE: Final = 200
AFTER: Final = 200
BAR_SECONDS: Final = 10.0
"""Publishing and consuming again within so long of the switch."""


@dataclass(frozen=True, slots=True)
class Failover:
    """One run: how long each step took (seconds), and what came out against what was acknowledged."""

    kill_to_switch: float
    switch_to_published: float
    switch_to_consumed: float
    acknowledged: int
    lost: int
    doubled: int

    @property
    def good(self) -> bool:
        """Whether nothing was lost or doubled and both ends were back in time."""
        late = max(self.switch_to_published, self.switch_to_consumed) > BAR_SECONDS
        return not (late or self.lost or self.doubled)


class Publisher:
    """Commits notices one after the other in several tasks; knows which were acknowledged, and when the last was."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._redis = open_redis(load(environ, desk=KEYS.desk))
        self._patience = Patience()
        self.acknowledged: list[int] = []
        self.last_at = 0.0

    async def publish(self, numbers: range) -> None:
        """Return when every one of the notices is acknowledged."""
        todo = iter(numbers)

        async def work() -> None:
            for number in todo:
                await self._one(number)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    async def _one(self, number: int) -> None:
        guard = Guard(KEYS.key("article", f"published-{number}"))
        event = OutEvent(SOURCE, notice(number, subject=f"urn:article:{number}"), 1, guard)
        effects = Effects(events=[event])
        effects.op("EXPIRE", guard.key, 3600)
        outcome = await self._patience.until_redis_answers(partial(commit, self._redis, effects))
        assert outcome in (
            Outcome.COMMITTED,
            Outcome.CONFLICT,
        )  # a conflict: an attempt before had taken effect
        self.acknowledged.append(number)
        self.last_at = time.monotonic()

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


async def fail_over(folder: Path) -> Failover:
    """One run on servers of its own."""
    with replicated(folder) as servers:
        environ = {**servers.settings, "COPYTASTER_HEALTH_PORT": "0", "COPYTASTER_DESK": KEYS.desk}
        publisher = Publisher(environ)
        with (folder / "copier.log").open("ab") as log:
            service = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.stack.streams.copier"),
                cwd=ROOT,
                env={**os.environ, **environ},
                stdout=log,
                stderr=log,
            )
        try:
            return await _under_load(servers, publisher)
        finally:
            service.kill()
            await service.wait()
            await publisher.close()


async def _under_load(servers: Replicated, publisher: Publisher) -> Failover:
    old = servers.nodes[0]
    await publisher.publish(range(1, BEFORE + 1))
    await wait_until(
        lambda: _passed_on(servers), description="the service passes notices on", timeout_seconds=30
    )
    load_on = asyncio.create_task(publisher.publish(range(BEFORE + 1, BEFORE + AFTER + 1)))
    await wait_until(lambda: len(publisher.acknowledged) > BEFORE + AT_ONCE, description="the load flows")
    servers.kill(old)
    known = len(publisher.acknowledged)
    kill_to_switch = await asyncio.to_thread(seconds_until_switched, servers, old)
    switched = time.monotonic()
    passed = len(_passed_on(servers))
    servers.start_node(
        old
    )  # as a supervisor does; the Sentinels make it a replica, and writes are taken again
    await wait_until(
        lambda: len(publisher.acknowledged) > known, description="publishing goes on", timeout_seconds=60
    )
    published = time.monotonic() - switched
    await wait_until(
        lambda: len(_passed_on(servers)) > passed, description="consuming goes on", timeout_seconds=60
    )
    consumed = time.monotonic() - switched
    await load_on
    wanted = {f"urn:article:{number}" for number in publisher.acknowledged}
    with suppress(BaseException):
        await wait_until(
            lambda: wanted <= set(_passed_on(servers)), description="all come out", timeout_seconds=60
        )
    out = _passed_on(servers)
    return Failover(
        kill_to_switch=round(kill_to_switch, 2),
        switch_to_published=round(published, 2),
        switch_to_consumed=round(consumed, 2),
        acknowledged=len(wanted),
        lost=len(wanted - set(out)),
        doubled=sum(count - 1 for count in out.values()),
    )


def _passed_on(servers: Replicated) -> Counter[str]:
    """How often each article stands on the target stream of the present master."""
    master = servers.master()
    if master is None:
        return Counter()
    try:
        with servers.client(master) as client:
            entries: list[Any] = client.xrange(TARGET)
    except RedisError:
        return Counter()
    return Counter(fields[b"ce_subject"].decode() for _, fields in entries)


def main() -> int:
    """Run, print and keep the result; exit code 1 when a run was not as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.failover", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    args = parser.parse_args()
    runs = []
    for _ in range(args.runs):
        with tempfile.TemporaryDirectory(prefix="failover-") as folder:
            runs.append(asyncio.run(fail_over(Path(folder))))
        print(json.dumps(asdict(runs[-1])), flush=True)
    return 0 if keep(runs, args.out) else 1


def keep(runs: list[Failover], folder: Path) -> bool:
    """Write the result; whether all runs were good."""
    good = all(run.good for run in runs)
    result = {
        "measured": f"{datetime.now(UTC):%Y-%m-%d}",
        "servers": "1 master, 1 replica (restarted after the switch), 3 Sentinels; min-replicas-to-write 1, WAIT 1",
        "note": "measured on a shared machine; the Sentinels look every 0.5 s instead of every 10 s",
        "barSeconds": BAR_SECONDS,
        "worstSwitchToConsumed": max(run.switch_to_consumed for run in runs),
        "medianSwitchToConsumed": statistics.median(run.switch_to_consumed for run in runs),
        "lost": sum(run.lost for run in runs),
        "doubled": sum(run.doubled for run in runs),
        "met": good,
        "runs": [asdict(run) for run in runs],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"failover-{datetime.now(UTC):%Y-%m-%d}.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"{'as it has to be' if good else 'NOT as it has to be'}: {path}")
    return good


if __name__ == "__main__":
    sys.exit(main())
