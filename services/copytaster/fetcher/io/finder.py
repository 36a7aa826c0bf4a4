"""Looks at addresses for a person's command: asks once, reads what comes, and finds the feeds of a site.

Everything goes through the guarded client. Stores nothing.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from copytaster.errors import CopytasterError
from copytaster.fetcher.discovery import FeedLink, different, feed_links, usual_links
from copytaster.fetcher.document import FeedDocument, UnreadableFeed
from copytaster.fetcher.io.client import Client, FetchFailed, Limits, Response
from copytaster.fetcher.io.poller import ACCEPT
from copytaster.fetcher.io.reading import read_in_thread
from copytaster.fetcher.outcomes import Failure, failure_of_status

LIMITS: Final = Limits()
PAUSE_SECONDS: Final = 0.2
"""Between two guesses at one site: a person waits, and a server is asked a dozen times at most."""


class NoFeed(CopytasterError):
    """The address serves no feed; the message says what it serves, in one line."""

    def __init__(self, url: str, failure: Failure, detail: str, response: Response | None = None) -> None:
        super().__init__(f"{url}: {failure.value}: {detail}")
        self.failure = failure
        self.detail = detail
        self.response = response


@dataclass(frozen=True, slots=True)
class Look:
    """A feed as it was served."""

    url: str
    """Where to poll it: the address that was asked, or where all of it has moved for good."""
    response: Response
    document: FeedDocument
    elapsed_ms: int


class Finder:
    """Asks addresses for feeds."""

    def __init__(self, client: Client, *, pause_seconds: float = PAUSE_SECONDS) -> None:
        self._client = client
        self._pause_seconds = pause_seconds

    async def look(self, url: str) -> Look:
        """The feed at `url`. Raises NoFeed, with the answer where there was one."""
        started = time.monotonic()
        try:
            response = await self._client.get(url, accept=ACCEPT, limits=LIMITS)
        except FetchFailed as error:
            raise NoFeed(url, error.failure, error.detail) from error
        failure = failure_of_status(response.status)
        if failure is not None or response.status != 200:
            raise NoFeed(url, failure or Failure.UNEXPECTED_STATUS, f"HTTP {response.status}", response)
        try:
            document = await read_in_thread(response)
        except UnreadableFeed as error:
            raise NoFeed(url, error.failure, error.detail, response) from error
        elapsed_ms = round((time.monotonic() - started) * 1000)
        address = response.final_url if response.moved_for_good else url
        return Look(address, response, document, elapsed_ms)

    async def search(self, address: str) -> list[Look]:
        """The feed at `address`, or the feeds of the page there, those of comments and repetitions left out.

        Raises CopytasterError in one line when there is none.
        """
        url, page = address, None
        for url in _spellings(address):
            try:
                return [await self.look(url)]
            except NoFeed as error:
                page, trouble = error.response, error
                if page is not None:
                    break
        if page is None or page.status != 200:
            raise trouble
        content_type = page.headers.get("content-type")
        links = feed_links(page.body, url=page.final_url, content_type=content_type)
        found = await self._served(links) or await self._served(usual_links(page.final_url), enough=1)
        if not found:
            raise CopytasterError(
                f"{url}: {trouble.detail}; no feed was found there; give the address of the feed itself"
            )
        return found

    async def _served(self, links: list[FeedLink], *, enough: int | None = None) -> list[Look]:
        looks: dict[str, Look] = {}
        for link in [link for link in links if not link.is_of_comments] or links:
            try:
                look = await self.look(link.url)
            except NoFeed:
                continue
            looks[look.url] = look
            if enough is not None and len(looks) >= enough:
                break
            await asyncio.sleep(self._pause_seconds)
        return [looks[url] for url, _ in different([(one.url, one.document) for one in looks.values()])]


def _spellings(address: str) -> list[str]:
    """`address` itself, or with both schemes when it has none."""
    if urlsplit(address).scheme.lower() in ("http", "https"):
        return [address]
    bare = address.removeprefix("feed:").removeprefix("//")
    return [f"https://{bare}", f"http://{bare}"]
