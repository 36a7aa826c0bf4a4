"""Fixtures: the two servers on which the rules of the users are tried."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from tests.stack.safety.guarded import Guarded, guarded_valkey, write_acl


@pytest.fixture(scope="session")
def guarded_embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """An embedded Valkey with our ACL file."""
    with guarded_valkey(tmp_path_factory.mktemp("guarded")) as server:
        yield server


@pytest.fixture(scope="session")
def guarded_redis_8(docker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A container of the image that the compose file names, with our ACL file."""
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    from testcontainers.core.container import DockerContainer

    folder = tmp_path_factory.mktemp("redis-8")
    folder.parent.chmod(0o755)  # Redis runs as another user than we do
    acl = write_acl(folder / "secrets")
    container = DockerContainer("redis:8").with_exposed_ports(6379)
    container.with_volume_mapping(str(acl), "/users.acl", "ro")
    container.with_command("redis-server --appendonly yes --enable-debug-command yes --aclfile /users.acl")
    with container:
        port = int(container.get_exposed_port(6379))
        found = Guarded(container.get_container_host_ip(), port, folder / "secrets")
        retry = Retry(ConstantBackoff(0.1), 100)
        with found.client("root", retry=retry, retry_on_error=[RedisConnectionError]) as client:
            assert isinstance(client, redis.Redis)
            client.ping()
        yield found


@pytest.fixture(params=["valkey", pytest.param("redis-8", marks=pytest.mark.docker)])
def guarded(request: pytest.FixtureRequest) -> Guarded:
    """Each of the servers, empty."""
    name = "guarded_embedded" if request.param == "valkey" else "guarded_redis_8"
    server: Guarded = request.getfixturevalue(name)
    server.forget()
    return server
