"""Writes down what comes onto `articles`, which is trimmed as soon as the extractor is done with it."""

from __future__ import annotations

import threading
import time
from typing import Final

import redis
from redis.exceptions import RedisError

from copytaster_schemas import ArticleFetched, parse_event

BLOCK_MS: Final = 500


class Recorder(threading.Thread):
    """Reads a stream from its first entry on, through outages of the server, until it is stopped."""

    def __init__(self, url: str, stream: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._stream = stream
        self._ended = threading.Event()
        self._entries: dict[bytes, ArticleFetched] = {}

    @property
    def articles(self) -> list[ArticleFetched]:
        """What was read so far, in order."""
        return list(self._entries.values())

    def run(self) -> None:
        """Read until stopped."""
        last = b"0"
        with redis.Redis.from_url(self._url) as client:
            while not self._ended.is_set():
                try:
                    reply = client.xread({self._stream: last}, block=BLOCK_MS)
                except RedisError:
                    time.sleep(0.05)
                    continue
                for entry_id, fields in reply[0][1] if reply else ():
                    last = entry_id
                    event = parse_event(fields)[1]
                    if isinstance(event, ArticleFetched):
                        self._entries[entry_id] = event

    def stop(self) -> None:
        """End the reading."""
        self._ended.set()
        self.join()
