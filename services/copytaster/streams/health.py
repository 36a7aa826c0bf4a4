"""Whether a process is alive and ready, and what it has done, as three HTTP routes.

Live: the read loop came back, or an entry was finished or its lease renewed, within `LIVE_SECONDS`, or Redis is away and waited for.
Ready: Redis takes a write and every group of the process exists. Both answer JSON, 200 or 503; `/metrics` is for Prometheus.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from faststream.asgi import AsgiResponse, get
from redis.asyncio import Redis
from redis.exceptions import RedisError

from copytaster.streams.engine import Engine
from copytaster.streams.metrics import CONTENT_TYPE

LIVE_SECONDS: Final = 15.0


@dataclass(slots=True)
class Health:
    """What the health routes look at; `beats` give the monotonic time of the last sign of life of a loop."""

    redis: Redis
    engines: Sequence[Engine] = ()
    beats: list[Callable[[], float]] = field(default_factory=list)
    details: Sequence[Callable[[], dict[str, Any]]] = ()
    """What the readiness tells beside itself; says nothing of ready or not."""
    write: Callable[[], Awaitable[object]] | None = None
    """A write that changes nothing of weight, to find out whether Redis takes any."""

    def live(self) -> tuple[bool, dict[str, Any]]:
        """Whether some loop gave a sign of life lately, and how long ago each did (seconds)."""
        now = time.monotonic()
        ages = [round(now - beat(), 1) for beat in self.beats]
        busy = [round(now - max(engine.last_progress, engine.last_renewal), 1) for engine in self.engines]
        alive = all(age < LIVE_SECONDS for age in ages) or any(age < LIVE_SECONDS for age in busy)
        return alive, {"beatAgeSeconds": ages, "progressAgeSeconds": busy}

    async def ready(self) -> tuple[bool, dict[str, Any]]:
        """Whether Redis takes writes and all groups exist, and what is missing."""
        try:
            role = await self.redis.execute_command("ROLE")
            if role[0] not in (b"master", "master"):
                return False, {"redis": "read-only"}
            if self.write is not None:
                await self.write()
            missing = [engine.group for engine in self.engines if not await self._group_exists(engine)]
        except (RedisError, OSError) as error:
            return False, {"redis": f"{type(error).__name__}: {error}"}
        return not missing, {"missingGroups": missing, **self._told()}

    def _told(self) -> dict[str, Any]:
        return {name: value for detail in self.details for name, value in detail().items()}

    async def _group_exists(self, engine: Engine) -> bool:
        groups = await self.redis.xinfo_groups(engine.stream)
        return any(group["name"] == engine.group.encode() for group in groups)


def routes(health: Health, exposition: Callable[[], Awaitable[bytes]]) -> list[tuple[str, Any]]:
    """The ASGI routes `/health/live`, `/health/ready` and `/metrics`."""

    @get
    async def live(_scope: Any) -> AsgiResponse:
        return _answer(*health.live())

    @get
    async def ready(_scope: Any) -> AsgiResponse:
        return _answer(*await health.ready())

    @get
    async def metrics(_scope: Any) -> AsgiResponse:
        return AsgiResponse(await exposition(), 200, {"content-type": CONTENT_TYPE})

    return [("/health/live", live), ("/health/ready", ready), ("/metrics", metrics)]


def _answer(good: bool, details: dict[str, Any]) -> AsgiResponse:
    body = json.dumps({"status": "ok" if good else "failing", **details}).encode()
    return AsgiResponse(body, 200 if good else 503, {"content-type": "application/json"})
