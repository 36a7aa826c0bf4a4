"""The check of keys that runs after each test with Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis

from copytaster.keys import DAY_SECONDS, Keys
from tests import keycheck

KEY = Keys("test").key


@pytest.fixture
def client(valkey_url: str) -> Iterator[redis.Redis]:
    """A plain client of the empty database."""
    with redis.Redis.from_url(valkey_url) as opened:
        yield opened


@pytest.mark.own_keys
@pytest.mark.parametrize(
    ("key", "write", "fault"),
    [
        pytest.param("elsewhere", lambda c, k: c.set(k, "1"), "not in the table", id="not ours"),
        pytest.param(KEY("surprise"), lambda c, k: c.set(k, "1"), "not in the table", id="undeclared"),
        pytest.param(
            KEY("robots", "a.example"),
            lambda c, k: c.sadd(k, "1"),
            "a set, but the table says string",
            id="type",
        ),
        pytest.param(KEY("robots", "a.example"), lambda c, k: c.set(k, "1"), "never ends", id="immortal"),
        pytest.param(
            KEY("robots", "a.example"),
            lambda c, k: c.set(k, "1", ex=2 * DAY_SECONDS),
            "lives 172",
            id="too long",
        ),
    ],
)
def test_a_key_that_is_not_as_declared_is_named(
    client: redis.Redis, key: str, write: Callable[[redis.Redis, str], object], fault: str
) -> None:
    """The line names the key and what is wrong with it."""
    write(client, key)

    (line,) = keycheck.faults(client)

    assert line.startswith(key)
    assert fault in line


def test_declared_keys_pass(client: redis.Redis) -> None:
    """A permanent key without end and a mortal one with its end are as they should be."""
    client.xadd(KEY("stories"), {"data": "{}"})
    client.set(KEY("robots", "a.example"), "", ex=DAY_SECONDS)

    assert keycheck.faults(client) == []
