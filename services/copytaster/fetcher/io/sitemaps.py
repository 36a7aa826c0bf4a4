"""Reads the sitemaps that an index names, as if all were one document."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Final

import xxhash

from copytaster.fetcher.access import FeedAccess
from copytaster.fetcher.document import MAX_ITEMS, FeedDocument, UnreadableFeed
from copytaster.fetcher.io.client import Client, FetchFailed, Limits, Response
from copytaster.fetcher.io.reading import Reader
from copytaster.fetcher.outcomes import Failure, failure_of_status
from copytaster.text.urls import BadUrl, site_of

ACCEPT: Final = "application/xml, text/xml;q=0.9, application/gzip;q=0.9, */*;q=0.1"
PAUSE_SECONDS: Final = 1.0
"""Between two sitemaps of one index: as long as between two polls of one host."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The sitemaps of an index as one document, and a digest over the bytes of all of them."""

    document: FeedDocument
    digest: str
    byte_count: int


class Sitemaps:
    """Asks for the sitemaps of indexes."""

    def __init__(
        self, client: Client, reader: Reader, *, limits: Limits, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._client = client
        self._reader = reader
        self._limits = limits
        self._pause_seconds = pause_seconds

    async def gather(self, index: Response, document: FeedDocument, access: FeedAccess | None) -> Gathered:
        """The news of the sitemaps that `document` names, which came as `index`; those that cannot be read are left out.

        Only those of the index's own site are asked for. Raises UnreadableFeed when none of them can be read.
        """
        digest, byte_count = xxhash.xxh3_64(), 0
        found: list[FeedDocument] = []
        trouble = "it names no sitemap of its own site"
        for place, url in enumerate(_of_one_site(index.final_url, document.children)):
            if place:
                await asyncio.sleep(self._pause_seconds)
            try:
                response = await self._ask(url, access)
                found.append(await self._reader.read(response))
            except (FetchFailed, UnreadableFeed) as error:
                trouble = f"{url}: {error.detail}"
                continue
            digest.update(response.body)
            byte_count += len(response.body)
        if not found:
            raise UnreadableFeed(Failure.NOT_A_FEED, f"an index of sitemaps without news: {trouble}"[:300])
        return Gathered(_joined(found), digest.hexdigest(), byte_count)

    async def _ask(self, url: str, access: FeedAccess | None) -> Response:
        response = await self._client.get(url, accept=ACCEPT, limits=self._limits, access=access)
        if response.status != 200:
            failure = failure_of_status(response.status) or Failure.UNEXPECTED_STATUS
            raise FetchFailed(failure, f"HTTP {response.status}", url=url, status=response.status)
        return response


def _of_one_site(index_url: str, urls: tuple[str, ...]) -> list[str]:
    """The addresses of the index's own site: nobody may have us read another's sitemaps for him."""
    site, own = site_of(index_url), []
    for url in urls:
        try:
            if site_of(url) == site:
                own.append(url)
        except BadUrl:
            continue
    return own


def _joined(documents: list[FeedDocument]) -> FeedDocument:
    """One document: the words of the first, the items of all, each address once."""
    items = {item.url: item for document in reversed(documents) for item in reversed(document.items)}
    return replace(documents[0], items=tuple(reversed(items.values()))[:MAX_ITEMS])
