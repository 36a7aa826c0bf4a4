"""Whether an answer is a wall against robots (Cloudflare, AWS, DataDome, DDoS-Guard …) instead of what was asked for.

Pure. Such a wall is its own kind of failure: it does not pass by itself, and nobody pretends to be a browser to get
through; the publisher can be written to. The walls of article pages are the extractor's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

HEAD_BYTES: Final = 4_096
"""The title of a wall stands in its first lines."""

_TITLE: Final = re.compile(
    rb"<title>\s*(?:just a moment|attention required|ddos-guard|checking your browser|verify(?:ing)? you are human|"
    rb"access to this page has been denied|are you a robot|security check|human verification)",
    re.IGNORECASE,
)


def is_challenge(headers: Mapping[str, str], body: bytes = b"") -> bool:
    """Whether `headers` (names in lower case) or the head of `body` are those of a wall.

    `cf-mitigated` is documented by Cloudflare, `x-amzn-waf-action` by AWS; DataDome sets `x-datadome` on what it stopped.
    """
    return (
        headers.get("cf-mitigated", "").lower() == "challenge"
        or headers.get("x-amzn-waf-action", "").lower() in ("challenge", "captcha")
        or headers.get("x-datadome", "").lower() == "protected"
        or _TITLE.search(body[:HEAD_BYTES]) is not None
    )
