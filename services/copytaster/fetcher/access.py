"""What a feed's server asks for beyond a plain GET: headers, credentials, a proxy; and to whom they may be shown.

Pure. Headers and credentials go to the origin of the feed's own address and to no other, whatever redirects say. They are
kept in memory only: neither Redis nor a log ever sees them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from copytaster.errors import Misconfigured

MAX_VALUE_CHARS: Final = 4_096
"""Of one header; servers refuse requests whose headers take more than 8 KB together."""

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
_SCHEME_AND_TOKEN: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]* \S.*")

OURS: Final = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "host",
        "if-modified-since",
        "if-none-match",
        "keep-alive",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
"""Headers that a feeds file may not set: they belong to the connection, to the cache, or say who we are."""


@dataclass(frozen=True, slots=True)
class FeedAccess:
    """How to ask for one feed; `repr` shows no value of a header."""

    origin: str
    """`scheme://host:port` that `headers` are for (`robots.origin_of`)."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str | None = None

    def headers_for(self, scheme: str, host: str, port: int | None) -> Mapping[str, str]:
        """The headers that this origin may be shown, as the request will name it: all at the feed's own, none elsewhere."""
        return self.headers if f"{scheme}://{host.lower()}:{port}" == self.origin else {}


def checked_header(name: str, value: object, where: str) -> str:
    """`value` for the header `name`; raises Misconfigured for what no header may be. The message never holds the value."""
    if not _NAME.fullmatch(name):
        raise Misconfigured(f"{where}: {name[:80]!r} is no name of a header")
    if name.lower() in OURS:
        mend = "; use auth_file" if name.lower() == "authorization" else ""
        raise Misconfigured(f"{where}: the header {name!r} cannot be set{mend}")
    if not isinstance(value, str) or not _is_header_value(value):
        raise Misconfigured(f"{where}: the header {name!r} must be a text of printable ASCII")
    return value


def authorization(secret: str, where: str) -> str:
    """The value of `Authorization` for the text of a secret file: `user:password`, or a scheme and a token as they are.

    Raises Misconfigured for anything else; the message never holds the secret.
    """
    text = secret.strip()
    if _SCHEME_AND_TOKEN.fullmatch(text) and _is_header_value(text):
        return text
    if ":" in text and " " not in text and "\n" not in text:
        return "Basic " + base64.b64encode(text.encode()).decode()
    raise Misconfigured(f"{where}: holds neither user:password nor a scheme and a token, such as Bearer …")


def _is_header_value(value: str) -> bool:
    return 0 < len(value) <= MAX_VALUE_CHARS and value.isascii() and value.isprintable()
