"""deploy/compose.sentinel.yml: what it starts fits to the stack that it is laid over, and to the settings."""

from __future__ import annotations

import os
import subprocess
from typing import Any, Final

import pytest
import yaml

from copytaster.cli.running.init_stack import REDIS_FOLDER, password_file
from copytaster.settings import load
from copytaster.streams.acl import REPLICA, SENTINEL
from copytaster.streams.connection import sentinel_addresses
from tests.support import ROOT

NODES: Final = ("redis", "redis-2", "redis-3")


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """The example's file, parsed."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.sentinel.yml").read_text("utf-8"))
    return parsed


def test_the_services_are_given_the_sentinels_that_are_started(example: dict[str, Any]) -> None:
    """Every service, and the operator's commands; the settings take what stands there."""
    services = example["services"]
    for name in ("fetcher", "extractor", "deduplicator", "cli"):
        settings = load(services[name]["environment"])
        hosts = [host for host, _ in sentinel_addresses(settings)]

        assert hosts == [other for other in services if other.startswith("sentinel-")]
        assert f"sentinel monitor {settings.redis_sentinel_master} " in _script("sentinel.sh")


def test_every_node_has_a_name_and_data_of_its_own(example: dict[str, Any]) -> None:
    """Two nodes on one volume would ruin each other's data."""
    services = example["services"]
    own = {
        name: services[name]["environment"]["NODE"] for name in services if "redis" in name or "sent" in name
    }
    volumes = [mount for name in own for mount in services[name]["volumes"] if mount.endswith(":/data")]

    assert all(name == node for name, node in own.items())
    assert len(volumes) == len(set(volumes)) == len(own) - 1  # `redis` keeps the volume of docker-compose.yml


def test_the_scripts_take_users_and_passwords_that_init_makes() -> None:
    """A cut-off master must take no writes, and nothing runs as the user that may do all."""
    folder = ROOT
    for user, script in ((REPLICA, "node.sh"), (SENTINEL, "sentinel.sh")):
        file = password_file(folder, user).relative_to(folder / REDIS_FOLDER)

        assert f"/run/copytaster/{file}" in _script(script)
    assert "masteruser replica" in _script("node.sh")
    assert "--min-replicas-to-write 1" in _script("node.sh")
    assert "auth-user copytaster sentinel" in _script("sentinel.sh")


def test_compose_takes_both_files_together(docker: str) -> None:
    """Docker's own reading, with nobody's .env."""
    files = ("--file", "docker-compose.yml", "--file", "deploy/compose.sentinel.yml")
    done = subprocess.run(
        [docker, "compose", "--env-file", os.devnull, *files, "config", "--services"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert set(NODES) <= set(done.stdout.split())


def _script(name: str) -> str:
    return (ROOT / "deploy" / "sentinel" / name).read_text("utf-8")
