"""Inflates what is served as a gzip file, such as `sitemap.xml.gz`; Content-Encoding is the client's business. Pure."""

from __future__ import annotations

import zlib
from typing import Final

from copytaster.fetcher.document import UnreadableFeed
from copytaster.fetcher.outcomes import Failure

MAX_BYTES: Final = 5 * 1024 * 1024
"""As much as the client takes of a body that is inflated on the way (`io.client.Limits.body_bytes`)."""

_GZIP: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS


def unpacked(body: bytes) -> bytes:
    """`body`, inflated when it is a gzip file. Raises UnreadableFeed for a broken one and beyond MAX_BYTES."""
    if not body.startswith(_GZIP):
        return body
    inflater = zlib.decompressobj(wbits=_GZIP_WINDOW)
    try:
        inflated = inflater.decompress(body, MAX_BYTES + 1)
    except zlib.error as error:
        raise UnreadableFeed(Failure.NOT_A_FEED, f"broken gzip: {error}") from error
    if len(inflated) > MAX_BYTES:
        raise UnreadableFeed(Failure.TOO_LARGE, f"a gzip file of more than {MAX_BYTES} bytes")
    return inflated
