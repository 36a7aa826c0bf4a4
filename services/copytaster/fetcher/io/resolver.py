"""Resolves host names by c-ares, after the operator's own static names; decides nothing about addresses."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import AsyncResolver

from copytaster.fetcher.networks import StaticHosts


class Resolver(AbstractResolver):
    """Static names first, then DNS."""

    def __init__(self, hosts: StaticHosts, dns: AbstractResolver | None = None) -> None:
        self._hosts = hosts
        self._dns: Any = dns or AsyncResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`; raises OSError when it has none."""
        fixed = self._hosts.lookup(host)
        if fixed is None:
            answers: list[ResolveResult] = await self._dns.resolve(host, port, family)
            return answers
        version = ipaddress.ip_address(fixed).version
        return [
            ResolveResult(
                hostname=host,
                host=fixed,
                port=port,
                family=socket.AF_INET6 if version == 6 else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
        ]

    async def close(self) -> None:
        """Give the DNS channel back."""
        await self._dns.close()
