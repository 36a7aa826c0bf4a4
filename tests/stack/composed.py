"""One running compose stack with the demo newsroom, under a project name, network and subnet of its own.

For the tests in this folder; it decides nothing about what is right.
"""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import subprocess
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support import ROOT

BUILD_SECONDS: Final = 480
"""Four images without any cached layer: 40 s on two idle cores and a near package index, so ten times that."""

UP_SECONDS: Final = 180
"""All health checks pass within 30 s on two idle cores."""


class ComposeFailed(AssertionError):
    """A docker command ended with an error; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Stack:
    """`docker compose` over docker-compose.yml and deploy/demo.yml, whatever settings the person has in .env.

    Nothing is published on the host.
    """

    docker: str
    subnet: ipaddress.IPv4Network
    project: str = field(default_factory=lambda: f"copytaster-test-{secrets.token_hex(4)}")

    def compose(self, *arguments: str, timeout_seconds: float = 60) -> str:
        """The standard output of `docker compose ARGUMENTS`; raises ComposeFailed with its errors."""
        plain = ("--ansi", "never", "--env-file", os.devnull)
        files = ("--file", "docker-compose.yml", "--file", "deploy/demo.yml")
        project = ("--project-name", self.project)
        return self._run(
            "compose", *plain, *project, *files, *arguments, timeout_seconds=timeout_seconds
        ).stdout

    def up(self) -> None:
        """Build the images and start everything; comes back when all health checks pass."""
        self.compose("build", timeout_seconds=BUILD_SECONDS)
        self.compose(
            "up", "--detach", "--wait", "--wait-timeout", str(UP_SECONDS), timeout_seconds=UP_SECONDS + 60
        )

    def down(self) -> None:
        """Take everything down, the data too."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "10", timeout_seconds=120)

    def containers(self) -> list[dict[str, Any]]:
        """What `docker inspect` says of each container of the stack."""
        ids = self.compose("ps", "--all", "--quiet").split()
        found: list[dict[str, Any]] = json.loads(self._run("inspect", *ids).stdout)
        return found

    def log_lines(self, service: str, *, last: int | None = None) -> list[str]:
        """All lines that the containers of `service` have logged so far, or the `last` ones of each."""
        tail = "all" if last is None else str(last)
        ids = self.compose("ps", "--all", "--quiet", service).split()
        logs = [self._run("logs", "--tail", tail, one) for one in ids]
        return [line for log in logs for line in (log.stdout + log.stderr).splitlines()]

    def entries(self, stream: str) -> list[dict[str, str]]:
        """All entries of a stream of the desk `main`, oldest first, each as its fields."""
        reply = self.compose(
            "exec", "-T", "redis", "redis-cli", "--json", "XRANGE", f"copytaster:{{main}}:{stream}", "-", "+"
        )
        return [dict(zip(fields[::2], fields[1::2], strict=True)) for _, fields in json.loads(reply)]

    def _run(self, *arguments: str, timeout_seconds: float = 60) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [self.docker, *arguments],
            cwd=ROOT,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
        if done.returncode:
            raise ComposeFailed(f"docker {' '.join(arguments)}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}")
        return done

    def _environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("COPYTASTER_")}
        return {
            **inherited,
            "DOCKER_NETWORK": self.project,
            "DEMO_SUBNET": str(self.subnet),
            "DEMO_ADDRESS": str(self.subnet[10]),
        }


def free_subnet(docker: str) -> ipaddress.IPv4Network:
    """A /24 within 10.83.0.0/16 that no network of the engine overlaps; LookupError if there is none."""
    ids = subprocess.check_output([docker, "network", "ls", "--quiet"], text=True, timeout=30).split()
    networks = json.loads(
        subprocess.check_output([docker, "network", "inspect", *ids], text=True, timeout=30)
    )
    used = [
        ipaddress.ip_network(config["Subnet"])
        for network in networks
        for config in network["IPAM"]["Config"] or ()
        if "Subnet" in config
    ]
    for candidate in ipaddress.IPv4Network("10.83.0.0/16").subnets(new_prefix=24):
        if not any(isinstance(other, ipaddress.IPv4Network) and candidate.overlaps(other) for other in used):
            return candidate
    raise LookupError("10.83.0.0/16 has no free /24 network")
