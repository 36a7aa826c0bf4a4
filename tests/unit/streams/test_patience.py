"""Waiting for Redis: which answers are waited out, who asks meanwhile, and what counts as its return."""

from __future__ import annotations

import asyncio

import pytest
from redis._parsers.base import BaseParser
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError, ResponseError

from copytaster.streams.patience import Patience, Stopped, is_outage
from tests.support import wait_until

ANSWERS = {
    "LOADING Redis is loading the dataset in memory": True,
    "READONLY You can't write against a read only replica.": True,
    "OOM command not allowed when used memory > 'maxmemory'.": True,
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.": True,
    "CLUSTERDOWN The cluster is down": True,
    "TRYAGAIN Multiple keys request during rehashing of slot": True,
    "NOREPLICAS Not enough good replicas to write.": True,
    "MISCONF Errors writing to the AOF file: No space left on device": True,
    "BUSY Redis is busy running a script.": True,
    "NOGROUP No such key or consumer group": False,
    "NOPERM User extractor has no permissions to run the 'flushall' command": False,
    "WRONGTYPE Operation against a key holding the wrong kind of value": False,
    "WRONGPASS invalid username-password pair or user is disabled.": False,
    "ERR unknown command": False,
}


@pytest.mark.parametrize(("answer", "waits"), ANSWERS.items())
def test_an_answer_that_time_can_mend_is_an_outage(answer: str, waits: bool) -> None:
    """As redis-py makes an error of the server's answer, with and without a class of its own."""
    assert is_outage(BaseParser.parse_error(answer)) is waits


class Server:
    """Refuses with `error` while there is one; counts what it was asked."""

    def __init__(self, error: RedisError | None) -> None:
        self.error = error
        self.asked = 0

    async def ask(self) -> str:
        """One command."""
        self.asked += 1
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        return "answer"


class Waits:
    """Stands in for the clock: notes each wait, which ends when the test lets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, patience: Patience) -> None:
        self.seconds: list[float] = []
        self._passes = asyncio.Semaphore(0)
        monkeypatch.setattr(patience, "sleep", self._sleep)

    async def _sleep(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        await self._passes.acquire()
        return False

    def let(self, count: int) -> None:
        """End the present wait and those after it, `count` in all."""
        for _ in range(count):
            self._passes.release()

    async def begun(self, count: int = 1) -> None:
        """Return when so many waits have begun."""
        await wait_until(lambda: len(self.seconds) >= count, description=f"{count} waits begun")


async def test_while_redis_is_away_a_hundred_tasks_ask_as_often_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each notices the outage by its own command; from then on one of them asks, after growing waits."""
    patience, server = Patience(), Server(RedisConnectionError("refused"))
    waits = Waits(monkeypatch, patience)
    tasks = [asyncio.create_task(patience.until_redis_answers(server.ask)) for _ in range(100)]
    await waits.begun()
    noticed = server.asked
    waits.let(6)
    await waits.begun(7)
    asked_since = server.asked - noticed
    server.error = None
    waits.let(1)

    assert await asyncio.gather(*tasks) == ["answer"] * 100
    assert (noticed, asked_since) == (100, 6)
    assert waits.seconds[5] > 10 * waits.seconds[0]


async def test_a_read_that_succeeds_is_no_proof_while_writes_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A full server serves reads: the outage ends when the write that waits gets through."""
    patience, writes, reads = Patience(), Server(OutOfMemoryError("full")), Server(None)
    waits = Waits(monkeypatch, patience)
    writing = asyncio.create_task(patience.until_redis_answers(writes.ask))
    await waits.begun()
    reading = asyncio.create_task(patience.until_redis_answers(reads.ask))
    waits.let(2)

    answer, away = await reading, patience.redis_away
    writes.error = None
    waits.let(1)

    assert (answer, away) == ("answer", True)
    assert await writing == "answer"
    assert not patience.redis_away
    assert not patience.steady_for(60)


async def test_an_outage_ends_although_nobody_waits_for_it_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The task that had been refused was cancelled: the next success of anybody is proof enough."""
    patience, server = Patience(), Server(ReadOnlyError("replica"))
    waits = Waits(monkeypatch, patience)
    cancelled = asyncio.create_task(patience.until_redis_answers(server.ask))
    await waits.begun()
    cancelled.cancel()
    await asyncio.wait([cancelled])
    server.error = None
    waits.let(1)

    await patience.until_redis_answers(server.ask)

    assert not patience.redis_away


async def test_a_stop_ends_the_wait_and_a_refusal_that_is_no_outage_is_raised() -> None:
    """What no waiting mends goes to the caller at once."""
    patience = Patience()
    waiting = asyncio.create_task(patience.until_redis_answers(Server(RedisConnectionError("refused")).ask))
    await wait_until(lambda: patience.redis_away, description="outage noticed")
    patience.stop()

    with pytest.raises(Stopped):
        await waiting
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await Patience().until_redis_answers(Server(ResponseError("WRONGTYPE")).ask)
