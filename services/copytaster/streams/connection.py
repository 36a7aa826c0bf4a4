"""Opens connections to Redis from the settings; one place, so that all services connect alike."""

from __future__ import annotations

from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, AuthorizationError, RedisError, ResponseError

from copytaster.errors import Misconfigured
from copytaster.settings import Settings
from copytaster.streams.packing import pack_with_hiredis
from copytaster.streams.patience import Patience

CONNECT_TIMEOUT_SECONDS: Final = 5.0
"""A host that does not answer a SYN within this time is treated as away."""

POLICY_NEEDED: Final = "noeviction"
"""Any other policy may evict a stream together with its groups (research: jaseci #7487)."""


def connection_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments that the services' own client and FastStream's broker share."""
    password = settings.redis_password.get_secret_value() if settings.redis_password else None
    options: dict[str, Any] = {"socket_connect_timeout": CONNECT_TIMEOUT_SECONDS, "health_check_interval": 15}
    if settings.redis_username:
        options["username"] = settings.redis_username
    if password:
        options["password"] = password
    return options


def open_redis(settings: Settings) -> Redis:
    """A client that has not connected yet; raises Misconfigured for an address that is none."""
    try:
        redis = Redis.from_url(settings.redis_url, decode_responses=False, **connection_options(settings))
    except ValueError as error:
        raise Misconfigured(f"COPYTASTER_REDIS_URL: {error}") from error
    return pack_with_hiredis(redis)


async def wait_for_redis(redis: Redis, patience: Patience) -> None:
    """Return when Redis answers; waits for as long as it takes.

    Raises Misconfigured when it answers but refuses us (password, user, eviction policy), Stopped when the process
    is asked to stop meanwhile.
    """
    try:
        await patience.until_redis_answers(redis.ping)
        await _check_policy(redis)
    except (AuthenticationError, AuthorizationError) as error:
        raise Misconfigured(f"Redis refuses the user or password of COPYTASTER_REDIS_*: {error}") from error
    except ResponseError as error:
        raise Misconfigured(f"Redis refuses: {error}") from error


async def _check_policy(redis: Redis) -> None:
    try:
        facts = await redis.info(
            "memory"
        )  # CONFIG GET is refused by managed servers and to users without rights
    except RedisError:
        return  # nothing can be said then
    name = facts.get("maxmemory_policy")
    if name not in (None, POLICY_NEEDED):
        raise Misconfigured(
            f"Redis has maxmemory-policy {name}; streams need {POLICY_NEEDED}, or entries are lost"
        )
