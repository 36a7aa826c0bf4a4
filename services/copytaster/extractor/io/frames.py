"""The frames between the extractor and its worker processes: a length and a pickle, over the worker's standard streams.

Both ends are our own processes of one version; nothing from outside is ever unpickled.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any, Final

from copytaster.extractor.explanation import Explanation
from copytaster.extractor.extracted import Extracted
from copytaster_schemas.article import FeedItem

HEADER: Final = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Job:
    """One page to extract; `alarm_seconds` after which the worker ends itself if nobody else has ended it."""

    body: bytes
    url: str
    content_type: str | None
    feed_item: FeedItem | None
    alarm_seconds: float
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has loaded its libraries: only now does a page's time begin to count."""


@dataclass(frozen=True, slots=True)
class Done:
    """The story."""

    extracted: Extracted


@dataclass(frozen=True, slots=True)
class Explained:
    """Why each block of the page is in the story or not, for a job that asked."""

    explanation: Explanation


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The page is left out with this code."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A bug of ours: the worker's traceback."""

    traceback: str


def pack(message: Any) -> bytes:
    """A message as one frame."""
    payload = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(payload)) + payload


def unpack(payload: bytes) -> Any:
    """The message of a frame's payload."""
    return pickle.loads(payload)  # noqa: S301 (our own process on the other end)
