"""A whole service for tests, run as `python -m tests.stack.streams.copier`: passes notices from `drops` on to `feeds`.

`COPIER_CRASH_AT` makes the process die by SIGKILL while it handles that entry for the first time.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace

from copytaster.logs import Log
from copytaster.settings import load
from copytaster.streams.consumers import consumer_name
from copytaster.streams.effects import Effects
from copytaster.streams.engine import Engine
from copytaster.streams.entries import Entry
from copytaster.streams.shell import Context, Parts, run_service
from tests.stack.streams.builders import copy_on


async def build(context: Context) -> Parts:
    """One engine of the group `copier` on `drops`."""
    target = context.keys.stream("feeds")
    crash_at = os.environ.get("COPIER_CRASH_AT")

    async def handler(entry: Entry) -> Effects:
        if crash_at and (entry.envelope.correlationid or "").endswith(f"-{crash_at}"):
            os.kill(os.getpid(), signal.SIGKILL)
        effects = await copy_on(entry)
        return replace(effects, events=[replace(event, stream=target) for event in effects.events])

    engine = Engine(
        context.redis,
        context.keys,
        stream="drops",
        group="copier",
        consumer=consumer_name(),
        service="copier",
        handler=handler,
        concurrency=4,
        patience=context.patience,
        closing=Log.STORY_EXTRACTED,
    )
    return Parts(engines=[engine], trims=["feeds"])


if __name__ == "__main__":
    sys.exit(asyncio.run(run_service(load(), service="copier", build=build)))
