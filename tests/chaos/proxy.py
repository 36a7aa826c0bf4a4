"""A TCP proxy between one service and Redis that strikes at a commit: before it is sent, or before its answer arrives.

Nothing of it is in the services. The proxies of a storm share one event loop in one thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Final

from copytaster.streams.commit import SCRIPT_SHA

MARK: Final = SCRIPT_SHA.encode()
"""Stands in the bytes of every commit, whichever service sends it."""
CHUNK_BYTES: Final = 65_536


class Trick(StrEnum):
    """What happens at the next commit that comes by."""

    EXIT_BEFORE = "exit_before_commit"
    EXIT_AFTER = "exit_after_commit"
    CUT_BEFORE = "cut_before_commit"
    CUT_AFTER = "cut_after_commit"


class Proxy:
    """Listens on `port` for one service; `strike` is called to kill that service."""

    def __init__(self, upstream_port: int, strike: Callable[[], None]) -> None:
        self.port = 0
        self.played: Counter[str] = Counter()
        self._upstream_port = upstream_port
        self._strike = strike
        self._armed: Trick | None = None
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    def arm(self, trick: Trick) -> None:
        """Play `trick` at the next commit; one that is armed already is replaced."""
        self._armed = trick

    async def open(self) -> None:
        """Listen on a free port of the loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and drop what is connected."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            to_server = await asyncio.open_connection("127.0.0.1", self._upstream_port)
            self._writers |= {writer, to_server[1]}
            answers = asyncio.create_task(self._pump(to_server[0], writer))
            await self._commands(reader, to_server[1], answers)
            to_server[1].close()
            answers.cancel()
            self._writers -= {writer, to_server[1]}
        writer.close()

    async def _commands(
        self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter, answers: asyncio.Task[None]
    ) -> None:
        while data := await reader.read(CHUNK_BYTES):
            trick = self._armed if MARK in data else None
            if trick is not None:
                self._armed = None
                if trick in (Trick.EXIT_AFTER, Trick.CUT_AFTER):
                    answers.cancel()  # the server gets the commit, its answer gets nowhere
                    to_server.write(data)
                    await to_server.drain()
                    await asyncio.sleep(
                        0.05
                    )  # so that the server has read it before the end of the connection
                self.played[trick] += 1
                if trick in (Trick.EXIT_BEFORE, Trick.EXIT_AFTER):
                    self._strike()
                return
            to_server.write(data)
            await to_server.drain()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                writer.write(data)
                await writer.drain()
        writer.close()


class Proxies:
    """The proxies of a storm, by the name of their service, in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._proxies: dict[str, Proxy] = {}

    def add(self, name: str, upstream_port: int, strike: Callable[[], None]) -> int:
        """Open a proxy for a service; gives its port."""
        proxy = Proxy(upstream_port, strike)
        asyncio.run_coroutine_threadsafe(proxy.open(), self._loop).result(timeout=10)
        self._proxies[name] = proxy
        return proxy.port

    def arm(self, name: str, trick: Trick) -> None:
        """Play `trick` at the next commit of a service."""
        self._loop.call_soon_threadsafe(self._proxies[name].arm, trick)

    @property
    def played(self) -> Counter[str]:
        """How often each trick was played so far."""
        return sum((proxy.played for proxy in self._proxies.values()), Counter())

    def close(self) -> None:
        """Close all and end the thread."""
        for proxy in self._proxies.values():
            asyncio.run_coroutine_threadsafe(proxy.close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()
