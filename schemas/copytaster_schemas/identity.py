"""How subjects and events get their names: story, article and feed urns, cluster ids, event ids.

The rules are part of the contract: the same input gives the same name in any language.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Final

NAMESPACE: Final = uuid.UUID("6f0c1f0a-5d3b-5e0e-9a57-0b8f6c3f2a11")
"""The namespace of all uuid5 names of Copytaster; never changes."""


def _urn(kind: str, *parts: str) -> str:
    return uuid.uuid5(NAMESPACE, "\n".join((kind, *parts))).urn


def story_urn(url_key: str) -> str:
    """`urn:uuid:…` of the story whose final URL has the comparison key `url_key`."""
    return _urn("story", url_key)


def item_urn(feed_id: str, guid: str) -> str:
    """`urn:uuid:…` of a story that has no URL: its feed and its guid name it."""
    return _urn("item", feed_id, guid)


def article_urn(url_key: str) -> str:
    """`urn:uuid:…` of the article behind a feed item, by the key of the URL that the feed gives."""
    return _urn("article", url_key)


def feed_urn(url_key: str) -> str:
    """`urn:uuid:…` of a feed, by the key of the URL under which it was added."""
    return _urn("feed", url_key)


def short_id(urn: str) -> str:
    """The 32 hexadecimal digits of a urn, as used inside Redis keys; ValueError for anything else."""
    return uuid.UUID(urn).hex


def urn_of(short: str) -> str:
    """The urn of `short_id`; ValueError for anything else."""
    return uuid.UUID(short).urn


def new_cluster_urn() -> str:
    """A fresh `urn:uuid:…`; a cluster id is minted once and never derived from content (RFC 9562, version 4)."""
    return uuid.uuid4().urn


def event_id(event_type: str, subject: str, revision: int) -> str:
    """`ce_id`: the first 32 hexadecimal digits of SHA-256 over type, subject and revision, joined by line feeds.

    The same event written twice has the same id: readers deduplicate on `ce_source` + `ce_id`.
    """
    digest = hashlib.sha256(f"{event_type}\n{subject}\n{revision}".encode())
    return digest.hexdigest()[:32]
