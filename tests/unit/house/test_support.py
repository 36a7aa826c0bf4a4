"""The helpers that the other tests lean on."""

from __future__ import annotations

import pytest
import redis.asyncio

from tests.support import unavailable, wait_until, wait_until_sync


async def test_wait_until_takes_plain_and_async_conditions() -> None:
    """The first truthy value comes back, whether the condition is a coroutine function or not."""
    values = iter([0, 0, 7])

    async def later() -> str:
        return "ready"

    assert await wait_until(lambda: next(values), description="a number") == 7
    assert await wait_until(later, description="a word") == "ready"


def test_wait_until_fails_with_its_description_after_the_deadline() -> None:
    """A condition that never holds fails the test and tells what was awaited and last seen."""
    with pytest.raises(pytest.fail.Exception, match=r"the moon to fall.*last seen: \[\]"):
        wait_until_sync(list, description="the moon to fall", timeout_seconds=0.05)


async def test_the_redis_client_starts_on_an_empty_database(redis_client: redis.asyncio.Redis) -> None:
    """Nothing is left over from another test, and values come back as bytes."""
    assert await redis_client.dbsize() == 0

    await redis_client.set("copytaster:{test}:page:1", "ü", ex=10)

    assert await redis_client.get("copytaster:{test}:page:1") == "ü".encode()


@pytest.mark.parametrize(
    ("ci", "outcome"),
    [
        pytest.param("", pytest.skip.Exception, id="a person"),
        pytest.param("true", pytest.fail.Exception, id="CI"),
    ],
)
def test_what_is_missing_skips_for_a_person_and_fails_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    """CI=true turns every skip for a missing server or data set into a failure."""
    monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match="no engine"):
        unavailable("no engine")
