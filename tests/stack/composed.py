"""One running compose stack, with the demo newsroom or without, under a project name, network and subnet of its own.

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

DEMO: Final = ("docker-compose.yml", "deploy/demo.yml")

BUILD_SECONDS: Final = 480
"""Five images without any cached layer: 40 s on two idle cores and a near package index, so ten times that."""

UP_SECONDS: Final = 180
"""All health checks pass within 30 s on two idle cores."""


class ComposeFailed(AssertionError):
    """A docker command ended with an error; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Stack:
    """`docker compose` over the files of the demo, or over others, whatever settings the person has in .env.

    Nothing is published on the host.
    """

    docker: str
    subnet: ipaddress.IPv4Network
    files: tuple[str, ...] = DEMO
    project: str = field(default_factory=lambda: f"copytaster-test-{secrets.token_hex(4)}")

    def compose(self, *arguments: str, given: str | None = None, timeout_seconds: float = 60) -> str:
        """The standard output of `docker compose ARGUMENTS`, `given` at its input; raises ComposeFailed with its errors."""
        plain = ("--ansi", "never", "--env-file", os.devnull)
        files = tuple(part for name in self.files for part in ("--file", name))
        project = ("--project-name", self.project)
        return self._run(
            "compose", *plain, *project, *files, *arguments, given=given, timeout_seconds=timeout_seconds
        ).stdout

    def command(self, *arguments: str, given: str | None = None) -> str:
        """The standard output of `copytaster ARGUMENTS` as a person gives it to the stack."""
        return self.compose("run", "--rm", "--no-TTY", "cli", *arguments, given=given, timeout_seconds=120)

    def build(self) -> None:
        """Build the images, from the cache what is there."""
        self.compose("build", timeout_seconds=BUILD_SECONDS)

    def up(self, **replicas: int) -> None:
        """Start everything, so many of each service; comes back when all health checks pass."""
        scale = tuple(part for name, count in replicas.items() for part in ("--scale", f"{name}={count}"))
        wait = ("--wait", "--wait-timeout", str(UP_SECONDS))
        self.compose("up", "--detach", *wait, *scale, timeout_seconds=UP_SECONDS + 60)

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
        """All entries of a public stream of the desk `main`, oldest first, each as its fields; read as a subscriber."""
        ask = f"redis-cli --user subscriber --json XRANGE 'copytaster:{{main}}:{stream}' - +"
        with_password = f'REDISCLI_AUTH="$(cat /run/subscriber/password)" {ask}'
        reply = self.compose("exec", "-T", "redis", "sh", "-c", with_password)
        return [dict(zip(fields[::2], fields[1::2], strict=True)) for _, fields in json.loads(reply)]

    def events(self, stream: str) -> list[dict[str, Any]]:
        """The data of all events of any stream of the desk `main`; read as the operator."""
        lines = self.command("tail", stream, "--since", "0", "--no-follow", "--json").splitlines()
        return [json.loads(line)["data"] for line in lines]

    def docker_says(self, *arguments: str) -> str:
        """The standard output of `docker ARGUMENTS`."""
        return self._run(*arguments).stdout

    def _run(
        self, *arguments: str, given: str | None = None, timeout_seconds: float = 60
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [self.docker, *arguments],
            cwd=ROOT,
            env=self._environment(),
            input=given or "",
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
