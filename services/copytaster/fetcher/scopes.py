"""How far a `Retry-After` of a 429 reaches: the host that said it, or the whole platform that it belongs to.

Pure. On a platform every customer has a host name of the same servers, which count the requests of all (FreshRSS #8925);
anywhere else a wider scope would hold up strangers (FreshRSS #7870). A private or bare host is never widened.
"""

from __future__ import annotations

from typing import Final

PLATFORMS: Final = frozenset(
    {"tumblr.com", "blogspot.com", "wordpress.com", "substack.com", "reddit.com", "medium.com"}
)
"""Registrable domains whose hosts share one limit (research/fetching.md, 6); all of two labels, which the claim script
relies on."""


def limit_scope(host: str) -> tuple[str, bool]:
    """The name under which the wait is kept, and whether it holds for all hosts below that name, too."""
    platform = ".".join(host.rsplit(".", 2)[-2:])
    return (platform, True) if platform in PLATFORMS else (host, False)
