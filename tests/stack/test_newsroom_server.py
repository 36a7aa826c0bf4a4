"""The demo newsroom over real sockets: one port for all outlets, told apart by the Host header."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from copytaster.errors import Misconfigured
from copytaster.newsroom.catalogue import load_catalogue
from copytaster.newsroom.server import RunningNewsroom, serve

CATALOGUE = load_catalogue()


class Clock:
    """A clock that a test moves by hand."""

    now = 1_000.0

    def __call__(self) -> float:
        """Seconds, as `time.monotonic` gives them."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The newsroom's clock."""
    return Clock()


@pytest.fixture
async def newsroom(clock: Clock) -> AsyncIterator[RunningNewsroom]:
    """A newsroom on a free port, with waves three seconds of `clock` apart."""
    running = await serve(CATALOGUE, pace_seconds=3.0, correct_after_seconds=4.0, monotonic=clock)
    yield running
    await running.close()


async def fetch(
    newsroom: RunningNewsroom, host: str, path: str, **headers: str
) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body of a GET as a client sends it that has resolved `host` to the loopback."""
    url = f"http://127.0.0.1:{newsroom.port}{path}"
    sent = {"Host": f"{host}:{newsroom.port}", **headers}
    async with aiohttp.ClientSession() as session, session.get(url, headers=sent) as answer:
        return answer.status, answer.headers, await answer.read()


async def test_outlets_share_a_port_and_name_it_in_their_links(newsroom: RunningNewsroom) -> None:
    """The links of a feed lead back to the server that sent it."""
    for outlet in CATALOGUE.outlets.values():
        status, headers, body = await fetch(newsroom, outlet.host, outlet.feed.path)
        assert status == 200
        assert headers["Content-Type"].endswith(f"charset={outlet.feed.charset}")
        assert f"http://{outlet.host}:{newsroom.port}/".encode() in body


async def test_a_second_poll_with_validators_costs_no_body(newsroom: RunningNewsroom) -> None:
    """The validators that come over the wire are taken back as they were."""
    outlet = CATALOGUE.outlets["talbote.example"]
    _, first, _ = await fetch(newsroom, outlet.host, outlet.feed.path)
    status, _, body = await fetch(newsroom, outlet.host, outlet.feed.path, **{"If-None-Match": first["ETag"]})

    assert (status, body) == (304, b"")


async def test_the_correction_comes_after_the_first_reader(newsroom: RunningNewsroom, clock: Clock) -> None:
    """The page at one address says 71 first and 17 four seconds later."""
    article = CATALOGUE.articles["ferry-toll.harbourherald"]
    clock.now += 60
    _, _, first = await fetch(newsroom, article.outlet, article.path)
    clock.now += 4
    _, _, second = await fetch(newsroom, article.outlet, article.path)

    assert b"71 people were injured" in first
    assert b"17 people were injured" in second


async def test_waves_follow_the_clock(newsroom: RunningNewsroom, clock: Clock) -> None:
    """The health page counts what is out: more after each wave, all after the last."""
    counts = []
    for _ in range(6):
        _, _, body = await fetch(newsroom, "anything", "/health")
        counts.append(json.loads(body)["released"])
        clock.now += 3

    assert counts == sorted(set(counts))
    assert counts[-1] == len(CATALOGUE.item_ids())


async def test_an_unknown_host_is_not_found_with_a_reason(newsroom: RunningNewsroom) -> None:
    """The text names the outlets that there are."""
    status, _, body = await fetch(newsroom, "nowhere.example", "/")

    assert status == 404
    assert b"nordpost.example" in body


async def test_a_port_in_use_is_an_operators_mistake_in_one_line(newsroom: RunningNewsroom) -> None:
    """The error names the address and the options that mend it."""
    with pytest.raises(Misconfigured, match=rf"cannot listen on 127\.0\.0\.1:{newsroom.port}.*--port"):
        await serve(CATALOGUE, port=newsroom.port)


def test_the_command_serves_until_it_is_told_to_stop() -> None:
    """It prints its port as JSON when it listens, and ends with 0 on SIGTERM."""
    command = [sys.executable, "-m", "copytaster.cli.main", "newsroom", "serve", "--port", "0", "--pace", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)

        assert told["bind"] == "127.0.0.1"
        assert told["port"] > 0
        assert process.wait(timeout=20) == 0
