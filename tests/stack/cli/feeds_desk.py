"""A web site, a Redis and the command line over both, for the tests of `copytaster feeds`. Not a test."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from redis.asyncio import Redis

from copytaster.cli.main import main
from copytaster.keys import Keys
from copytaster_schemas import FeedChanged, parse_event
from tests.stack.fetcher.desk import Desk
from tests.stack.fetcher.site import running_site


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output as lines of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(slots=True)
class FeedsDesk:
    """A desk of the fetcher's tests with the command line."""

    desk: Desk
    keys: Keys

    async def run(self, *arguments: str) -> Ran:
        """The outcome of `copytaster feeds` with these arguments, as a shell would see it."""
        return await asyncio.to_thread(_run, ["feeds", *arguments])

    async def changes(self) -> list[tuple[str, str]]:
        """Change and path of everything that the `feeds` stream tells."""
        entries = await self.desk.redis.xrange(self.keys.stream("feeds"))
        events = [parse_event(fields)[1] for _, fields in entries]
        port = str(self.desk.site.port)
        return [(one.change, one.url.partition(port)[2]) for one in events if isinstance(one, FeedChanged)]

    async def ids(self) -> list[bytes]:
        """`ce_id` of everything on the `feeds` stream."""
        entries = await self.desk.redis.xrange(self.keys.stream("feeds"))
        return [fields[b"ce_id"] for _, fields in entries]

    async def state_of_everything(self) -> dict[bytes, Any]:
        """All keys with their values: equal before and after what must change nothing."""
        redis = self.desk.redis
        return {key: await redis.dump(key) for key in sorted(await redis.keys("*"))}


def _run(argv: list[str]) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(argv)
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


@asynccontextmanager
async def feeds_desk(
    valkey_url: str, redis: Redis, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FeedsDesk]:
    """A desk whose site the guarded client may ask."""
    async with running_site() as site:
        monkeypatch.setenv("COPYTASTER_REDIS_URL", valkey_url)
        monkeypatch.setenv("COPYTASTER_CONTACT", "desk@nordpost.example")
        monkeypatch.setenv("COPYTASTER_FETCH_ALLOW_NETWORKS", "127.0.0.0/8")
        monkeypatch.setenv("COPYTASTER_FETCH_ALLOW_PORTS", str(site.port))
        monkeypatch.setenv("COPYTASTER_FETCH_RESOLVE", "*.example=127.0.0.1")
        before = structlog.get_config()
        # The fetcher of this process must not write between the lines of a command.
        structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
        try:
            yield FeedsDesk(Desk(site, valkey_url, redis, folder), Keys("main"))
        finally:
            structlog.configure(**before)
