"""The last gate before a connection: refuses to make a socket for an address that the policy forbids.

It sees the final address, after every kind of resolution, so that no spelling of an address, no DNS answer and no
redirect gets around it (a resolver hook alone is skipped for literals; research/fetching.md, finding 4).
"""

from __future__ import annotations

import errno
import socket
from typing import Any, Final

from copytaster.fetcher.networks import AddressPolicy

MARK: Final = "forbidden address"
"""How the refusal is told from other connection errors after aiohttp has joined several of them into one text."""


class ForbiddenAddress(OSError):
    """No socket was made: the address is not public, or the port is not allowed."""


class Guard:
    """A socket factory for aiohttp's TCPConnector; `made` counts the sockets it let through, `refused` the others."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self.made = 0
        self.refused = 0

    def __call__(self, addr_info: tuple[Any, ...]) -> socket.socket:
        """A socket for `addr_info` as `getaddrinfo` gives it; raises ForbiddenAddress."""
        family, kind, protocol, _name, address = addr_info
        if family not in (socket.AF_INET, socket.AF_INET6):
            objection: str | None = f"address family {family}"
        else:
            objection = self._policy.objection(str(address[0]), int(address[1]))
        if objection is not None:
            self.refused += 1
            raise ForbiddenAddress(errno.EACCES, f"{MARK}: {objection}")
        self.made += 1
        return socket.socket(family=family, type=kind, proto=protocol)
