"""The commands for looking as the users that `init` makes: the operator may all of it, a subscriber the public streams."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from copytaster.streams.acl import OPERATOR, SUBSCRIBER, User, acl_line
from copytaster.streams.presence import announce
from tests.stack.cli.looking import FIRE, FIRE_COPY, Looking, drop
from tests.stack.cli.test_status import process_of
from tests.stack.deduplicator.desk import KEYS


async def become(looking: Looking, user: User) -> None:
    """Make the user and let the commands be it."""
    _, _, *rules = re.findall(r"\([^)]*\)|\S+", acl_line(user, "pw"))
    await looking.redis.execute_command("ACL", "SETUSER", user.name, "reset", *rules)
    looking.url = looking.url.replace("redis://", f"redis://{user.name}:pw@")


@pytest.fixture
async def guarded(looking: Looking) -> AsyncIterator[Looking]:
    """The desk, whose users are taken away in the end."""
    for service in ("fetcher", "extractor", "deduplicator"):
        await announce(looking.redis, KEYS, process_of(service))
    await drop(looking.redis, "nordpost.example/intern", "robots")
    yield looking
    await looking.redis.execute_command("ACL", "DELUSER", OPERATOR.name, SUBSCRIBER.name)


@pytest.mark.parametrize(
    "command",
    [
        ["tail", "links", "--since", "1h", "--no-follow"],
        ["tail", "drops", "--no-follow"],
        ["clusters", "list"],
        ["clusters", "explain", FIRE.url, FIRE_COPY.uri[:20]],
        ["find", FIRE.url],
        ["find", FIRE.uri[:20]],
        ["export", "clusters"],
        ["status"],
    ],
    ids=lambda command: " ".join(command[:2]),
)
async def test_the_operator_may_look_at_everything(guarded: Looking, command: list[str]) -> None:
    """No command for looking needs a right that the operator's user does not have."""
    await become(guarded, OPERATOR)

    ran = await guarded.run(*command)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out


@pytest.mark.parametrize("stream", ["stories", "links", "clusters"])
async def test_a_subscriber_may_watch_the_public_streams(guarded: Looking, stream: str) -> None:
    """Without a clock of the server and without the texts, by the urns alone."""
    told = await guarded.redis.xlen(KEYS.stream(stream))
    await become(guarded, SUBSCRIBER)

    ran = await guarded.run("tail", stream, "--since", "1h", "--no-follow")

    assert (ran.code, ran.err) == (0, "")
    assert len(ran.out.splitlines()) >= told > 0


async def test_a_subscriber_may_not_see_the_rest(guarded: Looking) -> None:
    """One line that names the user to take, exit code 2."""
    await become(guarded, SUBSCRIBER)

    ran = await guarded.run("tail", "drops", "--no-follow")

    assert (ran.code, ran.out) == (2, "")
    assert "take the user `operator`" in ran.err
    assert ran.err.count("\n") == 1
