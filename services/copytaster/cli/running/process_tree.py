"""Starts, watches and stops the processes of `copytaster run` and `copytaster demo`: the server first, it stops last."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from copytaster.errors import Misconfigured
from copytaster.streams.shell import EXIT_MISCONFIGURED

STOP_SECONDS: Final = 25.0
"""A service may take this long to finish what it has in hand, a little more than it gives itself."""

FIRST_RESTART_SECONDS: Final = 1.0
LONGEST_RESTART_SECONDS: Final = 30.0


class ServiceRefused(Misconfigured):
    """A service refused its settings; its own log line says what is wrong."""


@dataclass(slots=True)
class ProcessTree:
    """The processes of one folder. `log_folder` None leaves the services' lines on standard error."""

    folder: Path
    log_folder: Path | None = None
    on_restart: Callable[[str, int], None] | None = None
    _lock: IO[str] | None = None
    _server: asyncio.subprocess.Process | None = None
    _services: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _watchers: list[asyncio.Task[None]] = field(default_factory=list)
    _stopping: bool = False

    async def start_server(self, *, port: int | None = None) -> str:
        """Start the embedded server with its data in the folder; gives its URL.

        Raises Misconfigured when the folder is in use, cannot be written, or the package is not installed.
        """
        self._take_folder()
        command = [
            sys.executable,
            "-m",
            "copytaster.cli.running.embedded",
            str(self.folder / "redis"),
            str(port or 0),
        ]
        self._server = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert self._server.stdout
        assert self._server.stderr
        line = await self._server.stdout.readline()
        if not line:
            reason = (await self._server.stderr.read()).decode(errors="replace").strip().splitlines()
            raise Misconfigured(
                f"the embedded server did not start: {reason[-1] if reason else 'no reason given'}"
            )
        return str(json.loads(line)["url"])

    def _take_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / "lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"{self.folder} is in use by another copytaster; choose another with --data"
            ) from None
        except OSError as error:
            raise Misconfigured(f"cannot keep data in {self.folder}: {error}") from error

    async def start_service(self, name: str, command: list[str], env: Mapping[str, str]) -> None:
        """Start `copytaster COMMAND…` as `name` and restart it when it dies by itself."""
        self._services[name] = await self._spawn(name, command, env)
        self._watchers.append(asyncio.create_task(self._watch(name, command, env)))

    async def _spawn(
        self, name: str, command: list[str], env: Mapping[str, str]
    ) -> asyncio.subprocess.Process:
        log: Any = None
        if self.log_folder is not None:
            self.log_folder.mkdir(parents=True, exist_ok=True)
            log = (self.log_folder / f"{name}.log").open("ab")
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "copytaster.cli.main",
                *command,
                env={**os.environ, **env},
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            if log is not None:
                log.close()

    async def _watch(self, name: str, command: list[str], env: Mapping[str, str]) -> None:
        wait_seconds = FIRST_RESTART_SECONDS
        while True:
            code = await self._services[name].wait()
            if self._stopping:
                return
            if code == EXIT_MISCONFIGURED:
                raise ServiceRefused(f"{name} refused its settings{self._log_hint(name)}")
            if self.on_restart:
                self.on_restart(name, code)
            await asyncio.sleep(wait_seconds)
            wait_seconds = min(wait_seconds * 2, LONGEST_RESTART_SECONDS)
            self._services[name] = await self._spawn(name, command, env)

    def _log_hint(self, name: str) -> str:
        return f"; see {self.log_folder / (name + '.log')}" if self.log_folder else "; see its line above"

    async def wait_refused(self) -> None:
        """Return never, or raise ServiceRefused when a service refuses its settings."""
        done, _ = await asyncio.wait(self._watchers, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Stop the services, then the server; safe to repeat."""
        self._stopping = True
        for process in self._services.values():
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
        await asyncio.gather(*(_ended(process) for process in self._services.values()))
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        if self._server is not None and self._server.returncode is None:
            assert self._server.stdin
            self._server.stdin.close()
            await _ended(self._server)
        if self._lock is not None:
            self._lock.close()


async def _ended(process: asyncio.subprocess.Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
