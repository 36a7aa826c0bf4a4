"""An index of news sitemaps, polled as one feed."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from copytaster.fetcher.document import UnreadableFeed
from copytaster.fetcher.io.client import Client, Limits
from copytaster.fetcher.io.reading import Reader
from copytaster.fetcher.io.sitemaps import Gathered, Sitemaps
from copytaster.fetcher.networks import AddressPolicy, StaticHosts, parse_networks
from tests.stack.fetcher.site import Site, running_site

LIMITS = Limits(connect_seconds=2, silence_seconds=2, total_seconds=5)


def news(*paths: str) -> str:
    """A news sitemap of the articles at these paths."""
    rows = "".join(
        f"<url><loc>http://bote.example{path}</loc><n:news><n:title>Titel {path}</n:title></n:news></url>"
        for path in paths
    )
    return f"<urlset xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>{rows}</urlset>"


def index(*urls: str) -> str:
    """An index of the sitemaps at these addresses."""
    return f"<sitemapindex>{''.join(f'<sitemap><loc>{url}</loc></sitemap>' for url in urls)}</sitemapindex>"


@asynccontextmanager
async def parts() -> AsyncIterator[tuple[Site, Client, Reader]]:
    """A site, a client that may ask it under all `.example` names, and a reader with one process."""
    async with running_site() as site:
        policy = AddressPolicy(parse_networks("127.0.0.0/8", setting="test"), frozenset({site.port}))
        async with Client(policy=policy, hosts=StaticHosts({}, ((".example", "127.0.0.1"),))) as client:
            reader = Reader(workers=1)
            try:
                yield site, client, reader
            finally:
                await reader.close()


async def gather(site: Site, client: Client, reader: Reader) -> Gathered:
    """What the index at `/index.xml` comes to."""
    response = await client.get(site.url("/index.xml"), accept="*/*", limits=LIMITS)
    document = await reader.read(response)
    return await Sitemaps(client, reader, limits=LIMITS, pause_seconds=0).gather(response, document, None)


async def test_the_sitemaps_of_an_index_are_one_document_whose_digest_follows_their_bytes() -> None:
    """An article that two of them list is one item; gzip files are read, and broken sitemaps left out."""
    async with parts() as (site, client, reader):
        site.text("/index.xml", index(*(site.url(f"/{name}") for name in ("a.xml", "b.xml.gz", "gone.xml"))))
        site.text("/a.xml", news("/1", "/2"))
        site.text("/b.xml.gz", gzip.compress(news("/2", "/3").encode()), content_type="application/gzip")
        first = await gather(site, client, reader)
        again = await gather(site, client, reader)
        site.text("/a.xml", news("/1", "/2", "/4"))
        changed = await gather(site, client, reader)

    assert [item.title for item in first.document.items] == ["Titel /1", "Titel /2", "Titel /3"]
    assert again == first
    assert changed.digest != first.digest
    assert len(changed.document.items) == 4


async def test_sitemaps_of_another_site_are_not_asked_for() -> None:
    """An index could have us read another outlet's news under its own name."""
    async with parts() as (site, client, reader):
        site.text("/index.xml", index(site.url("/a.xml", host="elsewhere.example"), "http://127.0.0.1/x.xml"))
        with pytest.raises(UnreadableFeed, match="no sitemap of its own site"):
            await gather(site, client, reader)

        assert site.paths() == ["/index.xml"]


async def test_an_index_whose_sitemaps_all_fail_says_why() -> None:
    """The last failure is named."""
    async with parts() as (site, client, reader):
        site.text("/index.xml", index(site.url("/gone.xml")))

        with pytest.raises(UnreadableFeed, match=r"gone\.xml: HTTP 404"):
            await gather(site, client, reader)
