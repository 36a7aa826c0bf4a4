"""A whole service for tests, run as `python -m tests.stack.streams.copier`: passes notices from `drops` on to `feeds`.

`COPIER_CRASH_AT` makes the process die by SIGKILL while it handles that entry, `COPIER_REFUSE_AT` makes it find a mistake of the
operator there, `COPIER_FAIL_AT` and `COPIER_FAIL_ONCE_AT` make it fail as a bug does; `COPIER_SECONDS` is how long it takes over
each entry.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace

from copytaster.errors import Misconfigured
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
    crash_at, refuse_at = os.environ.get("COPIER_CRASH_AT"), os.environ.get("COPIER_REFUSE_AT")
    failing = {os.environ.get("COPIER_FAIL_AT"), os.environ.get("COPIER_FAIL_ONCE_AT")}
    seconds = float(os.environ.get("COPIER_SECONDS", "0"))

    async def handler(entry: Entry) -> Effects:
        number = (entry.envelope.correlationid or "").rpartition("-")[2]
        if number == crash_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == refuse_at:
            raise Misconfigured("COPIER_REFUSE_AT names this entry")
        if number in failing:
            failing.discard(os.environ.get("COPIER_FAIL_ONCE_AT"))
            raise ZeroDivisionError(f"entry {number}")
        await asyncio.sleep(seconds)
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
        first_retry_seconds=context.settings.retry_seconds,
        patience=context.patience,
        closing=Log.STORY_EXTRACTED,
    )
    return Parts(engines=[engine], trims=["feeds"])


if __name__ == "__main__":
    sys.exit(asyncio.run(run_service(load(), service="copier", build=build)))
