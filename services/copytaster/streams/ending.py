"""Stops a service in order: first the delivery, then the server and with it FastStream; the loops run out meanwhile."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import uvicorn

from copytaster.streams.delivery import Delivery
from copytaster.streams.engine import Engine
from copytaster.streams.patience import Patience
from copytaster.streams.reader import PatientReads

EXIT_OK: Final = 0
EXIT_UNFINISHED: Final = 75
"""EX_TEMPFAIL of sysexits.h: stopped, but something in hand was neither finished nor handed back; others take it over later."""

STOP_SECONDS: Final = 20.0
"""What a running entry may take after SIGTERM; with `HAND_BACK_SECONDS` under the 30 s of compose's stop_grace_period."""


class Ending:
    """Stops a service in order: first the delivery, then the server and with it FastStream, then the loops."""

    def __init__(
        self,
        patience: Patience,
        engines: Sequence[Engine],
        reads: PatientReads,
        server: uvicorn.Server,
        idle_seconds: float,
    ) -> None:
        self.delivery = Delivery(engines, patience, idle_seconds=idle_seconds)
        self._patience = patience
        self._reads = reads
        self._server = server
        self._deadline = 0.0
        self._clean = False

    @property
    def seconds_left(self) -> float:
        """What is left for the loops, at least a second."""
        return max(self._deadline - time.monotonic(), 1.0)

    async def __call__(self) -> None:
        """Wait for the stop, then see it through."""
        await self._patience.wait_stopped()
        self._deadline = time.monotonic() + STOP_SECONDS
        try:
            self._clean = await self.delivery.wind_down(self._reads, seconds=STOP_SECONDS)
        finally:
            self._server.should_exit = True

    def status_and_code(self) -> tuple[str, int]:
        """What the last log line says, and the exit code."""
        return ("stopped", EXIT_OK) if self._clean else ("unfinished", EXIT_UNFINISHED)
