"""Opens connections to Redis from the settings; one place, so that all services connect alike.

With Sentinels the master is looked up again for every new connection, so a client follows it by connecting again.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from faststream.redis import RedisBroker, RedisSentinelBroker
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, AuthorizationError, RedisError, ResponseError

from copytaster.errors import Misconfigured
from copytaster.logs import Log, get_logger
from copytaster.settings import Settings
from copytaster.streams.client import Client, with_our_connections
from copytaster.streams.patience import Patience

CONNECT_TIMEOUT_SECONDS: Final = 5.0
"""A host that does not answer a SYN within this time is treated as away."""

ANSWER_TIMEOUT_SECONDS: Final = 10.0
"""A server that says nothing for so long is treated as away, be it frozen or cut off without a word; ten times the
longest command of ours, a read that waits for entries. What it may have done meanwhile is harmless to repeat."""

MAX_CONNECTIONS: Final = 64
"""Of one process. A fetcher may have hundreds of polls in flight, each of which needs Redis for a moment only."""

MAX_UNWAITED_CONNECTIONS: Final = 2_000
"""Behind Sentinels, where redis-py has no pool that waits: one for each request that a fetcher may have in flight."""

SENTINEL_TIMEOUT_SECONDS: Final = 1.0
"""A Sentinel answers from memory; the next one is asked after this time."""

POLICY_NEEDED: Final = "noeviction"
"""Any other policy may evict a stream together with its groups (research: jaseci #7487)."""


def connection_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments that the services' own client and FastStream's broker share."""
    password = settings.redis_password.get_secret_value() if settings.redis_password else None
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_TIMEOUT_SECONDS,
        "socket_timeout": ANSWER_TIMEOUT_SECONDS,
        "socket_keepalive": True,
        "health_check_interval": 15,
    }
    if settings.redis_username:
        options["username"] = settings.redis_username
    if password:
        options["password"] = password
    return options


def open_redis(settings: Settings) -> Client:
    """A client that has not connected yet; raises Misconfigured for an address that is none."""
    options = connection_options(settings)
    try:
        if settings.redis_sentinels:
            client = _of_sentinels(settings, {**_database_of(settings), **options})
        else:
            client = Client.from_pool(_waiting_pool(settings.redis_url, options))
    except ValueError as error:
        raise Misconfigured(f"COPYTASTER_REDIS_URL: {error}") from error
    client.replicas = replicas_wanted(settings)
    return with_our_connections(client)


def replicas_wanted(settings: Settings) -> int:
    """How many replicas must have a commit before it counts as done."""
    if settings.redis_wait_replicas is not None:
        return settings.redis_wait_replicas
    return 1 if settings.redis_sentinels else 0


def open_broker(settings: Settings, *, graceful_timeout: float) -> RedisBroker:
    """FastStream's broker at the same server as `open_redis`, with its own log lines switched off."""
    options: dict[str, Any] = {
        "logger": None,
        "graceful_timeout": graceful_timeout,
        "apply_types": False,  # our handlers take the batch as it is; injecting arguments costs two hops to threads a batch
        **connection_options(settings),
    }
    if not settings.redis_sentinels:
        return RedisBroker(settings.redis_url, **options)
    return RedisSentinelBroker(
        sentinels=sentinel_addresses(settings),
        sentinel_master_name=settings.redis_sentinel_master,
        sentinel_kwargs=_sentinel_options(settings),
        **_database_of(settings),
        **options,
    )


def sentinel_addresses(settings: Settings) -> list[tuple[str, int]]:
    """Host and port of each Sentinel; raises Misconfigured for one that is not `host:port`."""
    addresses = []
    for text in settings.redis_sentinels:
        try:
            parts = urlsplit(f"//{text}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or port is None:
            raise Misconfigured(f"COPYTASTER_REDIS_SENTINELS: {text!r} is not host:port")
        addresses.append((host, port))
    return addresses


def _waiting_pool(url: str, options: dict[str, Any]) -> BlockingConnectionPool:
    """Connections that callers wait for; redis-py's own pool raises what looks like a lost server at its hundredth."""
    return BlockingConnectionPool.from_url(
        url, max_connections=MAX_CONNECTIONS, timeout=ANSWER_TIMEOUT_SECONDS, **options
    )


def _of_sentinels(settings: Settings, options: dict[str, Any]) -> Client:
    manager = Sentinel(
        sentinel_addresses(settings),
        sentinel_kwargs=_sentinel_options(settings),
        decode_responses=False,
        **options,
    )
    client: Client = manager.master_for(
        settings.redis_sentinel_master, redis_class=Client, max_connections=MAX_UNWAITED_CONNECTIONS
    )
    return client


def _sentinel_options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "socket_connect_timeout": SENTINEL_TIMEOUT_SECONDS,
        "socket_timeout": SENTINEL_TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 0),  # the next Sentinel is the retry
    }
    if settings.redis_sentinel_username:
        options["username"] = settings.redis_sentinel_username
    if settings.redis_sentinel_password:
        options["password"] = settings.redis_sentinel_password.get_secret_value()
    return options


def _database_of(settings: Settings) -> dict[str, Any]:
    """What the address says beside the place, which the Sentinels know better: the database, and whether it is TLS."""
    url: dict[str, Any] = dict(parse_url(settings.redis_url))
    options = {"db": url.get("db", 0)}
    return {**options, "ssl": True} if settings.redis_url.startswith("rediss:") else options


async def wait_for_redis(redis: Client, patience: Patience) -> None:
    """Return when Redis answers; waits for as long as it takes.

    Raises Misconfigured when it answers but refuses us (password, user, eviction policy, WAIT), Stopped when the
    process is asked to stop meanwhile.
    """
    try:
        await patience.until_redis_answers(redis.ping)
        await _check_policy(redis)
        if redis.replicas:
            await _check_replication(redis)
    except (AuthenticationError, AuthorizationError) as error:
        raise Misconfigured(f"Redis refuses the user or password of COPYTASTER_REDIS_*: {error}") from error
    except ResponseError as error:
        raise Misconfigured(f"Redis refuses: {error}") from error


async def _check_policy(redis: Client) -> None:
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


async def _check_replication(redis: Client) -> None:
    """Warn of a master that goes on taking writes when it is cut off: what it takes then is lost at the switch."""
    await redis.execute_command("WAIT", 0, 1)
    facts = await redis.info("replication")
    if "min_slaves_good_slaves" not in facts:  # INFO names it only where min-replicas-to-write is above 0
        get_logger().warning(
            Log.REPLICATION_UNGUARDED,
            status="unguarded",
            reason="min-replicas-to-write is 0: a master that is cut off keeps taking writes; set it to 1 on every node",
        )
